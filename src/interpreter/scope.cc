#include "interpreter/scope.h"

#include <charconv>

#include "foundation/format.h"
#include "interpreter/evaluate.h"

namespace fermata::interpreter {
namespace {

using definition::AssignRoot;

json::Object* innermost_lexical(RunState& state) {
  auto& frames = state.branches.front().frames;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (auto* loop = std::get_if<LoopFrame>(&*frame)) return &loop->lexical;
  }
  return nullptr;
}

json::Object* root_of(RunState& state, AssignRoot root) {
  switch (root) {
    case AssignRoot::Payload:
      return &state.scopes.payload.get_object();
    case AssignRoot::Vars:
      return &state.scopes.vars.get_object();
    case AssignRoot::Meta:
      return &state.scopes.meta.get_object();
    case AssignRoot::Local:
      return innermost_lexical(state);
    case AssignRoot::Error:
      if (!state.scopes.error.is_object()) state.scopes.error = json::Object{};
      return &state.scopes.error.get_object();
  }
  return nullptr;
}

std::optional<std::size_t> index_of(const std::string& segment) {
  std::size_t index = 0;
  const auto [end, status] =
      std::from_chars(segment.data(), segment.data() + segment.size(), index);
  return status == std::errc{} && end == segment.data() + segment.size() ? std::optional(index)
                                                                         : std::nullopt;
}

}  // namespace

std::optional<std::string> assign(Run& run, const definition::AssignPath& path, json::Value value) {
  json::Object* object = root_of(run.state, path.root);
  if (object == nullptr) return format("`{}` has no loop around it", path.source);
  json::Value* at = &(*object)[path.segments.front()];
  for (std::size_t i = 1; i < path.segments.size(); ++i) {
    const std::string& segment = path.segments[i];
    if (at->is_array()) {
      const auto index = index_of(segment);
      json::Array& array = at->get_array();
      // One behind the last appends; a gap is a mistake.
      if (!index || *index > array.size())
        return format("`{}`: `{}` is no index of an array of {}", path.source, segment,
                      array.size());
      if (*index == array.size()) array.emplace_back(nullptr);
      at = &array[*index];
    } else {
      if (!at->is_object()) *at = json::Object{};
      at = &at->get_object()[segment];
    }
  }
  *at = std::move(value);
  return std::nullopt;
}

void set_var(RunState& state, std::string_view name, json::Value value) {
  state.scopes.vars.get_object()[name] = std::move(value);
}

std::optional<RunError> assign_all(Run& run, const StepVisit& visit,
                                   const std::vector<definition::Assignment>& list) {
  for (const definition::Assignment& assignment : list) {
    auto value = evaluate(run, visit, assignment.value, assignment.path.source);
    if (auto* error = std::get_if<RunError>(&value)) return std::move(*error);
    if (auto wrong = assign(run, assignment.path, std::move(std::get<json::Value>(value)))) {
      return run.error_at(visit, category::kValidation, "ASSIGN_FAILED", *std::move(wrong));
    }
  }
  return std::nullopt;
}

}  // namespace fermata::interpreter
