#pragma once
// Client: one connection to a Redis server, plain or over TLS. Blocking, with a deadline on every
// call; one thread at a time. After an error of kind Unavailable the connection is gone: connect
// again. A server's refusal is an error too (REDIS_REFUSED) and leaves the connection as it was.
// Errors: REDIS_UNAVAILABLE, REDIS_REFUSED, REDIS_PROTOCOL, REDIS_URL.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redis/reply.h"

namespace fermata::redis {

struct Options {
  std::string url = "redis://127.0.0.1:6379";  // redis[s]://[user[:password]@]host[:port][/db]
  std::string ca_file;                         // for rediss; empty: the system's authorities
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t answer_timeout_ms = 5'000;
};

struct Address {
  bool is_tls = false;
  std::string user;
  std::string password;
  std::string host;
  std::string port = "6379";
  std::string database;
};
// Error: REDIS_URL. The message never shows the password.
Result<Address> parse_url(std::string_view url);

class Client {
 public:
  static Result<Client> connect(const Options& options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // `blocks_ms`: how long the server may think before it answers, besides the usual.
  Result<Reply> call(const Command& command, std::int64_t blocks_ms = 0);
  // All are sent at once; one reply each, refusals among them as they are.
  Result<std::vector<Reply>> call_all(const std::vector<Command>& commands,
                                      std::int64_t blocks_ms = 0);

 private:
  class Wire;
  explicit Client(std::unique_ptr<Wire> wire, std::int64_t answer_timeout_ms);
  Result<void> greet(const Address& address);

  std::unique_ptr<Wire> wire_;
  ReplyReader reader_;
  std::int64_t answer_timeout_ms_ = 0;
};

}  // namespace fermata::redis
