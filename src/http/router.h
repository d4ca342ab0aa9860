#pragma once
// Router: method and path pattern to handler. `/runs/{id}` binds one segment. 404 and 405 are told apart.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace fermata::http {

using Handler = std::function<Response(const Request&)>;

class Router {
 public:
  void add(std::string method, std::string_view pattern, Handler handler);
  // Runs the handler of the request's route, or answers 404 or 405 itself.
  [[nodiscard]] Response handle(Request& request) const;
  // "GET /api/v1/runs/{id}" of every route, in the order added.
  [[nodiscard]] std::vector<std::string> routes() const;

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
