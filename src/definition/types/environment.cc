#include "definition/types/environment.h"

#include <algorithm>
#include <utility>

#include "definition/types/infer.h"
#include "definition/types/known_names.h"
#include "json/parse.h"

namespace fermata::definition {
namespace {

// A variable that is written in more places than this is a counter of a large definition.
constexpr std::size_t kWritesMax = 32;

}  // namespace

TypeEnvironment::TypeEnvironment(const Draft& draft, const CheckContext& context)
    : draft_(draft), context_(context) {
  payload_ = payload_schema(draft.program.payload_schema_ref);
  const auto& trigger = draft.program.trigger;
  if (const auto* event = trigger ? std::get_if<EventTrigger>(&*trigger) : nullptr) {
    event_ = event->source_payload_schema_ref.empty()
                 ? event_schema(event->event_name)
                 : payload_schema(event->source_payload_schema_ref);
  }
  for (const ExpressionSite& site : draft.expressions) {
    if (site.role == ExpressionRole::Assigned) assigned_.emplace(site.path, &site);
  }
  add_writes();
  // In the order of the document: what a later step writes is unknown to an earlier one.
  auto site = draft.assigns.begin();
  for (StepIndex at = 0; at < draft.program.steps.size(); ++at) {
    if (std::holds_alternative<ForEachStep>(draft.program.steps[at].config)) read_loop(at);
    for (; site != draft.assigns.end() && site->step <= at; ++site) read_assigned(*site);
  }
}

std::optional<SchemaView> TypeEnvironment::payload() const {
  return payload_ == nullptr ? std::nullopt : std::optional(SchemaView(*payload_));
}

const json::Value* TypeEnvironment::payload_schema(const std::string& ref) {
  const auto [place, is_new] = schemas_.try_emplace(ref);
  if (is_new) place->second = context_.schemas.payload_schema(ref);
  return place->second ? &*place->second : nullptr;
}

const json::Value* TypeEnvironment::event_schema(const std::string& event_name) {
  return payload_schema(context_.schemas.event_payload_ref(event_name).value_or(""));
}

TypeEnvironment::Root TypeEnvironment::root_with(const json::Value* schema) {
  if (schema == nullptr) return {};
  SchemaView view(*schema);
  return Root{view.kinds(), std::move(view), 1};
}

void TypeEnvironment::add_write(std::string_view name, Write write, Root root) {
  Variable& variable = variables_[std::string(name)];
  variable.writes.push_back(write);
  variable.roots.push_back(std::move(root));
}

// All of them first, so that none is overlooked by a step that stands before it in a loop.
void TypeEnvironment::add_writes() {
  for (StepIndex at = 0; at < draft_.program.steps.size(); ++at) add_writes_of_step(at);
  for (const AssignSite& site : draft_.assigns) {
    const std::string& first = site.target.segments.front();
    if (site.target.root == AssignRoot::Payload) assigned_payload_.insert(first);
    if (site.target.root == AssignRoot::Local) assigned_local_.insert(first);
    if (site.target.root == AssignRoot::Vars) add_write_of(site);
  }
}

void TypeEnvironment::add_writes_of_step(StepIndex at) {
  static const json::Value kTimeWait = json::parse(R"({"type":"object",
      "required":["mode","dueAt","resumedAt"],"properties":{"mode":{"enum":["duration","until"]},
      "dueAt":{"type":"string"},"resumedAt":{"type":"string"}}})")
                                           .value();
  static const json::Value kError = json::parse(R"({"type":"object",
      "required":["category","code","message","nodePath","at"],"properties":{"category":{"type":"string"},
      "code":{"type":"string"},"message":{"type":"string"},"nodePath":{"type":"string"},
      "at":{"type":"string"},"details":{}}})")
                                        .value();
  const StepConfig& config = draft_.program.steps[at].config;
  const Write result{at, WriteTime::OnResult};
  const auto add_event = [&](const json::Value* schema) {
    add_write("event", result, root_with(schema));
    add_write("eventName", result, Root{kString, {}, 1});
  };
  if (const auto* wait = std::get_if<EventWaitStep>(&config)) {
    add_event(event_schema(wait->event_name));
  } else if (const auto* task = std::get_if<HumanTaskStep>(&config)) {
    add_event(task->form_schema ? &*task->form_schema : nullptr);
  } else if (std::holds_alternative<TimeWaitStep>(config)) {
    add_write("timeWait", result, root_with(&kTimeWait));
  } else if (const auto* guard = std::get_if<TryCatchStep>(&config)) {
    if (!guard->capture_error_as.empty())
      add_write(guard->capture_error_as, {at, WriteTime::OnCatch}, root_with(&kError));
  } else if (const auto* loop = std::get_if<ForEachStep>(&config)) {
    add_write(loop->item_var, {at, WriteTime::EachPass}, {});
  }
}

void TypeEnvironment::add_write_of(const AssignSite& site) {
  const StepConfig& config = draft_.step(site.step).config;
  const auto* call = std::get_if<ActionCallStep>(&config);
  const auto* child = std::get_if<CallWorkflowStep>(&config);
  const bool goes_on = (call != nullptr && call->on_error == OnError::Continue) ||
                       (child != nullptr && child->on_error == OnError::Continue);
  const bool is_whole = site.target.segments.size() == 1;
  const auto time = is_whole && !goes_on ? WriteTime::AtEnd : WriteTime::PerhapsAtEnd;
  add_write(site.target.segments.front(), {site.step, time}, {});
}

// Outer loops stand before inner ones, so that their items are known when they are asked for.
void TypeEnvironment::read_loop(StepIndex at) {
  const auto& loop = std::get<ForEachStep>(draft_.program.steps[at].config);
  const auto path = plain_path(loop.items.source);
  if (!path) return;
  const Reach list = reach({at, false}, *path);
  const bool is_list = !list.is_spread && list.kinds == kArray && list.schema;
  auto items = is_list ? list.schema->items() : std::nullopt;
  if (!items) return;
  Variable& variable = variables_.find(loop.item_var)->second;
  for (std::size_t i = 0; i < variable.writes.size(); ++i) {
    const Write& write = variable.writes[i];
    if (write.step == at && write.time == WriteTime::EachPass)
      variable.roots[i] = Root{items->kinds(), *items, 1};
  }
  loop_items_.emplace(at, std::move(*items));
}

TypeEnvironment::Root TypeEnvironment::assigned_by(const AssignSite& site) const {
  const auto* call = std::get_if<ActionCallStep>(&draft_.step(site.step).config);
  if (call != nullptr && site.path.ends_with(".config/saveAs")) {
    const ActionSpec* action = context_.actions.find(call->action_id, call->action_version);
    return root_with(action == nullptr ? nullptr : &action->output_schema);
  }
  const auto value = assigned_.find(site.path);
  if (value == assigned_.end() || sees_child(*value->second)) return {};
  const Inferred inferred = infer(value->second->expression.source);
  if (inferred.path.empty()) return Root{inferred.kinds, {}, 1};
  Reach found = reach(place_of(*value->second), inferred.path);
  if (found.is_spread) return {};
  return Root{found.kinds, std::move(found.schema), 1};
}

// What a part of a variable is set to says nothing about the whole, and of two writes in one step
// either may be the one that is read.
void TypeEnvironment::read_assigned(const AssignSite& site) {
  if (site.target.root != AssignRoot::Vars || site.target.segments.size() != 1) return;
  Variable& variable = variables_.find(site.target.segments.front())->second;
  if (variable.writes.size() > kWritesMax) return;
  Root* only = nullptr;
  for (std::size_t i = 0; i < variable.writes.size(); ++i) {
    const Write& write = variable.writes[i];
    const bool is_here = write.step == site.step &&
                         (write.time == WriteTime::AtEnd || write.time == WriteTime::PerhapsAtEnd);
    if (!is_here) continue;
    if (only != nullptr) {
      *only = {};
      return;
    }
    only = &variable.roots[i];
  }
  if (only != nullptr) *only = assigned_by(site);
}

// As a bare name; `local` itself has no item variables.
std::optional<TypeEnvironment::Root> TypeEnvironment::local(StepIndex step,
                                                            std::string_view name) const {
  const Program& program = draft_.program;
  if (assigned_local_.contains(std::string(name))) return Root{};
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

TypeEnvironment::Root TypeEnvironment::variable(const Place& place, std::string_view name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end() || found->second.writes.size() > kWritesMax) return {};
  const Variable& variable = found->second;
  const auto seen = visible_writes(draft_.program, place, variable.writes);
  if (seen.empty()) return {};
  Root root = variable.roots[seen.front()];
  for (const std::size_t i : std::span(seen).subspan(1)) {
    const Root& other = variable.roots[i];
    root.kinds = root.kinds | other.kinds;
    if (!other.schema || !root.schema || !root.schema->is_same(*other.schema)) root.schema.reset();
  }
  return root;
}

TypeEnvironment::Root TypeEnvironment::event_root(std::span<const std::string> path) const {
  const bool is_payload = path.size() > 1 && path[0] == "event" && path[1] == "payload";
  if (!is_payload || event_ == nullptr) return {};
  SchemaView view(*event_);
  return Root{view.kinds(), std::move(view), 2};
}

TypeEnvironment::Root TypeEnvironment::root_of(const Place& place,
                                               std::span<const std::string> path) const {
  if (place.step == kNoStep) return event_root(path);
  const std::string& first = path.front();
  if (first == "payload") {
    const bool is_written =
        path.size() == 1 ? !assigned_payload_.empty() : assigned_payload_.contains(path[1]);
    if (is_written || payload_ == nullptr) return {};
    SchemaView view(*payload_);
    return Root{view.kinds(), std::move(view), 1};
  }
  const bool is_scoped = (first == "vars" || first == "local") && path.size() > 1;
  const std::string& name = is_scoped ? path[1] : first;
  Root root;
  if (first == "local" && path.size() > 1) {
    // A loop word is the innermost loop's; a variable of the same name is no member.
    const bool is_word = std::ranges::find(kLoopWords, name) != kLoopWords.end();
    if (is_word) root = local(place.step, name).value_or(Root{});
  } else if (auto found = first == "vars" ? std::nullopt : local(place.step, name)) {
    root = std::move(*found);
  } else if (first != "local") {
    root = variable(place, name);
  }
  root.used = is_scoped ? 2 : 1;
  return root;
}

Reach TypeEnvironment::reach(const Place& place, std::span<const std::string> path) const {
  Root root = root_of(place, path);
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

Kinds TypeEnvironment::kinds_of(const Place& place, const std::string& source) const {
  const Inferred inferred = infer(source);
  if (inferred.path.empty()) return inferred.kinds;
  const Reach found = reach(place, inferred.path);
  // A list on the way makes it one value, several or none.
  return found.is_spread ? kAnyKind : found.kinds;
}

}  // namespace fermata::definition
