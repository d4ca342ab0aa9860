#include "interpreter/scope.h"

#include <algorithm>
#include <charconv>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "interpreter/evaluate.h"
#include "json/text.h"

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

// What stands at the path now; null when nothing does.
const json::Value* value_at(RunState& state, const definition::AssignPath& path) {
  if (path.root == AssignRoot::Error && !state.scopes.error.is_object()) return nullptr;
  const json::Object* object = root_of(state, path.root);
  const json::Value* at = object == nullptr ? nullptr : json::find(*object, path.segments.front());
  for (std::size_t i = 1; i < path.segments.size() && at != nullptr; ++i) {
    const std::string& segment = path.segments[i];
    if (at->is_array()) {
      const auto index = index_of(segment);
      at = index && *index < at->get_array().size() ? &at->get_array()[*index] : nullptr;
    } else {
      at = json::find(*at, segment);
    }
  }
  return at;
}

std::size_t bytes_of(const Scopes& scopes) {
  return json::text_bytes(scopes.payload) + json::text_bytes(scopes.vars) +
         json::text_bytes(scopes.meta) + json::text_bytes(scopes.error);
}

// No less than what a member takes: `{"name":value},` with every character of the name escaped.
std::size_t member_bytes(std::string_view name) {
  return 6 * name.size() + 8;
}

std::size_t bytes_of(const definition::AssignPath& path) {
  std::size_t bytes = 0;
  for (const std::string& segment : path.segments) bytes += member_bytes(segment);
  return bytes;
}

void grow(Scopes& scopes, std::size_t more) {
  scopes.bytes_at_most += std::min(more, SIZE_MAX - scopes.bytes_at_most);
}

// Whether the scopes have room for so much more in place of what is there. INVARIANT: the verdict
// depends on the scopes alone, not on what `bytes_at_most` happens to be: it is no less than their
// size, so what fits by it fits.
bool has_room(Scopes& scopes, std::size_t more, const json::Value* old) {
  grow(scopes, more);
  if (scopes.bytes_at_most <= limits::kScopesBytesMax) return true;
  const std::size_t bytes = bytes_of(scopes);
  const std::size_t less = old == nullptr ? 0 : json::text_bytes(*old);
  scopes.bytes_at_most = bytes + more;
  return bytes - less + more <= limits::kScopesBytesMax;
}

RunError failed(const Run& run, const StepVisit& visit, std::string_view code, std::string text) {
  return run.error_at(visit, category::kValidation, code, std::move(text));
}

RunError too_large(const Run& run, const StepVisit& visit, std::string_view where) {
  return failed(run, visit, "STATE_TOO_LARGE",
                format("`{}`: payload, vars, meta and error would have more than {} bytes", where,
                       limits::kScopesBytesMax));
}

// Why the value may not be written there, if so. All of it from the second semantics version on.
std::optional<RunError> refusal_of(Run& run, const StepVisit& visit,
                                   const definition::AssignPath& path, const json::Value& value) {
  if (!run.uses(Semantics::Second)) return std::nullopt;
  if (json::is_deeper(value, limits::kValueDepthMax - path.segments.size()))
    return too_deep(run, visit, path.source);
  const std::size_t more = json::text_bytes(value) + bytes_of(path);
  // A loop's own record is no part of the scopes.
  const json::Value* old = path.root == AssignRoot::Local ? nullptr : value_at(run.state, path);
  if (!has_room(run.state.scopes, more, old)) return too_large(run, visit, path.source);
  return std::nullopt;
}

std::optional<std::string> write(Run& run, const definition::AssignPath& path, json::Value value) {
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

}  // namespace

std::optional<RunError> assign(Run& run, const StepVisit& visit, const definition::AssignPath& path,
                               json::Value value) {
  if (auto refusal = refusal_of(run, visit, path, value)) return refusal;
  auto wrong = write(run, path, std::move(value));
  return wrong ? std::optional(failed(run, visit, "ASSIGN_FAILED", *std::move(wrong)))
               : std::nullopt;
}

void set_var(RunState& state, std::string_view name, json::Value value) {
  grow(state.scopes, json::text_bytes(value) + member_bytes(name));
  state.scopes.vars.get_object()[name] = std::move(value);
}

void set_error(RunState& state, json::Value error) {
  grow(state.scopes, json::text_bytes(error));
  state.scopes.error = std::move(error);
}

void set_meta(RunState& state, std::string_view name, json::Value value) {
  grow(state.scopes, json::text_bytes(value) + member_bytes(name));
  state.scopes.meta.get_object()[name] = std::move(value);
}

std::optional<RunError> take_var(Run& run, const StepVisit& visit, std::string_view name,
                                 json::Value value) {
  if (run.uses(Semantics::Second)) {
    if (json::is_deeper(value, limits::kValueDepthMax - 1)) return too_deep(run, visit, name);
    const json::Value* old = json::find(run.state.scopes.vars, name);
    if (!has_room(run.state.scopes, json::text_bytes(value) + member_bytes(name), old))
      return too_large(run, visit, name);
  }
  run.state.scopes.vars.get_object()[name] = std::move(value);
  return std::nullopt;
}

std::optional<RunError> assign_all(Run& run, const StepVisit& visit,
                                   const std::vector<definition::Assignment>& list) {
  for (const definition::Assignment& assignment : list) {
    auto value = evaluate(run, visit, assignment.value, assignment.path.source);
    if (auto* error = std::get_if<RunError>(&value)) return std::move(*error);
    if (auto wrong = assign(run, visit, assignment.path, std::move(std::get<json::Value>(value))))
      return wrong;
  }
  return std::nullopt;
}

}  // namespace fermata::interpreter
