#pragma once
// Outgoing HTTP. Bounded in time, size and redirects, over all redirects together; private,
// loopback, link-local and metadata addresses are refused unless they are allowed, before anything
// is sent to them (address_policy.h). What redirects may do: redirect.h.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "foundation/limits.h"
#include "foundation/result.h"
#include "http/address_policy.h"

namespace fermata::http {

// Names of headers are the same in capitals and in small letters.
struct HeaderNameLess {
  bool operator()(std::string_view left, std::string_view right) const;
};
using Headers = std::map<std::string, std::string, HeaderNameLess>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::string ca_file;  // PEM file of the authorities to trust; empty: the system's
  std::int64_t connect_timeout_ms = 10'000;
  std::int64_t timeout_ms = 30'000;  // of the whole; less than 1 is 1
  std::size_t response_bytes_max = limits::kMiB;
  int redirects_max = 5;  // 0: a redirect is an answer
};

struct ClientResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case, UTF-8; the last of equal ones
  std::string body;                            // any bytes
};

// Blocks the calling thread. Safe from any thread.
// Errors: HTTP_REQUEST_INVALID (its method or a header), HTTP_URL_INVALID, HTTP_ADDRESS_REFUSED,
// HTTP_TIMEOUT, HTTP_TOO_LARGE, HTTP_TOO_MANY_REDIRECTS, HTTP_REDIRECT_REFUSED, HTTP_UNREACHABLE.
Result<ClientResponse> send(const ClientRequest& request, const AddressPolicy& policy);

}  // namespace fermata::http
