#include "actions/temporal_activity.h"

#include "json/parse.h"

namespace fermata::actions {

definition::ActionSpec temporal_activity_spec() {
  definition::ActionSpec spec;
  spec.id = kTemporalActivity;
  spec.title = "Run an activity of another worker";
  spec.description =
      "Schedules a Temporal activity on any task queue; a worker in any language runs it. Its "
      "activity id is the idempotency key, the same for every attempt.";
  spec.input_schema = json::parse(R"({
    "type": "object", "required": ["taskQueue", "activityType"], "additionalProperties": false,
    "properties": {
      "taskQueue": {"type": "string", "minLength": 1},
      "activityType": {"type": "string", "minLength": 1},
      "arguments": {"type": "array"},
      "heartbeatTimeoutMs": {"type": "integer", "minimum": 1}}})")
                          .value();
  spec.output_schema = json::parse("{}").value();
  spec.side_effects = definition::SideEffects::External;
  spec.execution = definition::ExecutionClass::Durable;
  spec.idempotency = definition::IdempotencyMode::ActionProvided;
  return spec;
}

}  // namespace fermata::actions
