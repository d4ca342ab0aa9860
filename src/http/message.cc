#include "http/message.h"

#include <charconv>

#include "http/utf8.h"
#include "json/text.h"

namespace fermata::http {

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Invalid:
      return 400;
    case ErrorKind::Unauthorized:
      return 401;
    case ErrorKind::Forbidden:
      return 403;
    case ErrorKind::NotFound:
      return 404;
    case ErrorKind::Conflict:
      return 409;
    case ErrorKind::TooLarge:
      return 413;
    case ErrorKind::TooMany:
      return 429;
    case ErrorKind::Unavailable:
      return 503;
    case ErrorKind::Internal:
      return 500;
  }
  return 500;
}

Response json_response(int status, const json::Value& body) {
  return {status, {{"Content-Type", "application/json"}}, json::to_text(body)};
}

Response problem_response(const Error& error) {
  json::Object problem{{"type", "/errors/" + error.code},
                       {"title", error.message},
                       {"status", status_of(error.kind)},
                       {"code", error.code}};
  if (!error.help.empty()) problem["help"] = error.help;
  Response response = json_response(status_of(error.kind), json::Value(std::move(problem)));
  response.headers["Content-Type"] = "application/problem+json";
  return response;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size() ||
        std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr != &text[i + 1] + 2)
      return std::nullopt;
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  if (!is_clean_utf8(out)) return std::nullopt;
  return out;
}

}  // namespace fermata::http
