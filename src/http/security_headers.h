#pragma once
// What every answer says to browsers, whoever made it: nothing may be guessed, framed, cached or
// run. A handler that serves a page sets a header itself, and that one stays.

#include <cstdint>

#include "http/message.h"

namespace fermata::http {

enum class Transport : std::uint8_t { Plain, Tls };
// Adds what is not there yet.
void secure(Response& response, Transport transport);

}  // namespace fermata::http
