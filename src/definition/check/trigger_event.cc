// The event that starts runs is known, and so is the schema of its payload.

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

void trigger_event(const RuleInput& input) {
  const auto& any = input.draft.program.trigger;
  const auto* trigger = any ? std::get_if<EventTrigger>(&*any) : nullptr;
  if (trigger == nullptr || trigger->event_name.empty()) return;
  const SchemaCatalog& schemas = input.context.schemas;
  const std::string& source = trigger->source_payload_schema_ref;
  if (!source.empty()) {
    if (schemas.payload_schema(source)) return;
    const auto refs = schemas.payload_schema_refs();
    input.findings.error(
        "root.trigger/sourcePayloadSchemaRef", "UNKNOWN_TRIGGER_SOURCE_SCHEMA_REF",
        format("there is no payload schema `{}`", source),
        did_you_mean(source, std::span(refs), "register the schema, or use one that exists"));
    return;
  }
  if (schemas.event_payload_ref(trigger->event_name)) return;
  const auto names = schemas.event_names();
  input.findings.error(
      "root.trigger/eventName", "UNKNOWN_TRIGGER_EVENT",
      format("there is no event type `{}`", trigger->event_name),
      did_you_mean(trigger->event_name, std::span(names),
                   "add the event type, or name its schema in `sourcePayloadSchemaRef`"));
}

}  // namespace fermata::definition::rules
