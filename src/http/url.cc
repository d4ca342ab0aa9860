#include "http/url.h"

#include <curl/curl.h>

#include <memory>

#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::http {
namespace {

constexpr std::size_t kShownBytesMax = 500;

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Error invalid(std::string_view text) {
  const std::string told =
      text.size() > kShownBytesMax ? std::string("a long text") : format("`{}`", text);
  return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID",
                    told + " is not an http or https address");
}

// Empty when the address has no such part.
Result<std::string> part_of(CURLU* handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(handle, part, &text, flags);
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  if (code == CURLUE_OK) return std::string(text);
  if (code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD) return std::string();
  return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID", curl_url_strerror(code));
}

Result<Url> read(CURLU* handle) {
  Url url;
  TRY(const std::string scheme, part_of(handle, CURLUPART_SCHEME));
  if (scheme != "http" && scheme != "https")
    return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID", "another scheme");
  TRY(std::string host, part_of(handle, CURLUPART_HOST));
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  TRY(const std::string port, part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT));
  url.origin = format("{}://{}:{}", scheme, host, port);
  TRY(url.user, part_of(handle, CURLUPART_USER, CURLU_URLDECODE));
  TRY(url.password, part_of(handle, CURLUPART_PASSWORD, CURLU_URLDECODE));
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS}) {
    if (curl_url_set(handle, part, nullptr, 0) != CURLUE_OK)
      return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID", "not to be taken apart");
  }
  TRY(url.text, part_of(handle, CURLUPART_URL));
  return url;
}

}  // namespace

Result<Url> parse_url(const std::string& text) {
  const Handle handle(curl_url(), curl_url_cleanup);
  // A text with a NUL would be read up to it.
  if (handle == nullptr || text.size() > limits::kHttpHeaderBytesMax ||
      text.find('\0') != std::string::npos ||
      curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_GUESS_SCHEME) != CURLUE_OK)
    return invalid(text);
  auto url = read(handle.get());
  if (!url.has_value()) return invalid(text);
  return url;
}

Result<Url> resolve(const Url& base, const std::string& location) {
  const Handle handle(curl_url(), curl_url_cleanup);
  // As browsers do, what should have been encoded is.
  constexpr unsigned kLenient = CURLU_URLENCODE | CURLU_ALLOW_SPACE;
  if (handle == nullptr || location.size() > limits::kHttpHeaderBytesMax ||
      location.find('\0') != std::string::npos ||
      curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), kLenient) != CURLUE_OK)
    return invalid(location).within(format("`{}` redirects", shown(base)));
  auto url = read(handle.get());
  if (!url.has_value()) return invalid(location).within(format("`{}` redirects", shown(base)));
  return url;
}

std::string shown(const Url& url) {
  return url.text.size() > kShownBytesMax ? url.origin + "/..." : url.text;
}

}  // namespace fermata::http
