// Actions over objects and lists.
#include <algorithm>

#include "foundation/format.h"
#include "transform/actions.h"
#include "transform/reading.h"

namespace fermata::transform {
namespace {

bool names(const json::Array& keys, std::string_view key) {
  return std::ranges::any_of(keys, [&](const json::Value& k) {
    return k.is_string() && json::view(k.get_string()) == key;
  });
}

Output choose(const json::Value& value, bool keeps_named) {
  Input input(value);
  const json::Object& object = input.object("object");
  const json::Array& keys = input.list("keys");
  if (input.wrong()) return input.failure();
  json::Object chosen;
  for (const auto& member : object) {
    if (names(keys, member.key()) == keeps_named) chosen[member.key()] = member.value();
  }
  return json::Value(std::move(chosen));
}

bool is_blank(const json::Value& value) {
  return value.is_string() && std::ranges::all_of(json::view(value.get_string()), [](char c) {
           return c == ' ' || c == '\t' || c == '\n' || c == '\r';
         });
}

}  // namespace

Output merge(const json::Value& value) {
  Input input(value);
  json::Object merged;
  for (const json::Value& object : input.list("objects")) {
    if (!object.is_object()) return invalid("`objects` must be a list of objects");
    for (const auto& member : object.get_object()) merged[member.key()] = member.value();
  }
  if (input.wrong()) return input.failure();
  return json::Value(std::move(merged));
}

Output pick(const json::Value& input) {
  return choose(input, true);
}

Output omit(const json::Value& input) {
  return choose(input, false);
}

// One after the other, as written; a missing name changes nothing.
Output rename_fields(const json::Value& value) {
  Input input(value);
  json::Object object = input.object("object");
  for (const json::Value& rename : input.list("renames")) {
    Input names_of(rename);
    const std::string_view from = names_of.text("from");
    const std::string_view to = names_of.text("to");
    if (names_of.wrong()) return names_of.failure();
    if (from == to || !object.contains(from)) continue;
    json::Object renamed;
    for (auto& member : object) {
      if (member.key() == to) continue;
      renamed[member.key() == from ? to : std::string_view(member.key())] =
          std::move(member.value());
    }
    object = std::move(renamed);
  }
  if (input.wrong()) return input.failure();
  return json::Value(std::move(object));
}

Output build_object(const json::Value& value) {
  Input input(value);
  json::Object built;
  for (const json::Value& field : input.list("fields")) {
    Input member(field);
    const std::string_view key = member.text("key");
    const json::Value& content = member.value("value");
    if (member.wrong()) return member.failure();
    built[key] = content;
  }
  if (input.wrong()) return input.failure();
  return json::Value(std::move(built));
}

Output append_array(const json::Value& value) {
  Input input(value);
  json::Array items = input.list("items");
  const json::Array& more = input.list("values");
  if (input.wrong()) return input.failure();
  items.insert(items.end(), more.begin(), more.end());
  return json::Value(std::move(items));
}

Output build_array(const json::Value& value) {
  Input input(value);
  json::Array items = input.list("items");
  if (input.wrong()) return input.failure();
  return json::Value(std::move(items));
}

// The first candidate that is there; {value: null, matchedIndex: null} when none is.
Output coalesce_value(const json::Value& value) {
  Input input(value);
  const json::Array& candidates = input.list("candidates");
  const bool skips_blank = input.flag("treatEmptyStringAsMissing", true);
  if (input.wrong()) return input.failure();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].is_null() || (skips_blank && is_blank(candidates[i]))) continue;
    return json::Value(json::Object{{"value", candidates[i]}, {"matchedIndex", i}});
  }
  return json::Value(json::Object{{"value", nullptr}, {"matchedIndex", nullptr}});
}

// workflow.fail: the author's own error.
Output fail(const json::Value& value) {
  Input input(value);
  Failure failure{"ActionError", std::string(input.text("code", "WORKFLOW_FAILED")),
                  std::string(input.text("message")), nullptr};
  if (input.wrong()) return input.failure();
  if (const json::Value* details = json::find(value, "details")) failure.details = *details;
  return failure;
}

}  // namespace fermata::transform
