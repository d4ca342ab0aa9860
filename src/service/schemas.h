#pragma once
// The payload schemas and event types that exist. Built in: payload.Any.v1 takes every object,
// payload.Empty.v1 none but {}, payload.WorkflowClockTrigger.v1 is what clock triggers give,
// payload.HumanTaskOverdue.v1 that of the event HUMAN_TASK_OVERDUE.

#include <functional>
#include <map>
#include <set>
#include <string>

#include "definition/catalog.h"
#include "store/store.h"

namespace fermata::service {

inline constexpr std::string_view kAnyPayload = "payload.Any.v1";

// Why it is no JSON Schema; empty when it is one.
std::string schema_problem_of(const json::Value& schema);

class BuiltInSchemas final : public definition::SchemaCatalog {
 public:
  [[nodiscard]] std::string schema_problem(const json::Value& schema) const override {
    return schema_problem_of(schema);
  }
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override;
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override;
  [[nodiscard]] std::optional<std::string> event_payload_ref(
      std::string_view event_name) const override;
  [[nodiscard]] std::vector<std::string> event_names() const override;
};

// The built-in ones and what a tenant registered, as of the moment of loading.
class StoredSchemas final : public definition::SchemaCatalog {
 public:
  [[nodiscard]] std::string schema_problem(const json::Value& schema) const override {
    return schema_problem_of(schema);
  }
  static Result<StoredSchemas> load(store::EventStore& store, const TenantId& tenant);
  // Of a tenant's own those only that have one of these names or that these event types name: what
  // a few events or a launch need, however many there are.
  struct Wanted {
    std::set<std::string> refs;
    std::set<std::string> events;
  };
  static Result<StoredSchemas> load_some(store::EventStore& store, const TenantId& tenant,
                                         const Wanted& wanted);
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override;
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override;
  [[nodiscard]] std::optional<std::string> event_payload_ref(
      std::string_view event_name) const override;
  [[nodiscard]] std::vector<std::string> event_names() const override;
  // Where the event's correlation key stands in its payload; empty: nowhere.
  [[nodiscard]] std::string correlation_path(std::string_view event_name) const;

 private:
  static StoredSchemas built_in(const TenantId& tenant);

  std::map<std::string, json::Value, std::less<>> schemas_;
  std::map<std::string, store::EventTypeRow, std::less<>> types_;
};

}  // namespace fermata::service
