#pragma once
// Outgoing HTTP. Bounded in time, size and redirects; private, loopback, link-local and metadata
// addresses are refused unless they are allowed, judged by the address that is really connected to,
// on every redirect.

#include <cstdint>
#include <map>
#include <string>

#include "foundation/limits.h"
#include "foundation/result.h"
#include "http/address_policy.h"

namespace fermata::http {

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

}  // namespace fermata::http
