#include "api/contract_check.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "api/embedded.h"
#include "calendar/instant.h"
#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"

namespace fermata::api {
namespace {

// What a value may be. No type: anything.
struct Shape {
  std::vector<std::string> types;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> words;  // enum; none: any
  std::size_t length_min = 0;      // characters of a text, items of an array
  std::size_t length_max = std::numeric_limits<std::size_t>::max();
  bool is_instant = false;

  [[nodiscard]] bool takes_length(std::size_t length) const {
    return length >= length_min && length <= length_max;
  }

  [[nodiscard]] std::string expected() const {
    std::string text;
    if (!words.empty()) {
      for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
      return "one of " + text;
    }
    for (const std::string& type : types) text += (text.empty() ? "" : " or ") + type;
    if (is_instant) return "an ISO 8601 instant";
    if (types.front() == "string" || types.front() == "array") return text + expected_length();
    if (types.front() != "integer") return text;
    if (least == std::numeric_limits<std::int64_t>::min()) return text;
    return most == std::numeric_limits<std::int64_t>::max()
               ? format("{} from {}", text, least)
               : format("{} from {} to {}", text, least, most);
  }

 private:
  [[nodiscard]] std::string expected_length() const {
    const std::string_view unit = types.front() == "string" ? "characters" : "items";
    if (length_max != std::numeric_limits<std::size_t>::max())
      return format(" of {} to {} {}", length_min, length_max, unit);
    return length_min == 0 ? "" : format(" of at least {} {}", length_min, unit);
  }
};

const json::Value& resolved(const json::Value& document, const json::Value& value) {
  const auto ref = value.is_object() ? json::string_at(value.get_object(), "$ref") : std::nullopt;
  if (!ref) return value;
  const json::Value* at = &document;
  for (std::size_t begin = 2; begin < ref->size();) {
    const std::size_t end = std::min(ref->find('/', begin), ref->size());
    at = json::find(*at, ref->substr(begin, end - begin));
    CHECK(at != nullptr, "the contract refers to something that is not in it");
    begin = end + 1;
  }
  return *at;
}

Shape shape_of(const json::Value& document, const json::Value& said) {
  const json::Object& schema = resolved(document, said).get_object();
  Shape shape;
  if (const json::Value* type = json::find(schema, "type")) {
    if (type->is_string()) shape.types.emplace_back(type->get_string());
    if (type->is_array())
      for (const json::Value& one : type->get_array()) shape.types.emplace_back(one.get_string());
  }
  shape.least = json::int_at(schema, "minimum").value_or(shape.least);
  shape.most = json::int_at(schema, "maximum").value_or(shape.most);
  for (const char* name : {"minLength", "minItems"})
    if (const auto said_min = json::int_at(schema, name))
      shape.length_min = static_cast<std::size_t>(*said_min);
  for (const char* name : {"maxLength", "maxItems"})
    if (const auto said_max = json::int_at(schema, name))
      shape.length_max = static_cast<std::size_t>(*said_max);
  shape.is_instant = json::string_at(schema, "format") == "date-time";
  if (const json::Value* words = json::find(schema, "enum"))
    for (const json::Value& word : words->get_array())
      if (word.is_string()) shape.words.emplace_back(word.get_string());
  return shape;
}

// JSON Schema counts characters, not bytes.
std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_word(std::string_view text, const Shape& shape) {
  return shape.words.empty() || std::ranges::find(shape.words, text) != shape.words.end();
}

bool is_of(const json::Value& value, const Shape& shape, std::string_view type) {
  if (type == "string")
    return value.is_string() && is_word(value.get_string(), shape) &&
           shape.takes_length(characters_in(value.get_string()));
  if (type == "boolean") return value.is_bool();
  if (type == "number") return value.is_number();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array() && shape.takes_length(value.get_array().size());
  if (type == "null") return value.is_null();
  return value.is_int64() && value.get_int64() >= shape.least && value.get_int64() <= shape.most;
}

bool fits(const json::Value& value, const Shape& shape) {
  if (shape.types.empty()) return true;
  for (const std::string& type : shape.types)
    if (is_of(value, shape, type)) return true;
  return false;
}

// A parameter is text; lists of words are the handlers' own.
bool fits_text(const std::string& text, const Shape& shape) {
  const std::string_view type = shape.types.empty() ? "string" : std::string_view(shape.types[0]);
  if (type == "boolean") return text == "true" || text == "false";
  if (type == "integer") {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end && number >= shape.least &&
           number <= shape.most;
  }
  if (shape.is_instant) return calendar::parse_instant(text).has_value();
  return type != "string" || is_word(text, shape);
}

// What came instead, said shortly.
std::string got(const json::Value& value) {
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_string()) return format("{} characters", characters_in(value.get_string()));
  if (value.is_array()) return format("{} items", value.get_array().size());
  return std::string(json::type_name(value));
}

}  // namespace

struct ContractCheck::Input {
  std::map<std::string, Shape> query;
  std::map<std::string, Shape> members;

  // Leaves the body, read, for the handler.
  [[nodiscard]] Result<void> check(http::Request& request) const {
    for (const auto& [name, text] : request.query) {
      const auto said = query.find(name);
      if (said != query.end() && !fits_text(text, said->second))
        return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                          format("{}: expected {}, got `{}`", name, said->second.expected(), text));
    }
    if (members.empty() || request.body.empty()) return {};
    auto parsed = json::parse(request.body, {.bytes_max = limits::kHttpBodyBytesMax});
    // What is no JSON, or no object, the handler says in its own words.
    if (!parsed.has_value()) return {};
    const json::Value& body = request.document.emplace(*std::move(parsed));
    if (!body.is_object()) return {};
    for (const auto& [name, shape] : members) {
      const json::Value* value = json::find(body, name);
      if (value != nullptr && !fits(*value, shape))
        return make_error(ErrorKind::Invalid, "BODY_INVALID",
                          format("{}: expected {}, got {}", name, shape.expected(), got(*value)));
    }
    return {};
  }
};

ContractCheck::ContractCheck() {
  const json::Value document = json::parse(openapi_document(), {.bytes_max = limits::kMiB}).value();
  for (const auto& path : json::find(document, "paths")->get_object()) {
    for (const auto& operation : path.value().get_object()) {
      Input input;
      if (const json::Value* parameters = json::find(operation.value(), "parameters")) {
        for (const json::Value& said : parameters->get_array()) {
          const json::Object& parameter = resolved(document, said).get_object();
          if (json::string_at(parameter, "in") == "query")
            input.query.emplace(json::string_at(parameter, "name").value_or(""),
                                shape_of(document, *json::find(parameter, "schema")));
        }
      }
      if (const json::Value* body = json::find(operation.value(), "requestBody")) {
        const json::Value* media = json::find(*json::find(*body, "content"), "application/json");
        const json::Value& schema = resolved(document, *json::find(*media, "schema"));
        if (const json::Value* properties = json::find(schema, "properties"))
          for (const auto& member : properties->get_object())
            input.members.emplace(member.key(), shape_of(document, member.value()));
      }
      if (input.query.empty() && input.members.empty()) continue;
      std::string method(operation.key());
      for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
      inputs_.emplace(method + " " + std::string(path.key()),
                      std::make_shared<const Input>(std::move(input)));
    }
  }
}

ContractCheck::ContractCheck(ContractCheck&&) noexcept = default;
ContractCheck::~ContractCheck() = default;

http::Handler ContractCheck::wrap(const std::string& method, const std::string& pattern,
                                  http::Handler handler) const {
  const auto input = inputs_.find(method + " " + pattern);
  if (input == inputs_.end()) return handler;
  return [said = input->second, inner = std::move(handler)](http::Request& request) {
    const auto fits = said->check(request);
    return fits.has_value() ? inner(request) : http::problem_response(fits.error());
  };
}

}  // namespace fermata::api
