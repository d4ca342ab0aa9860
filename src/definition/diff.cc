#include "definition/diff.h"

#include <algorithm>
#include <array>
#include <map>

#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::array<std::string_view, 7> kBlocks = {"steps", "then",  "else",   "body",
                                                     "try",   "catch", "finally"};

bool is_block(std::string_view key) {
  return std::ranges::find(kBlocks, key) != kBlocks.end();
}

struct Step {
  std::string id;
  const json::Object* object = nullptr;
  std::string path;
  std::string block;     // its block: the owner's id and the block's name
  std::string previous;  // id of the step before it in the block; empty: it is the first
};

// All steps in the order of the document. Steps without an id are told by their paths.
std::vector<Step> steps_of(const json::Value& definition) {
  std::vector<Step> steps;
  if (!definition.is_object()) return steps;
  std::vector<Step> left = {{"", &definition.get_object(), "root", "", ""}};
  while (!left.empty()) {
    const Step open = std::move(left.back());
    left.pop_back();
    if (open.path != "root") steps.push_back(open);
    std::vector<Step> inside;
    for (const std::string_view name : kBlocks) {
      const json::Value* block = json::find(*open.object, name);
      if (block == nullptr || !block->is_array()) continue;
      std::string previous;
      for (std::size_t i = 0; i < block->get_array().size(); ++i) {
        const json::Value& item = block->get_array()[i];
        if (!item.is_object()) continue;
        Step step{"", &item.get_object(), format("{}.{}[{}]", open.path, name, i),
                  format("{}/{}", open.id, name), previous};
        step.id = json::string_at(*step.object, "id").value_or(step.path);
        previous = step.id;
        inside.push_back(std::move(step));
      }
    }
    left.insert(left.end(), inside.rbegin(), inside.rend());
  }
  return steps;
}

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out.push_back(c);
  }
  return out;
}

// Members that differ, down to the deepest objects that both sides have. Arrays change as a whole.
void compare(const json::Object& before, const json::Object& after, bool is_root,
             std::vector<FieldChange>& out) {
  struct Pair {
    const json::Object* before;
    const json::Object* after;
    std::string pointer;
  };
  std::vector<Pair> left = {{&before, &after, ""}};
  while (!left.empty()) {
    const Pair pair = std::move(left.back());
    left.pop_back();
    std::vector<std::string> keys;
    for (const auto& member : *pair.after) keys.emplace_back(member.key());
    for (const auto& member : *pair.before) {
      if (!pair.after->contains(member.key())) keys.emplace_back(member.key());
    }
    for (const std::string& key : keys) {
      const bool is_top = pair.pointer.empty();
      if (is_top && is_root && key == "version") continue;
      const json::Value* was = json::find(*pair.before, key);
      const json::Value* is = json::find(*pair.after, key);
      if (is_top && is_block(key) && (was == nullptr || was->is_array()) &&
          (is == nullptr || is->is_array()))
        continue;
      if (was != nullptr && is != nullptr && json::equal(*was, *is)) continue;
      const std::string pointer = pair.pointer + "/" + escaped(key);
      if (was != nullptr && is != nullptr && was->is_object() && is->is_object()) {
        left.push_back({&was->get_object(), &is->get_object(), pointer});
        continue;
      }
      out.push_back({pointer, was == nullptr ? json::Value(nullptr) : *was,
                     is == nullptr ? json::Value(nullptr) : *is, was != nullptr, is != nullptr});
    }
  }
  std::ranges::sort(out, {}, &FieldChange::pointer);
}

}  // namespace

Diff diff(const json::Value& before, const json::Value& after) {
  Diff made;
  const json::Object none;
  compare(before.is_object() ? before.get_object() : none,
          after.is_object() ? after.get_object() : none, true, made.fields);
  const std::vector<Step> was = steps_of(before);
  const std::vector<Step> is = steps_of(after);
  std::map<std::string, const Step*> by_id;
  for (const Step& step : was) by_id.emplace(step.id, &step);
  std::map<std::string, const Step*> now;
  for (const Step& step : is) now.emplace(step.id, &step);
  // The step before, among those that both sides have in this block.
  const auto neighbour = [](const Step& step, const auto& own, const auto& others) {
    std::string id = step.previous;
    while (!id.empty() && (!others.contains(id) || others.at(id)->block != step.block))
      id = own.at(id)->previous;
    return id;
  };
  for (const Step& step : is) {
    StepChange change;
    change.step_id = step.id;
    change.step_type = json::string_at(*step.object, "type").value_or("");
    change.path_after = step.path;
    const auto found = by_id.find(step.id);
    if (found == by_id.end()) {
      change.kind = StepChange::Kind::Added;
      made.steps.push_back(std::move(change));
      continue;
    }
    const Step& old = *found->second;
    change.path_before = old.path;
    change.has_moved =
        old.block != step.block || neighbour(old, by_id, now) != neighbour(step, now, by_id);
    compare(*old.object, *step.object, false, change.fields);
    if (change.has_moved || !change.fields.empty()) made.steps.push_back(std::move(change));
  }
  for (const Step& step : was) {
    if (now.contains(step.id)) continue;
    made.steps.push_back({StepChange::Kind::Removed,
                          step.id,
                          json::string_at(*step.object, "type").value_or(""),
                          step.path,
                          "",
                          false,
                          {}});
  }
  return made;
}

}  // namespace fermata::definition
