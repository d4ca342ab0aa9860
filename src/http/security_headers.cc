#include "http/security_headers.h"

#include <array>
#include <utility>

namespace fermata::http {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> kHeaders = {{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

}  // namespace

void secure(Response& response, Transport transport) {
  for (const auto& [name, value] : kHeaders) response.headers.try_emplace(name, value);
  // A year, as browsers' lists of such hosts demand.
  if (transport == Transport::Tls)
    response.headers.try_emplace("Strict-Transport-Security", "max-age=31536000");
}

}  // namespace fermata::http
