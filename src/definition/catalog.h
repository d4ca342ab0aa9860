#pragma once
// What a definition may refer to: actions, payload schemas, events. The checker sees them through
// read-only interfaces; services fill them in (service/catalog, actions/registry). All answers are
// values and do not change during one check.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace fermata::definition {

// How an action runs, and so what it costs in Temporal (docs/adr/0001): Pure inside the machine (0
// events), Short as local activity (1 event), Durable as activity (6 events).
enum class ExecutionClass : std::uint8_t { Pure, Short, Durable };

// What doing it twice would mean. Shown to authors, and the default of the retry advice.
enum class SideEffects : std::uint8_t { None, Idempotent, External };

// Who makes the ledger key: the engine (run, path, iteration, action, version, input hash) or the
// action itself.
enum class IdempotencyMode : std::uint8_t { EngineKey, ActionProvided, None };

struct ActionSpec {
  std::string id;
  int version = 1;
  std::string title;
  std::string description;
  json::Value input_schema;  // JSON Schema 2020-12 of an object
  json::Value output_schema;
  SideEffects side_effects = SideEffects::External;
  ExecutionClass execution = ExecutionClass::Short;
  IdempotencyMode idempotency = IdempotencyMode::EngineKey;
  std::vector<std::string> secret_pointers;  // RFC 6901 into the input: redacted at every sink
  std::int64_t timeout_ms = 30'000;          // of one attempt, unless the step says otherwise
};

class ActionCatalog {
 public:
  virtual ~ActionCatalog() = default;
  // The action, or nullptr. The pointer lives as long as the catalog.
  [[nodiscard]] virtual const ActionSpec* find(std::string_view id, int version) const = 0;
  // All, sorted by id and version.
  [[nodiscard]] virtual std::vector<const ActionSpec*> all() const = 0;
};

// Names of payload schemas (payload.X.v1) and of event types. Empty optional: unknown.
class SchemaCatalog {
 public:
  virtual ~SchemaCatalog() = default;
  [[nodiscard]] virtual std::optional<json::Value> payload_schema(std::string_view ref) const = 0;
  [[nodiscard]] virtual std::vector<std::string> payload_schema_refs() const = 0;
  // The payload schema reference of an event type, if the type is known.
  [[nodiscard]] virtual std::optional<std::string> event_payload_ref(
      std::string_view event_name) const = 0;
  [[nodiscard]] virtual std::vector<std::string> event_names() const = 0;
  // Why a JSON Schema that a definition brings is none; empty when it is one, or nobody here knows.
  [[nodiscard]] virtual std::string schema_problem(const json::Value& schema) const {
    static_cast<void>(schema);
    return {};
  }
};

// A published version that a step calls, as far as it is there.
struct CalledVersion {
  std::optional<std::string> payload_schema_ref;  // nothing: the version is not there, and
  std::int64_t newest_version = 0;                // this is the newest that is; 0: none
};
// What is published, for steps that call it. Empty optional: nothing is known, and nothing is said.
class WorkflowCatalog {
 public:
  virtual ~WorkflowCatalog() = default;
  [[nodiscard]] virtual std::optional<CalledVersion> called(std::string_view id,
                                                            std::int64_t version) const = 0;
};

}  // namespace fermata::definition
