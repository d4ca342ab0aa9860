#pragma once
// Redirects, followed by hand: what of a call may go on to where the answer points. Private to this
// library. INVARIANT: what an author gave (headers, body, credentials) goes to the origin that the
// author named, and to no other.

#include <optional>
#include <string>

#include "foundation/result.h"
#include "http/client.h"
#include "http/url.h"

namespace fermata::http {

// One request of a call.
struct Hop {
  std::string method;
  Url url;
  Headers headers;
  std::string body;
};

// Where an answer sends us, if it does: 301, 302, 303, 307, 308 with a place.
std::optional<std::string> location_of(const ClientResponse& response);
// The request after `hop`, which was answered by `status` and `location`. Errors:
// HTTP_REDIRECT_REFUSED, HTTP_URL_INVALID.
Result<Hop> next_hop(Hop hop, int status, const std::string& location);

}  // namespace fermata::http
