// The payload schema exists, and clock triggers carry the one payload that they can.

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

void payload_schema(const RuleInput& input) {
  const Program& program = input.draft.program;
  const std::string& ref = program.payload_schema_ref;
  if (ref.empty()) return;
  const SchemaCatalog& schemas = input.context.schemas;
  if (!schemas.payload_schema(ref)) {
    const auto refs = schemas.payload_schema_refs();
    input.findings.error(
        "root.payloadSchemaRef", "PAYLOAD_SCHEMA_REF_UNKNOWN",
        format("there is no payload schema `{}`", ref),
        did_you_mean(ref, std::span(refs), "register the schema, or use one that exists"));
  }
  const bool is_clock = program.trigger && !std::holds_alternative<EventTrigger>(*program.trigger);
  if (is_clock && ref != kClockPayloadRef) {
    input.findings.error(
        "root.payloadSchemaRef", "CLOCK_PAYLOAD_SCHEMA_REQUIRED",
        format("runs started by the clock carry `{}`, not `{}`", kClockPayloadRef, ref),
        format("set `payloadSchemaRef` to `{}`", kClockPayloadRef));
  }
}

}  // namespace fermata::definition::rules
