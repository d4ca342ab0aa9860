#pragma once
// Request and response as handlers see them: no sockets, no library types.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/error.h"
#include "json/value.h"

namespace fermata::http {

// Who sends a request, as whoever lets requests in has found. Empty before that.
struct Caller {
  std::string tenant;
  std::string name;
  std::string role;
  bool is_owner = false;  // of the whole installation, not of one tenant only
};

struct Request {
  std::string method;
  std::string path;                            // as it came, without the query
  std::map<std::string, std::string> query;    // decoded; the last of equal names wins
  std::map<std::string, std::string> params;   // from the route: {id}
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::optional<json::Value> document;  // the body as JSON, once somebody has read it
  Caller caller;
};

// A body in pieces. The next one is asked for when the one before is with the reader, so a slow
// reader slows its source and nothing piles up. Gone with the response, which may be before its
// end.
class BodyStream {
 public:
  // Cut: it cannot go on, and the reader shall see that this is not the end.
  enum class Next : std::uint8_t { Bytes, Wait, End, Cut };
  virtual ~BodyStream() = default;
  // Appends what is next to `bytes`, or says that there is nothing yet. On a worker thread, which
  // it may keep for a while; never from two at once.
  virtual Next next(std::string& bytes) = 0;
  // `wake` is to be called when there is something after a Wait: from any thread, any number of
  // times.
  virtual void on_ready(const std::function<void()>& wake) { static_cast<void>(wake); }
  // What is sent when nothing was for a while, so that both sides see a dead connection.
  [[nodiscard]] virtual std::string_view heartbeat() const { return {}; }
};

struct Response {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  std::shared_ptr<BodyStream> stream = nullptr;  // instead of the body; the connection ends with it
};

Response json_response(int status, const json::Value& body);
// A problem document (RFC 9457) with our code and help.
Response problem_response(const Error& error);
int status_of(ErrorKind kind);

// Nothing when the text is not valid percent encoding of UTF-8 without U+0000.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace fermata::http
