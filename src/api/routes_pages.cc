// /api/v1/openapi.json and /errors/{code}: what this server is, for programs and for people. Open
// to all, as the files are.
#include "api/embedded.h"
#include "api/routes.h"
#include "foundation/check.h"
#include "foundation/format.h"

namespace fermata::api {
namespace {

std::optional<std::string_view> file(std::string_view name) {
  for (const auto& [own, text] : embedded_files())
    if (own == name) return text;
  return std::nullopt;
}

http::Response page(const http::Request& request) {
  const std::string& code = request.params.at("code");
  const auto text = error_page(code);
  if (!text)
    return http::problem_response(
        make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no error code `{}`", code)));
  return {200, {{"Content-Type", "text/plain; charset=utf-8"}}, std::string(*text)};
}

}  // namespace

std::string_view openapi_document() {
  const auto text = file("openapi.json");
  CHECK(text.has_value(), "the contract is not in the program");
  return *text;
}

std::optional<std::string_view> error_page(std::string_view code) {
  return file(std::string(code) + ".md");
}

void add_page_routes(http::Router& router) {
  router.add("GET", "/api/v1/openapi.json", [](const http::Request&) {
    return http::Response{
        200, {{"Content-Type", "application/json"}}, std::string(openapi_document())};
  });
  router.add("GET", "/errors/{code}", page);
}

}  // namespace fermata::api
