#include "http/message_text.h"

#include "foundation/format.h"
#include "http/utf8.h"

namespace fermata::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

Error malformed(const std::string& why) {
  return make_error(ErrorKind::Invalid, "REQUEST_MALFORMED", "not a valid HTTP request: " + why);
}

Result<void> read_target(std::string_view target, Request& request) {
  const std::size_t mark = target.find('?');
  // Segments are decoded one by one by the router; here only the query is taken apart.
  request.path = target.substr(0, mark);
  std::string_view rest =
      mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals));
    const auto value = percent_decode(equals == std::string_view::npos ? std::string_view{}
                                                                       : pair.substr(equals + 1));
    if (!name || !value) return malformed("the query is not percent-encoded UTF-8");
    request.query[*name] = *value;
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return {};
}

std::string_view view_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// A value that somebody else chose must not begin a header of its own.
std::string header_line(const std::string& name, const std::string& value) {
  std::string line = name + ": " + value;
  for (char& c : line) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return line + "\r\n";
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

Result<Request> read_head(const Parser& parser) {
  const auto& message = parser.get();
  // Another encoding would be taken for a body of nothing, and the body for the next request; so
  // would one that HTTP/1.0 does not know, by whoever stands before us.
  const auto encodings = message.count(field::transfer_encoding);
  const bool is_chunked =
      encodings == 1 && beast::iequals(message[field::transfer_encoding], "chunked");
  if (encodings > 0 && (!is_chunked || message.version() < 11))
    return malformed("a Transfer-Encoding other than `chunked`");
  Request request;
  request.method = std::string(message.method_string());
  TRY_DO(read_target(view_of(message.target()), request));
  for (const auto& header : message)
    request.headers[lower(view_of(header.name_string()))] = field_text(view_of(header.value()));
  return request;
}

bool awaits_continue(const Parser& parser) {
  return !parser.is_done() && parser.get().version() >= 11 &&
         beast::iequals(parser.get()[field::expect], "100-continue");
}

Error error_of(const beast::error_code& ec) {
  if (ec == beast::http::error::body_limit) {
    return make_error(ErrorKind::TooLarge, "BODY_TOO_LARGE",
                      "the body is larger than this server accepts", "send less");
  }
  return malformed(ec.message());
}

std::string text_of(const Response& response, std::string_view method, Persistence persistence) {
  std::string text = format("HTTP/1.1 {} -\r\nConnection: {}\r\n", response.status,
                            persistence == Persistence::KeepOpen ? "keep-alive" : "close");
  if (may_have_body(response.status))
    text += format("Content-Length: {}\r\n", response.body.size());
  for (const auto& [name, value] : response.headers) text += header_line(name, value);
  text += "\r\n";
  if (may_have_body(response.status) && method != "HEAD") text += response.body;
  return text;
}

std::string stream_head(const Response& response, Framing framing) {
  std::string text = format("HTTP/1.1 {} -\r\nConnection: close\r\n", response.status);
  if (framing == Framing::Chunks) text += "Transfer-Encoding: chunked\r\n";
  for (const auto& [name, value] : response.headers) text += header_line(name, value);
  return text + "\r\n";
}

std::string framed(std::string_view bytes, Framing framing) {
  if (bytes.empty() || framing == Framing::UntilClose) return std::string(bytes);
  return format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace fermata::http
