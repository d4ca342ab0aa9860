#include "json/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "json/number.h"

namespace fermata::json {
namespace {

enum class MemberOrder { Written, Sorted };

struct Layout {
  MemberOrder order = MemberOrder::Written;
  bool pretty = false;
};

void append_value(std::string& out, const Value& value, const Layout& layout, std::size_t indent);

void new_line(std::string& out, const Layout& layout, std::size_t indent) {
  if (!layout.pretty) return;
  out.push_back('\n');
  out.append(indent * 2, ' ');
}

void append_object(std::string& out, const Object& object, const Layout& layout,
                   std::size_t indent) {
  std::vector<const boost::json::key_value_pair*> members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  if (layout.order == MemberOrder::Sorted) {
    std::ranges::sort(members, [](const auto* left, const auto* right) {
      return std::string_view(left->key()) < std::string_view(right->key());
    });
  }
  out.push_back('{');
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out.push_back(',');
    new_line(out, layout, indent + 1);
    append_quoted(out, members[i]->key());
    out.push_back(':');
    if (layout.pretty) out.push_back(' ');
    append_value(out, members[i]->value(), layout, indent + 1);
  }
  if (!members.empty()) new_line(out, layout, indent);
  out.push_back('}');
}

void append_array(std::string& out, const Array& array, const Layout& layout, std::size_t indent) {
  out.push_back('[');
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out.push_back(',');
    new_line(out, layout, indent + 1);
    append_value(out, array[i], layout, indent + 1);
  }
  if (!array.empty()) new_line(out, layout, indent);
  out.push_back(']');
}

template <typename Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

// Recursion is bounded: values come from parse() or from expressions, both with a counted depth.
void append_value(std::string& out, const Value& value, const Layout& layout, std::size_t indent) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out.append("null");
      return;
    case boost::json::kind::bool_:
      out.append(value.get_bool() ? "true" : "false");
      return;
    case boost::json::kind::int64:
      append_integer(out, value.get_int64());
      return;
    case boost::json::kind::uint64:
      append_integer(out, value.get_uint64());
      return;
    case boost::json::kind::double_:
      // JSON has no infinities: null, as ECMAScript's JSON.stringify writes them.
      if (std::isfinite(value.get_double())) {
        append_number(out, value.get_double());
      } else {
        out.append("null");
      }
      return;
    case boost::json::kind::string:
      append_quoted(out, view(value.get_string()));
      return;
    case boost::json::kind::array:
      append_array(out, value.get_array(), layout, indent);
      return;
    case boost::json::kind::object:
      append_object(out, value.get_object(), layout, indent);
      return;
  }
}

// Length of append_quoted(text).
std::size_t quoted_bytes(std::string_view text) {
  std::size_t bytes = 2 + text.size();
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    constexpr std::string_view kShort = "\"\\\n\r\t\b\f";
    bytes += kShort.find(c) == std::string_view::npos ? 5U : 1U;
  }
  return bytes;
}

// `scratch` is for the digits of numbers.
std::size_t count_bytes(const Value& value, std::string& scratch) {
  if (value.is_string()) return quoted_bytes(view(value.get_string()));
  if (value.is_array()) {
    const Array& array = value.get_array();
    std::size_t bytes = array.empty() ? 2 : array.size() + 1;
    for (const Value& item : array) bytes += count_bytes(item, scratch);
    return bytes;
  }
  if (value.is_object()) {
    const Object& object = value.get_object();
    std::size_t bytes = object.empty() ? 2 : object.size() + 1;
    for (const auto& member : object)
      bytes += quoted_bytes(member.key()) + 1 + count_bytes(member.value(), scratch);
    return bytes;
  }
  scratch.clear();
  append_value(scratch, value, {}, 0);
  return scratch.size();
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      case '\b':
        out.append("\\b");
        break;
      case '\f':
        out.append("\\f");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out.append("\\u00");
          out.push_back(kHex[static_cast<unsigned char>(c) >> 4U]);
          out.push_back(kHex[static_cast<unsigned char>(c) & 15U]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

std::string to_text(const Value& value) {
  std::string out;
  append_value(out, value, {}, 0);
  return out;
}

std::string to_text(const Object& object) {
  std::string out;
  append_object(out, object, {}, 0);
  return out;
}

std::string to_canonical_text(const Value& value) {
  std::string out;
  append_value(out, value, {.order = MemberOrder::Sorted}, 0);
  return out;
}

std::string to_pretty_text(const Value& value) {
  std::string out;
  append_value(out, value, {.pretty = true}, 0);
  return out;
}

std::size_t text_bytes(const Value& value) {
  std::string scratch;
  return count_bytes(value, scratch);
}

bool is_deeper(const Value& value, std::size_t levels) {
  if (!value.is_array() && !value.is_object()) return false;
  if (levels == 0) return true;
  const auto is_inner_deeper = [&](const Value& inner) { return is_deeper(inner, levels - 1); };
  if (value.is_array()) return std::ranges::any_of(value.get_array(), is_inner_deeper);
  return std::ranges::any_of(value.get_object(),
                             [&](const auto& member) { return is_inner_deeper(member.value()); });
}

}  // namespace fermata::json
