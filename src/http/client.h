#pragma once
// Outgoing HTTP. Bounded in time, size and redirects; private, loopback, link-local and metadata
// addresses are refused unless they are allowed, judged by the address that is really connected to,
// on every redirect.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "foundation/limits.h"
#include "foundation/result.h"

namespace fermata::http {

struct AddressPolicy {
  std::vector<std::string> allowed_private;  // "127.0.0.1/32", "10.0.0.0/8", "fd00::/8"; others
                                             // that are private are refused
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
  std::string ca_file;  // PEM file of the authorities to trust; empty: the system's
  std::int64_t connect_timeout_ms = 10'000;
  std::int64_t timeout_ms = 30'000;
  std::size_t response_bytes_max = limits::kMiB;
  int redirects_max = 5;
};

struct ClientResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Blocks the calling thread. Safe from any thread.
// Errors: HTTP_URL_INVALID, HTTP_ADDRESS_REFUSED, HTTP_TIMEOUT, HTTP_TOO_LARGE,
// HTTP_TOO_MANY_REDIRECTS, HTTP_UNREACHABLE.
Result<ClientResponse> send(const ClientRequest& request, const AddressPolicy& policy);

// Whether the policy lets us connect to this address (text form). Unspecified, multicast and
// broadcast never.
bool is_allowed(const std::string& address, const AddressPolicy& policy);

}  // namespace fermata::http
