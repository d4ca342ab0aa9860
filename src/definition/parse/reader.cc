#include "definition/parse/reader.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "definition/suggest.h"
#include "foundation/format.h"
#include "json/pointer.h"

namespace fermata::definition {
namespace {

// The whole number, also when it is written 3.0.
std::optional<std::int64_t> as_whole(const json::Value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (std::trunc(number) != number || std::fabs(number) > 9.0e18) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// "from 0 to 5", "1 or more", "1"
std::string words_of(Range range) {
  if (range.min == range.max) return format("{}", range.min);
  if (range.max == Range{}.max) return format("a whole number, {} or more", range.min);
  return format("a whole number from {} to {}", range.min, range.max);
}

}  // namespace

std::string with_article(std::string_view type) {
  if (type == "null") return "null";
  const bool is_vowel = type == "object" || type == "array";
  return format("{} {}", is_vowel ? "an" : "a", type);
}

void report_type(Findings& findings, std::string path, std::string_view wanted,
                 const json::Value& found) {
  std::string help = found.is_null() ? "leave the field out instead of writing null" : "";
  findings.error(std::move(path), "FIELD_TYPE",
                 format("expected {}, got {}", wanted, with_article(json::type_name(found))),
                 std::move(help));
}

std::string Reader::path_of(std::string_view key) const {
  return place_.path + place_.separator + json::escape_token(key);
}

const json::Value* Reader::value(std::string_view key, Need need) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  const json::Value* found = json::find(object_, key);
  if (found == nullptr && need == Need::Required) {
    findings_.error(path_of(key), "FIELD_MISSING",
                    format("`{}` is required in {}", key, place_.what), format("add `{}`", key));
  }
  return found;
}

void Reader::wrong_type(std::string_view key, std::string_view wanted, const json::Value& found) {
  report_type(findings_, path_of(key), wanted, found);
}

std::string Reader::text(std::string_view key, TextRule rule) {
  const json::Value* found = value(key, rule.need);
  if (found == nullptr) return {};
  if (!found->is_string()) {
    wrong_type(key, "a string", *found);
    return {};
  }
  std::string text = json::to_std(found->get_string());
  if (is_blank(text)) {
    findings_.error(
        path_of(key), "FIELD_INVALID", format("`{}` is empty", key),
        rule.need == Need::Optional ? "leave the field out or fill it" : "write a value");
    return {};
  }
  if (text.size() > rule.bytes_max) {
    findings_.error(
        path_of(key), "FIELD_INVALID",
        format("`{}` has {} bytes, at most {} are allowed", key, text.size(), rule.bytes_max),
        "shorten it");
    return {};
  }
  return text;
}

std::optional<std::int64_t> Reader::whole(std::string_view key, Range range, Need need) {
  const json::Value* found = value(key, need);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    wrong_type(key, "a whole number", *found);
    return std::nullopt;
  }
  const auto number = as_whole(*found);
  if (!number || *number < range.min || *number > range.max) {
    findings_.error(path_of(key), "FIELD_INVALID", format("`{}` must be {}", key, words_of(range)),
                    "choose such a number");
    return std::nullopt;
  }
  return number;
}

std::optional<double> Reader::positive(std::string_view key) {
  const json::Value* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    wrong_type(key, "a number", *found);
    return std::nullopt;
  }
  const double number = json::as_double(*found);
  if (number > 0) return number;
  findings_.error(path_of(key), "FIELD_INVALID", format("`{}` must be greater than 0", key),
                  "choose a number above 0");
  return std::nullopt;
}

std::optional<bool> Reader::boolean(std::string_view key) {
  const json::Value* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_bool()) return found->get_bool();
  wrong_type(key, "a boolean", *found);
  return std::nullopt;
}

std::string_view Reader::word(std::string_view key, std::initializer_list<std::string_view> words,
                              Need need) {
  const json::Value* found = value(key, need);
  if (found == nullptr) return *words.begin();
  if (!found->is_string()) {
    wrong_type(key, "a string", *found);
    return *words.begin();
  }
  const std::string_view text = json::view(found->get_string());
  const auto match = std::ranges::find(words, text);
  if (match != words.end()) return *match;
  const std::span<const std::string_view> known(words.begin(), words.size());
  findings_.error(path_of(key), "FIELD_INVALID", format("`{}` is none of {}", text, listing(known)),
                  did_you_mean(text, known, format("write one of {}", listing(known))));
  return *words.begin();
}

const json::Object* Reader::object(std::string_view key, Need need) {
  const json::Value* found = value(key, need);
  if (found == nullptr) return nullptr;
  if (found->is_object()) return &found->get_object();
  wrong_type(key, "an object", *found);
  return nullptr;
}

const json::Array* Reader::array(std::string_view key, Need need) {
  const json::Value* found = value(key, need);
  if (found == nullptr) return nullptr;
  if (found->is_array()) return &found->get_array();
  wrong_type(key, "an array", *found);
  return nullptr;
}

std::vector<std::string> Reader::texts(std::string_view key) {
  std::vector<std::string> out;
  const json::Array* list = array(key);
  if (list == nullptr) return out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::Value& item = (*list)[i];
    if (item.is_string() && !is_blank(json::view(item.get_string()))) {
      out.push_back(json::to_std(item.get_string()));
    } else {
      report_type(findings_, format("{}/{}", path_of(key), i), "a non-empty string", item);
    }
  }
  return out;
}

void Reader::refuse(std::string_view key, std::string_view why, std::string_view help) {
  if (value(key) == nullptr) return;
  findings_.error(path_of(key), "FIELD_UNKNOWN", std::string(why), std::string(help));
}

void Reader::finish() {
  for (const auto& member : object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const std::string fields = format("the fields are {}", listing(std::span(known_)));
    findings_.error(path_of(key), "FIELD_UNKNOWN",
                    format("`{}` is not a field of {}", key, place_.what),
                    did_you_mean(key, std::span(known_), fields));
  }
}

}  // namespace fermata::definition
