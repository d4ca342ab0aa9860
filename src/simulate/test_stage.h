#pragma once
// What tests play on: the pure built-in actions, three actions of the outside, any payload.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "definition/catalog.h"
#include "foundation/format.h"
#include "interpreter/pure_action.h"
#include "json/parse.h"
#include "simulate/prepare.h"
#include "transform/transform.h"

namespace fermata::simulate {

class TestOffers final : public definition::ActionCatalog,
                         public definition::SchemaCatalog,
                         public interpreter::PureActions {
 public:
  TestOffers() {
    for (const transform::PureAction& pure : transform::pure_actions())
      add(std::string(pure.id), pure.version, definition::ExecutionClass::Pure);
    add("act", 1, definition::ExecutionClass::Short);
    add("act", 2, definition::ExecutionClass::Short);
    add("work", 1, definition::ExecutionClass::Durable);
  }
  [[nodiscard]] const definition::ActionSpec* find(std::string_view id,
                                                   int version) const override {
    const auto found = specs_.find({std::string(id), version});
    return found == specs_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::vector<const definition::ActionSpec*> all() const override {
    std::vector<const definition::ActionSpec*> list;
    for (const auto& [key, spec] : specs_) list.push_back(&spec);
    return list;
  }
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override {
    if (ref != "payload.Any.v1") return std::nullopt;
    return json::Value(json::Object{{"type", "object"}});
  }
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override {
    return {"payload.Any.v1"};
  }
  [[nodiscard]] std::optional<std::string> event_payload_ref(std::string_view) const override {
    return std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> event_names() const override { return {}; }
  [[nodiscard]] std::variant<json::Value, interpreter::RunError> run(
      std::string_view id, int version, const json::Value& input) const override {
    const auto table = transform::pure_actions();
    const auto pure = std::ranges::find_if(
        table, [&](const auto& row) { return row.id == id && row.version == version; });
    interpreter::RunError error;
    error.category = interpreter::category::kAction;
    error.code = "ACTION_UNKNOWN";
    if (pure == table.end()) return error;
    transform::Output output = pure->run(input);
    if (auto* value = std::get_if<json::Value>(&output)) return std::move(*value);
    auto& failure = std::get<transform::Failure>(output);
    error.category = std::move(failure.category);
    error.code = std::move(failure.code);
    error.message = std::move(failure.message);
    error.details = std::move(failure.details);
    return error;
  }

 private:
  void add(std::string id, int version, definition::ExecutionClass execution) {
    definition::ActionSpec spec;
    spec.id = id;
    spec.version = version;
    spec.input_schema = json::Object{{"type", "object"}};
    spec.output_schema = true;
    spec.execution = execution;
    specs_.emplace(std::pair(std::move(id), version), std::move(spec));
  }

  std::map<std::pair<std::string, int>, definition::ActionSpec> specs_;
};

// {"id":"w",…,"steps":[…]} of these steps.
inline std::string definition_of(std::string_view steps, std::string_view more = "") {
  return format(
      R"j({{"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Any.v1",{}"steps":[{}]}})j",
      more, steps);
}

}  // namespace fermata::simulate
