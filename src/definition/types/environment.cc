#include "definition/types/environment.h"

#include <algorithm>
#include <utility>

#include "definition/types/infer.h"
#include "definition/types/known_names.h"

namespace fermata::definition {

TypeEnvironment::TypeEnvironment(const Draft& draft, const CheckContext& context)
    : draft_(draft), context_(context) {
  payload_ = context.schemas.payload_schema(draft.program.payload_schema_ref);
  const auto& trigger = draft.program.trigger;
  if (const auto* event = trigger ? std::get_if<EventTrigger>(&*trigger) : nullptr) {
    const std::string ref = event->source_payload_schema_ref.empty()
                                ? context.schemas.event_payload_ref(event->event_name).value_or("")
                                : event->source_payload_schema_ref;
    event_ = context.schemas.payload_schema(ref);
  }
  read_variables();
  read_loops();
}

std::optional<SchemaView> TypeEnvironment::payload() const {
  return payload_ ? std::optional(SchemaView(*payload_)) : std::nullopt;
}

// A variable has a type when one place alone writes it, as a whole: with an action's output or with
// an expression whose type is known.
void TypeEnvironment::read_variables() {
  std::map<std::string, int, std::less<>> writers;
  for (const Step& step : draft_.program.steps) {
    if (const auto* guard = std::get_if<TryCatchStep>(&step.config)) {
      ++writers[guard->capture_error_as];
    }
    if (const auto* loop = std::get_if<ForEachStep>(&step.config)) ++writers[loop->item_var];
  }
  for (const char* name : {"event", "eventName", "timeWait"}) ++writers[name];
  for (const AssignSite& site : draft_.assigns) {
    const std::string& first = site.target.segments.front();
    if (site.target.root == AssignRoot::Payload) assigned_payload_.insert(first);
    if (site.target.root == AssignRoot::Vars) ++writers[first];
  }
  const auto is_sole = [&](const AssignSite& site) {
    return site.target.root == AssignRoot::Vars && site.target.segments.size() == 1 &&
           writers[site.target.segments.front()] == 1;
  };
  for (const AssignSite& site : draft_.assigns) {
    const auto* call = std::get_if<ActionCallStep>(&draft_.step(site.step).config);
    const bool is_output =
        call != nullptr && site.path.ends_with(".config/saveAs") && is_sole(site);
    if (!is_output) {
      if (is_sole(site)) read_assigned(site);
      continue;
    }
    const ActionSpec* action = context_.actions.find(call->action_id, call->action_version);
    if (action != nullptr) variables_[site.target.segments.front()] = &action->output_schema;
  }
}

void TypeEnvironment::read_assigned(const AssignSite& site) {
  const auto value = std::ranges::find(draft_.expressions, site.path, &ExpressionSite::path);
  if (value == draft_.expressions.end() || sees_child(*value)) return;
  const Inferred inferred = infer(value->expression.source);
  Root root{inferred.kinds, {}, 1};
  if (!inferred.path.empty()) {
    Reach found = reach(site.step, inferred.path);
    if (found.is_spread) return;
    root = {found.kinds, std::move(found.schema), 1};
  }
  assigned_.insert_or_assign(site.target.segments.front(), std::move(root));
}

// Outer loops stand before inner ones, so that their items are known when they are asked for.
void TypeEnvironment::read_loops() {
  const auto& steps = draft_.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* loop = std::get_if<ForEachStep>(&steps[at].config);
    if (loop == nullptr) continue;
    const auto path = plain_path(loop->items.source);
    if (!path) continue;
    const Reach list = reach(at, *path);
    const bool is_list = !list.is_spread && list.kinds == kArray && list.schema;
    auto items = is_list ? list.schema->items() : std::nullopt;
    if (items) loop_items_.emplace(at, std::move(*items));
  }
}

std::optional<TypeEnvironment::Root> TypeEnvironment::local(StepIndex step,
                                                            std::string_view name) const {
  const Program& program = draft_.program;
  bool is_innermost = true;
  for (StepIndex owner = program.sequences[program.steps[step].sequence].owner; owner != kNoStep;
       owner = program.sequences[program.steps[owner].sequence].owner) {
    const auto* loop = std::get_if<ForEachStep>(&program.steps[owner].config);
    if (loop == nullptr) continue;
    if (is_innermost && (name == "index" || name == "length")) return Root{kNumber, {}, 1};
    if (is_innermost && (name == "isFirst" || name == "isLast")) return Root{kBoolean, {}, 1};
    if (name == loop->item_var || (is_innermost && name == "item")) {
      const auto items = loop_items_.find(owner);
      if (items == loop_items_.end()) return Root{};
      return Root{items->second.kinds(), items->second, 1};
    }
    is_innermost = false;
  }
  return std::nullopt;
}

TypeEnvironment::Root TypeEnvironment::variable(std::string_view name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end()) {
    const auto assigned = assigned_.find(name);
    return assigned == assigned_.end() ? Root{} : assigned->second;
  }
  SchemaView view(*found->second);
  return Root{view.kinds(), std::move(view), 1};
}

TypeEnvironment::Root TypeEnvironment::event_root(std::span<const std::string> path) const {
  const bool is_payload = path.size() > 1 && path[0] == "event" && path[1] == "payload";
  if (!is_payload || !event_) return {};
  SchemaView view(*event_);
  return Root{view.kinds(), std::move(view), 2};
}

TypeEnvironment::Root TypeEnvironment::root_of(StepIndex step,
                                               std::span<const std::string> path) const {
  if (step == kNoStep) return event_root(path);
  const std::string& first = path.front();
  if (first == "payload") {
    const bool is_written =
        path.size() == 1 ? !assigned_payload_.empty() : assigned_payload_.contains(path[1]);
    if (is_written || !payload_) return {};
    SchemaView view(*payload_);
    return Root{view.kinds(), std::move(view), 1};
  }
  const bool is_scoped = (first == "vars" || first == "local") && path.size() > 1;
  const std::string& name = is_scoped ? path[1] : first;
  Root root;
  if (auto found = first == "vars" ? std::nullopt : local(step, name)) {
    root = std::move(*found);
  } else if (first != "local") {
    root = variable(name);
  }
  root.used = is_scoped ? 2 : 1;
  return root;
}

Reach TypeEnvironment::reach(StepIndex step, std::span<const std::string> path) const {
  Root root = root_of(step, path);
  Reach out{root.kinds, std::move(root.schema), {}, {}, {}, false};
  for (std::size_t i = root.used; i < path.size(); ++i) {
    if (out.schema && out.kinds == kArray) {
      out.is_spread = true;
      out.schema = out.schema->items();
    }
    if (!out.schema) return Reach{kAnyKind, {}, {}, {}, out.optional_at, out.is_spread};
    auto field = out.schema->property(path[i]);
    if (!field) {
      Reach lost{kAnyKind, {}, {}, {}, out.optional_at, out.is_spread};
      if (!out.schema->names_fields()) return lost;
      lost.unknown_at = i;
      lost.unknown_in = std::move(out.schema);
      return lost;
    }
    if (!out.optional_at && !out.schema->is_required(path[i])) out.optional_at = i;
    out.kinds = field->kinds();
    out.schema = std::move(field);
  }
  return out;
}

Kinds TypeEnvironment::kinds_of(StepIndex step, const std::string& source) const {
  const Inferred inferred = infer(source);
  if (inferred.path.empty()) return inferred.kinds;
  const Reach found = reach(step, inferred.path);
  // A list on the way makes it one value, several or none.
  return found.is_spread ? kAnyKind : found.kinds;
}

}  // namespace fermata::definition
