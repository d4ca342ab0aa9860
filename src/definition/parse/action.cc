// action.call, and the steps that are calls of built-in actions under another name.

#include "definition/parse/steps.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::string_view kComposeText = "transform.compose_text";

// An Object mapping, also when nothing in it is dynamic.
MappingValue as_object(MappingValue value) {
  if (value.kind != MappingValue::Kind::Literal || !value.literal.is_object()) return value;
  MappingValue out;
  out.kind = MappingValue::Kind::Object;
  for (auto& member : value.literal.get_object()) {
    out.keys.emplace_back(member.key().data(), member.key().size());
    out.items.emplace_back().literal = std::move(member.value());
  }
  return out;
}

MappingValue read_input(StepReading& reading, Reader& fields) {
  MappingValue empty;
  empty.kind = MappingValue::Kind::Object;
  const json::Object* map = fields.object("inputMapping");
  if (map == nullptr) return empty;
  const std::string path = fields.path_of("inputMapping");
  if (map->contains("$expr") || map->contains("$secret")) {
    reading.context.findings.error(path, "FIELD_TYPE",
                                   "expected a map of input fields, got a single value",
                                   "name the fields of the input and map each of them");
    return empty;
  }
  return as_object(
      read_mapping(reading.context, *fields.value("inputMapping"), {path, ExpressionRole::Input}));
}

// A reference without a value is the action's to report: it knows the path that was written.
void let_references_miss(MappingValue& value) {
  if (value.kind == MappingValue::Kind::Expr) value.may_be_missing = true;
  for (MappingValue& item : value.items) let_references_miss(item);
}

// compose_text takes its document beside the mapping; for the machine it is input like any other.
void read_compose_text(StepReading& reading, Reader& fields, ActionCallStep& config) {
  if (!config.input.keys.empty()) {
    reading.context.findings.error(fields.path_of("inputMapping"), "INVALID_COMPOSE_DOCUMENT",
                                   format("{} takes no input mapping", kComposeText),
                                   "write the text into `outputs` and leave `inputMapping` out");
  }
  const json::Array* outputs = fields.array("outputs", Need::Required);
  if (outputs == nullptr) return;
  const std::string path = fields.path_of("outputs");
  const json::Value document = read_compose_outputs(reading.context, *outputs, path);
  config.input = MappingValue{};
  config.input.kind = MappingValue::Kind::Object;
  config.input.keys.emplace_back("outputs");
  config.input.items.push_back(
      read_mapping(reading.context, document, {path, ExpressionRole::Text}));
  let_references_miss(config.input.items.back());
}

void read_execution(StepReading& reading, ActionCallStep& config) {
  const ActionSpec* spec = reading.context.actions.find(config.action_id, config.action_version);
  config.execution = spec == nullptr ? ExecutionClass::Short : spec->execution;
  if (config.timeout_ms == 0) config.timeout_ms = spec == nullptr ? 30'000 : spec->timeout_ms;
  const auto& whole = reading.step.timeout_ms;
  if (whole && *whole < config.timeout_ms) config.timeout_ms = *whole;

  if (reading.fields.value("execution") == nullptr) return;
  const bool is_durable = reading.fields.word("execution", {"short", "durable"}) == "durable";
  if (config.execution == ExecutionClass::Pure) {
    reading.context.findings.error(
        reading.fields.path_of("execution"), "POLICY_IGNORED",
        format("`{}` runs inside the machine and has no execution class", config.action_id),
        "remove `execution`");
    return;
  }
  config.execution = is_durable ? ExecutionClass::Durable : ExecutionClass::Short;
}

// What the designer keeps for itself; of no meaning to a run.
void skip_designer_fields(Reader& fields) {
  fields.text("designerGroupKey", {Need::Optional});
  fields.word("designerTileKind", {"core-object", "transform", "app", "ai"});
  fields.text("designerAppKey", {Need::Optional});
}

// What tells an AI action the form of its answer. There is no such action here: what is written is
// read, so that documents of those who have one are understood, and said to have no effect.
void read_ai_fields(Reader& fields) {
  constexpr std::string_view kHelp =
      "remove it, or say in `inputMapping` what the called action is to give";
  bool is_any = fields.value("aiOutputSchemaMode") != nullptr;
  fields.word("aiOutputSchemaMode", {"simple", "advanced"});
  is_any = fields.object("aiOutputSchema") != nullptr || is_any;
  is_any = fields.value("aiOutputSchemaText") != nullptr || is_any;
  fields.text("aiOutputSchemaText", {Need::Optional, limits::kExpressionSourceBytesMax});
  if (!is_any) return;
  fields.findings().warning(fields.path(), "AI_OUTPUT_UNSUPPORTED",
                            "AI actions are not supported: `aiOutputSchema…` has no effect",
                            std::string(kHelp));
}

// A call of a pure built-in action with the fields that are written.
void read_builtin(StepReading& reading, std::string_view action, std::string_view target) {
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  auto fields = config_of(reading);
  if (!fields) return;
  ActionCallStep config;
  config.action_id = action;
  config.execution = ExecutionClass::Pure;
  config.input.kind = MappingValue::Kind::Object;
  for (const std::string_view key : {"html", "text"}) {
    auto value = read_expression(reading.context, *fields, key, ExpressionRole::Text);
    if (!value) continue;
    MappingValue item;
    item.kind = MappingValue::Kind::Expr;
    item.expression = std::move(*value);
    item.may_be_missing = true;
    config.input.keys.emplace_back(key);
    config.input.items.push_back(std::move(item));
  }
  config.save_as = read_assign_path(reading.context, *fields, "saveAs");
  if (!config.save_as) {
    config.save_as =
        AssignPath{AssignRoot::Payload, {std::string(target)}, format("payload.{}", target)};
    reading.context.draft.assigns.push_back(
        {reading.context.step, fields->path_of("saveAs"), *config.save_as});
  }
  fields->finish();
  if (const auto* spec = reading.context.actions.find(action, 1)) {
    config.timeout_ms = spec->timeout_ms;
  }
  reading.step.config = std::move(config);
}

}  // namespace

void read_action_call(StepReading& reading) {
  reading.step.timeout_ms = reading.fields.whole("timeoutMs", {1, limits::kWaitMsMax});
  ActionCallStep config;
  config.retry = read_retry(reading.context, reading.fields);
  const auto step_policy = read_on_error(reading.fields);
  if (auto fields = config_of(reading)) {
    config.action_id = fields->text("actionId");
    config.action_version =
        static_cast<int>(fields->whole("version", {1, 1'000'000}, Need::Required).value_or(0));
    config.input = read_input(reading, *fields);
    if (config.action_id == kComposeText) {
      read_compose_text(reading, *fields, config);
    } else {
      fields->refuse("outputs", format("`outputs` is only for {}", kComposeText),
                     "use `saveAs` to keep the action's output");
    }
    config.save_as = read_assign_path(reading.context, *fields, "saveAs");
    config.idempotency_key =
        read_expression(reading.context, *fields, "idempotencyKey", ExpressionRole::Key);
    config.timeout_ms = fields->whole("timeoutMs", {1, limits::kWaitMsMax}).value_or(0);
    config.on_error = step_policy.value_or(read_on_error(*fields).value_or(OnError::Fail));
    skip_designer_fields(*fields);
    read_ai_fields(*fields);
    fields->finish();
  }
  read_execution(reading, config);
  reading.step.config = std::move(config);
}

void read_email_parse_body(StepReading& reading) {
  read_builtin(reading, "email.parse_reply", "parsedEmail");
}

void read_email_render_comment_blocks(StepReading& reading) {
  read_builtin(reading, "email.html_to_blocks", "commentBlocks");
}

}  // namespace fermata::definition
