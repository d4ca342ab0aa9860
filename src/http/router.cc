#include "http/router.h"

namespace fermata::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    const std::size_t end = path.find('/');
    segments.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return segments;
}

bool is_parameter(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{';
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!is_parameter(pattern[i]) && pattern[i] != path[i]) return false;
  }
  return true;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, Handler handler) {
  routes_.push_back({std::move(method), std::string(pattern), split(pattern), std::move(handler)});
}

Response Router::handle(Request& request) const {
  const auto path = split(request.path);
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route.segments, path)) continue;
    if (route.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    for (std::size_t i = 0; i < path.size(); ++i) {
      const std::string& segment = route.segments[i];
      if (!is_parameter(segment)) continue;
      auto value = percent_decode(path[i]);
      if (!value)
        return problem_response(
            make_error(ErrorKind::Invalid, "REQUEST_MALFORMED",
                       "not a valid HTTP request: the path is not percent-encoded UTF-8"));
      request.params[segment.substr(1, segment.size() - 2)] = *std::move(value);
    }
    return route.handler(request);
  }
  if (allowed.empty())
    return problem_response(
        make_error(ErrorKind::NotFound, "ROUTE_UNKNOWN", "there is nothing at this address"));
  Response response = problem_response(make_error(ErrorKind::Invalid, "METHOD_NOT_ALLOWED",
                                                  "this address does not take " + request.method));
  response.status = 405;
  response.headers["Allow"] = allowed;
  return response;
}

void Router::for_each(const std::function<void(const std::string&, const std::string&,
                                               const Handler&)>& visit) const {
  for (const Route& route : routes_) visit(route.method, route.pattern, route.handler);
}

}  // namespace fermata::http
