#include "http/client.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "foundation/format.h"
#include "http/redirect.h"
#include "http/transfer.h"
#include "http/url.h"

namespace fermata::http {
namespace {

constexpr std::size_t kMethodBytesMax = 20;
// They say where a message ends: two who disagree about that take a part of one for another one.
constexpr std::array<std::string_view, 5> kFraming = {"content-length", "te", "trailer",
                                                      "transfer-encoding", "upgrade"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_value_character(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

Error invalid(std::string message) {
  return make_error(ErrorKind::Invalid, "HTTP_REQUEST_INVALID", std::move(message));
}

Result<void> check_header(const std::string& name, const std::string& value) {
  constexpr std::size_t kNameBytesMax = 256;
  if (name.empty() || name.size() > kNameBytesMax || !std::ranges::all_of(name, is_token_character))
    return invalid("the name of a header is not one");
  if (!std::ranges::all_of(value, is_value_character))
    return invalid(format("header `{}` has a line break or another control character", name));
  const auto is_name = [&](std::string_view one) {
    return std::ranges::equal(one, name, {}, {}, lower);
  };
  if (std::ranges::any_of(kFraming, is_name))
    return invalid(format("header `{}` is not for the author of a call", name));
  return {};
}

Result<void> check(const ClientRequest& request) {
  const std::string& method = request.method;
  if (method.empty() || method.size() > kMethodBytesMax ||
      !std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return invalid("a method has 1 to 20 capital letters, such as `GET`");
  if (method == "HEAD" && !request.body.empty()) return invalid("a HEAD call has no body");
  for (const auto& [name, value] : request.headers) TRY_DO(check_header(name, value));
  return {};
}

}  // namespace

bool HeaderNameLess::operator()(std::string_view left, std::string_view right) const {
  return std::ranges::lexicographical_compare(left, right, {}, lower, lower);
}

Result<ClientResponse> send(const ClientRequest& request, const AddressPolicy& policy) {
  using Clock = std::chrono::steady_clock;
  TRY_DO(check(request));
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
