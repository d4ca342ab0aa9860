#pragma once
// Url: an http or https address taken apart, and the one that a redirect names. Private to this
// library. INVARIANT: `text` holds no password, so it may be quoted.

#include <string>
#include <string_view>

#include "foundation/result.h"

namespace fermata::http {

struct Url {
  std::string text;    // whole, without user and password
  std::string origin;  // scheme, host and port: what credentials are for
  std::string user;
  std::string password;
  [[nodiscard]] bool is_encrypted() const { return origin.starts_with("https:"); }
};

// Errors: HTTP_URL_INVALID.
Result<Url> parse_url(const std::string& text);
// Where `location` leads that was read at `base`. Errors: HTTP_URL_INVALID.
Result<Url> resolve(const Url& base, const std::string& location);

// For messages. A long one is shown by its origin: the half of a secret could not be taken out.
std::string shown(const Url& url);

}  // namespace fermata::http
