#pragma once
// Base64 with the standard alphabet and padding.

#include <optional>
#include <string>
#include <string_view>

namespace fermata::json {

std::string to_base64(std::string_view bytes);
// Empty when the text is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace fermata::json
