#pragma once
// Files of the repository inside the program, made by cmake/embed.cmake: the contract and the pages
// of the error codes. They are those of this very build.

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace fermata::api {

// Name without folder, and text.
std::span<const std::pair<std::string_view, std::string_view>> embedded_files();

// contracts/openapi.json
std::string_view openapi_document();
// docs/errors/CODE.md
std::optional<std::string_view> error_page(std::string_view code);

}  // namespace fermata::api
