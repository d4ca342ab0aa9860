#pragma once
// Sending by SMTP: one message over one connection, encrypted unless that was waived. Everybody or
// nobody gets it: one recipient that the server refuses refuses the whole. Bounded in time; the
// address that is really connected to is judged before the first byte.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "foundation/result.h"

namespace fermata::email {

enum class Tls : std::uint8_t { Required, Waived };

struct Server {
  std::string url;  // smtp://host[:port] with STARTTLS, smtps://host[:port]
  std::string user;
  std::string password;
  Tls tls = Tls::Required;
  std::string ca_file;  // PEM file of the authorities to trust; empty: the system's
  std::int64_t timeout_ms = 30'000;
  std::function<bool(const std::string&)> may_connect;  // to this address, in text form
};

struct Envelope {
  std::string from;
  std::vector<std::string> to;
  std::string wire;  // message.h
};

// Blocks the calling thread. Gives the server's last code. Errors: EMAIL_INVALID (no such address
// of a server), EMAIL_ADDRESS_REFUSED, EMAIL_UNREACHABLE, EMAIL_TIMEOUT, EMAIL_TLS, EMAIL_DEFERRED
// (4xx: later), EMAIL_REFUSED (5xx: never).
Result<int> send(const Server& server, const Envelope& envelope);

}  // namespace fermata::email
