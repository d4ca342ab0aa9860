// Actions over text. Lengths are counted in code points, as people count.
#include <algorithm>

#include "foundation/find_text.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "json/parse.h"
#include "json/text.h"
#include "transform/actions.h"
#include "transform/reading.h"

namespace fermata::transform {
namespace {

constexpr std::string_view kBlank = " \t\n\r\f\v";

// Text as it is, nothing for null, everything else as JSON.
std::string plain(const json::Value& value) {
  if (value.is_string()) return json::to_std(value.get_string());
  return value.is_null() ? std::string() : json::to_text(value);
}

Output joined(const json::Array& items, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += separator;
    text += plain(items[i]);
    if (text.size() > limits::kActionOutputBytesMax) return invalid("the text becomes too long");
  }
  return json::Value(text);
}

bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::int64_t code_points(std::string_view text) {
  return std::ranges::count_if(text, starts_code_point);
}

// Where the code point with this number begins; the end when there are fewer.
std::size_t offset_of(std::string_view text, std::int64_t number) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (starts_code_point(text[at]) && number-- == 0) break;
  }
  return at;
}

}  // namespace

Output parse_json(const json::Value& value) {
  Input input(value);
  const std::string_view text = input.text("text");
  if (input.wrong()) return input.failure();
  auto parsed = json::parse(text);
  if (!parsed.has_value())
    return Failure{"ValidationError", parsed.error().code, parsed.error().message, nullptr};
  return *std::move(parsed);
}

Output stringify_json(const json::Value& value) {
  Input input(value);
  const json::Value& content = input.value("value");
  if (input.wrong()) return input.failure();
  return json::Value(json::to_text(content));
}

Output sha256(const json::Value& value) {
  Input input(value);
  const std::string_view text = input.text("text");
  if (input.wrong()) return input.failure();
  return json::Value(json::sha256_hex(text));
}

Output concat_text(const json::Value& value) {
  Input input(value);
  const json::Array& values = input.list("values");
  const std::string_view separator = input.text("separator", "");
  return input.wrong() ? Output(input.failure()) : joined(values, separator);
}

Output join_text(const json::Value& value) {
  Input input(value);
  const json::Array& items = input.list("items");
  const std::string_view delimiter = input.text("delimiter", "");
  return input.wrong() ? Output(input.failure()) : joined(items, delimiter);
}

// An empty delimiter gives the code points.
Output split_text(const json::Value& value) {
  Input input(value);
  std::string_view text = input.text("text");
  const std::string_view delimiter = input.text("delimiter");
  const bool removes_empty = input.flag("removeEmpty", false);
  if (input.wrong()) return input.failure();
  json::Array items;
  const auto add = [&](std::string_view item) {
    if (!item.empty() || !removes_empty) items.emplace_back(item);
  };
  if (delimiter.empty()) {
    while (!text.empty()) {
      const std::size_t length = offset_of(text, 1);
      add(text.substr(0, length));
      text.remove_prefix(length);
    }
    return json::Value(std::move(items));
  }
  for (std::size_t at = find_text(text, delimiter); at != text.npos;
       at = find_text(text, delimiter)) {
    add(text.substr(0, at));
    text.remove_prefix(at + delimiter.size());
  }
  add(text);
  return json::Value(std::move(items));
}

// An empty search changes nothing.
Output replace_text(const json::Value& value) {
  Input input(value);
  std::string_view text = input.text("text");
  const std::string_view search = input.text("search");
  const std::string_view replacement = input.text("replacement", "");
  const bool replaces_all = input.flag("replaceAll", true);
  if (input.wrong()) return input.failure();
  std::string out;
  while (!search.empty()) {
    const std::size_t at = find_text(text, search);
    if (at == text.npos) break;
    out.append(text.substr(0, at)).append(replacement);
    text.remove_prefix(at + search.size());
    if (out.size() > limits::kActionOutputBytesMax) return invalid("the text becomes too long");
    if (!replaces_all) break;
  }
  return json::Value(out.append(text));
}

Output trim_text(const json::Value& value) {
  Input input(value);
  std::string_view text = input.text("text");
  if (input.wrong()) return input.failure();
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  text.remove_suffix(text.size() - std::min(text.find_last_not_of(kBlank) + 1, text.size()));
  return json::Value(text);
}

// At most `maxLength` code points, the ellipsis among them.
Output truncate_text(const json::Value& value) {
  Input input(value);
  const std::string_view text = input.text("text");
  const std::int64_t length_max = input.whole("maxLength", 0);
  const std::string_view strategy = input.text("strategy", "end");
  std::string_view ellipsis = input.text("ellipsis", "...");
  if (length_max < 0) input.note("`maxLength` must not be negative");
  if (strategy != "end" && strategy != "start" && strategy != "middle")
    input.note("`strategy` must be end, start or middle");
  if (input.wrong()) return input.failure();
  const std::int64_t length = code_points(text);
  if (length <= length_max) return json::Value(text);
  ellipsis = ellipsis.substr(0, offset_of(ellipsis, length_max));
  const std::int64_t room = length_max - code_points(ellipsis);
  std::int64_t head = room;
  if (strategy == "start") head = 0;
  if (strategy == "middle") head = room - room / 2;
  std::string out(text.substr(0, offset_of(text, head)));
  out.append(ellipsis).append(text.substr(offset_of(text, length - (room - head))));
  return json::Value(out);
}

}  // namespace fermata::transform
