#pragma once
// Request and response as handlers see them: no sockets, no library types.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "foundation/error.h"
#include "json/value.h"

namespace fermata::http {

struct Request {
  std::string method;
  std::string path;                            // percent-decoded, without the query
  std::map<std::string, std::string> query;    // decoded; the last of equal names wins
  std::map<std::string, std::string> params;   // from the route: {id}
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct Response {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
};

Response json_response(int status, const json::Value& body);
// A problem document (RFC 9457) with our code and help.
Response problem_response(const Error& error);
int status_of(ErrorKind kind);

// Empty when the text is not valid percent encoding.
std::string percent_decode(std::string_view text);

}  // namespace fermata::http
