#pragma once
// Router: method and path pattern to handler. `/runs/{id}` binds one segment. 404 and 405 are told
// apart.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace fermata::http {

using Handler = std::function<Response(Request&)>;

class Router {
 public:
  void add(std::string method, std::string_view pattern, Handler handler);
  // Runs the handler of the request's route, or answers 404 or 405 itself.
  [[nodiscard]] Response handle(Request& request) const;
  // Every route, in the order added: to wrap handlers, to list addresses.
  void for_each(const std::function<void(const std::string& method, const std::string& pattern,
                                         const Handler& handler)>& visit) const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace fermata::http
