#pragma once
// Bytes from outside as text that JSON, databases and people can take: UTF-8 without U+0000.

#include <string>
#include <string_view>

namespace fermata::http {

bool is_clean_utf8(std::string_view bytes);
// The name or value of a header. What is not clean UTF-8 is read as ISO 8859-1, which is what
// headers once were, without its NULs.
std::string field_text(std::string_view bytes);

}  // namespace fermata::http
