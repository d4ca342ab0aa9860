#pragma once
// Answers of people, and payloads, against a JSON Schema, for simulations.

#include "foundation/format.h"
#include "jsonschema/jsonschema.h"
#include "simulate/simulate.h"

namespace fermata::service {

class SchemaFormCheck final : public simulate::FormCheck {
 public:
  [[nodiscard]] std::vector<std::string> problems(const json::Value& schema,
                                                  const json::Value& answer) const override {
    const auto violations = jsonschema::validate(schema, answer);
    if (!violations.has_value()) return {violations.error().message};
    std::vector<std::string> list;
    for (const jsonschema::Violation& violation : *violations)
      list.push_back(format("`{}`: {}", violation.instance, violation.message));
    return list;
  }
};

}  // namespace fermata::service
