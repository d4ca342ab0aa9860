#pragma once
// The payload schemas that exist: the built-in ones. payload.Any.v1 takes every object,
// payload.Empty.v1 none but {}, payload.WorkflowClockTrigger.v1 is what clock triggers give.

#include "definition/catalog.h"

namespace fermata::service {

class BuiltInSchemas final : public definition::SchemaCatalog {
 public:
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override;
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override;
  [[nodiscard]] std::optional<std::string> event_payload_ref(
      std::string_view event_name) const override;
  [[nodiscard]] std::vector<std::string> event_names() const override;
};

}  // namespace fermata::service
