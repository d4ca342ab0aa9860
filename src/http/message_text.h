#pragma once
// Requests out of the parser, and responses as the text of HTTP/1.1. Private to this library.

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/result.h"
#include "http/message.h"

namespace fermata::http {

using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// All but the body, once the header is there: what comes after the body (trailers) is no header.
// Errors: REQUEST_MALFORMED.
Result<Request> read_head(const Parser& parser);
// Whether the client waits to be told that its body is wanted.
bool awaits_continue(const Parser& parser);

// What the parser did not take.
Error error_of(const boost::beast::error_code& ec);

enum class Persistence : std::uint8_t { KeepOpen, Close };
// The body is left out where there must be none: after a HEAD, and by the status.
std::string text_of(const Response& response, std::string_view method, Persistence persistence);

// A body without a length. Chunks tell its end from a cut; to HTTP/1.0 it ends with the connection.
enum class Framing : std::uint8_t { Chunks, UntilClose };
std::string stream_head(const Response& response, Framing framing);
// Nothing for nothing: an empty chunk would be the end.
std::string framed(std::string_view bytes, Framing framing);

}  // namespace fermata::http
