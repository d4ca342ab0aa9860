// Actions over objects and lists.
#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/format.h"
#include "transform/actions.h"
#include "transform/reading.h"

namespace fermata::transform {
namespace {

// The texts of a list, sorted: it may name as many keys as an object has members.
std::vector<std::string_view> sorted_texts(const json::Array& list) {
  std::vector<std::string_view> texts;
  for (const json::Value& item : list) {
    if (item.is_string()) texts.push_back(json::view(item.get_string()));
  }
  std::ranges::sort(texts);
  return texts;
}

// An object whose members change their names, each in the time of one look-up.
class Renaming {
 public:
  explicit Renaming(const json::Object& object) : object_(object) {
    for (const auto& member : object) {
      places_[member.key()] = names_.size();
      names_.emplace_back(member.key());
    }
  }
  // The member keeps its place; one that had the new name is gone.
  void rename(std::string_view from, std::string_view to) {
    const auto found = places_.find(from);
    if (from == to || found == places_.end()) return;
    const std::size_t place = found->second;
    places_.erase(found);
    if (const auto other = places_.find(to); other != places_.end()) names_[other->second].reset();
    places_[to] = place;
    names_[place] = to;
  }
  [[nodiscard]] json::Object finish() const {
    json::Object renamed;
    std::size_t place = 0;
    for (const auto& member : object_) {
      if (names_[place]) renamed[*names_[place]] = member.value();
      ++place;
    }
    return renamed;
  }

 private:
  const json::Object& object_;
  std::vector<std::optional<std::string_view>> names_;  // by place in the object
  std::map<std::string_view, std::size_t> places_;
};

Output choose(const json::Value& value, bool keeps_named) {
  Input input(value);
  const json::Object& object = input.object("object");
  const json::Array& keys = input.list("keys");
  if (input.wrong()) return input.failure();
  const std::vector<std::string_view> named = sorted_texts(keys);
  json::Object chosen;
  for (const auto& member : object) {
    if (std::ranges::binary_search(named, std::string_view(member.key())) == keeps_named)
      chosen[member.key()] = member.value();
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
  Renaming renaming(input.object("object"));
  for (const json::Value& rename : input.list("renames")) {
    Input names_of(rename);
    const std::string_view from = names_of.text("from");
    const std::string_view to = names_of.text("to");
    if (names_of.wrong()) return names_of.failure();
    renaming.rename(from, to);
  }
  if (input.wrong()) return input.failure();
  return json::Value(renaming.finish());
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
