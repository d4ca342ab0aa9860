#include "json/pointer.h"

#include <charconv>
#include <optional>
#include <utility>

namespace fermata::json {
namespace {

std::string unescape_token(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      text.push_back(token[++i] == '1' ? '/' : '~');
    } else {
      text.push_back(token[i]);
    }
  }
  return text;
}

// RFC 6901, section 4: digits without leading zeros.
std::optional<std::size_t> array_index(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, status] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (status != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return index;
}

const Value* child(const Value& parent, const std::string& token) {
  if (parent.is_object()) return find(parent.get_object(), token);
  if (!parent.is_array()) return nullptr;
  const auto index = array_index(token);
  if (!index || *index >= parent.get_array().size()) return nullptr;
  return &parent.get_array()[*index];
}

}  // namespace

std::string escape_token(std::string_view token) {
  std::string text;
  for (const char c : token) {
    if (c == '~') {
      text.append("~0");
    } else if (c == '/') {
      text.append("~1");
    } else {
      text.push_back(c);
    }
  }
  return text;
}

void append_token(std::string& pointer, std::string_view token) {
  pointer.push_back('/');
  pointer.append(escape_token(token));
}

const Value* at_pointer(const Value& root, std::string_view pointer) {
  const Value* at = &root;
  while (at != nullptr && !pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::size_t end = pointer.find('/');
    at = child(*at, unescape_token(pointer.substr(0, end)));
    pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
  }
  return at;
}

Value* at_pointer(Value& root, std::string_view pointer) {
  // What is inside of a value that may be changed may be changed.
  return const_cast<Value*>(at_pointer(std::as_const(root), pointer));  // NOLINT
}

}  // namespace fermata::json
