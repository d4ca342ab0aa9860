#include "http/client.h"

#include <algorithm>
#include <chrono>

#include "foundation/format.h"
#include "http/redirect.h"
#include "http/transfer.h"
#include "http/url.h"

namespace fermata::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

bool HeaderNameLess::operator()(std::string_view left, std::string_view right) const {
  return std::ranges::lexicographical_compare(left, right, {}, lower, lower);
}

Result<ClientResponse> send(const ClientRequest& request, const AddressPolicy& policy) {
  using Clock = std::chrono::steady_clock;
  Hop hop{request.method, {}, request.headers, request.body};
  TRY(hop.url, parse_url(request.url));
  // Timers of libcurl count to 31 bits.
  const std::int64_t timeout_ms =
      std::clamp<std::int64_t>(request.timeout_ms, 1, std::int64_t{1} << 30);
  const auto until = Clock::now() + std::chrono::milliseconds(timeout_ms);
  TransferLimits limits{request, policy, timeout_ms, request.response_bytes_max};
  for (int redirects = 0;; ++redirects) {
    TRY(ClientResponse response, transfer(hop, limits));
    const auto location = location_of(response);
    if (request.redirects_max <= 0 || !location) return response;
    if (redirects == request.redirects_max)
      return make_error(
          ErrorKind::Invalid, "HTTP_TOO_MANY_REDIRECTS",
          format("`{}` redirects more than {} times", shown(hop.url), request.redirects_max));
    TRY(hop, next_hop(std::move(hop), response.status, *location));
    limits.bytes_left -= response.body.size();
    limits.left_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  }
}

}  // namespace fermata::http
