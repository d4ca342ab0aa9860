#include "http/redirect.h"

#include "foundation/format.h"

namespace fermata::http {
namespace {

Error refused(const Hop& hop, const Url& target, std::string_view why) {
  return make_error(ErrorKind::Forbidden, "HTTP_REDIRECT_REFUSED",
                    format("`{}` redirects to `{}`: {}", shown(hop.url), shown(target), why),
                    "name the final address");
}

bool is_read(const Hop& hop) {
  return hop.method == "GET" || hop.method == "HEAD";
}

void become_get(Hop& hop) {
  hop.method = "GET";
  hop.body.clear();
  for (const char* name :
       {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"})
    hop.headers.erase(name);
}

}  // namespace

std::optional<std::string> location_of(const ClientResponse& response) {
  switch (response.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      break;
    default:
      return std::nullopt;
  }
  const auto found = response.headers.find("location");
  if (found == response.headers.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<Hop> next_hop(Hop hop, int status, const std::string& location) {
  TRY(Url target, resolve(hop.url, location));
  if (hop.url.is_encrypted() && !target.is_encrypted())
    return refused(hop, target, "nothing is sent from https to http");
  // Browsers make a GET of a POST here. Its answer would pass for that of a write which nobody did,
  // be it moved for good or sent to a page where one logs in.
  if ((status == 301 || status == 302) && !is_read(hop))
    return refused(hop, target, format("after {} a {} would become a GET", status, hop.method));
  if (status == 303 && hop.method != "HEAD") become_get(hop);
  if (target.origin != hop.url.origin) {
    if (!is_read(hop) || !hop.body.empty())
      return refused(hop, target, "a body and a write are not sent to another origin");
    hop.headers.clear();
  } else if (target.user.empty()) {
    target.user = std::move(hop.url.user);
    target.password = std::move(hop.url.password);
  }
  hop.url = std::move(target);
  return hop;
}

}  // namespace fermata::http
