#pragma once
// A small catalogue for tests: a few actions, payload schemas and events with real schemas.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "definition/catalog.h"
#include "json/parse.h"

namespace fermata::definition {

class TestCatalog final : public ActionCatalog, public SchemaCatalog, public WorkflowCatalog {
 public:
  TestCatalog() {
    constexpr std::string_view kContact =
        R"({"type":"object","required":["email"],"additionalProperties":false,"properties":{
            "email":{"type":"string"},"limit":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}},
            "options":{"type":"object","required":["mode"],"properties":{"mode":{"enum":["fast","slow"]},"depth":{"type":"integer"}}}}})";
    constexpr std::string_view kFound =
        R"({"type":"object","required":["id"],"properties":{"id":{"type":"string"},"score":{"type":"number"},
            "lines":{"type":"array","items":{"type":"object","required":["sku"],"properties":{"sku":{"type":"string"}}}}}})";
    add_action("contacts.find", 1, kContact, kFound);
    add_action("contacts.find", 2, kContact, kFound);
    add_action("reports.build", 1).execution = ExecutionClass::Durable;
    actions_.at({"reports.build", 1}).timeout_ms = 600'000;
    for (const char* id : {"transform.compose_text", "email.parse_reply", "email.html_to_blocks"}) {
      add_action(id, 1).execution = ExecutionClass::Pure;
    }
    schemas_["payload.Any.v1"] = value("{}");
    schemas_["payload.Closed.v1"] = value(
        R"({"type":"object","additionalProperties":false,"required":["id"],"properties":{"id":{"type":"string"},"tags":{"type":"array","items":{"$ref":"#/$defs/tag"}}},
            "$defs":{"tag":{"type":"object","additionalProperties":false,"properties":{"name":{"type":"string"}}}}})");
    schemas_["payload.Empty.v1"] = value(R"({"type":"object","additionalProperties":false})");
    schemas_["payload.WorkflowClockTrigger.v1"] = value(
        R"({"type":"object","required":["scheduleId"],"properties":{"scheduleId":{"type":"string"}}})");
    schemas_["payload.Ticket.v1"] = value(
        R"({"type":"object","required":["ticketId","customer"],"properties":{"ticketId":{"type":"string"},"priority":{"type":"integer"},
            "customer":{"type":"object","required":["email"],"properties":{"email":{"type":"string"},"name":{"type":"string"}}}}})");
    schemas_["payload.TicketRaw.v1"] = value(
        R"({"type":"object","properties":{"id":{"type":"string"},"level":{"type":"integer"},"mail":{"type":"string"}}})");
    events_["TICKET_CREATED"] = "payload.TicketRaw.v1";
    events_["TICKET_CLOSED"] = "payload.Ticket.v1";
  }

  [[nodiscard]] const ActionSpec* find(std::string_view id, int version) const override {
    const auto found = actions_.find({std::string(id), version});
    return found == actions_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::vector<const ActionSpec*> all() const override {
    std::vector<const ActionSpec*> out;
    for (const auto& [key, spec] : actions_) out.push_back(&spec);
    return out;
  }
  // `escalate` has two versions, `gone` was never published; of others nothing is known.
  [[nodiscard]] std::optional<CalledVersion> called(std::string_view id,
                                                    std::int64_t version) const override {
    if (id == "gone") return CalledVersion{};
    if (id != "escalate") return std::nullopt;
    if (version > 2) return CalledVersion{std::nullopt, 2};
    return CalledVersion{version == 1 ? "payload.Closed.v1" : "payload.Ticket.v1"};
  }
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override {
    const auto found = schemas_.find(std::string(ref));
    return found == schemas_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override {
    std::vector<std::string> out;
    for (const auto& [ref, schema] : schemas_) out.push_back(ref);
    return out;
  }
  [[nodiscard]] std::optional<std::string> event_payload_ref(std::string_view name) const override {
    const auto found = events_.find(std::string(name));
    return found == events_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::vector<std::string> event_names() const override {
    std::vector<std::string> out;
    for (const auto& [name, ref] : events_) out.push_back(name);
    return out;
  }
  // As much as the tests need: the words of `type`.
  [[nodiscard]] std::string schema_problem(const json::Value& schema) const override {
    const auto type = schema.is_object() ? json::string_at(schema.get_object(), "type") : "";
    return type == "strin" ? "\"strin\" is no type" : "";
  }

 private:
  static json::Value value(std::string_view text) { return json::parse(text).value(); }
  ActionSpec& add_action(const char* id, int version,
                         std::string_view input = R"({"type":"object"})",
                         std::string_view output = "{}") {
    ActionSpec& spec = actions_[{id, version}];
    spec.id = id;
    spec.version = version;
    spec.input_schema = value(input);
    spec.output_schema = value(output);
    return spec;
  }

  std::map<std::pair<std::string, int>, ActionSpec> actions_;
  std::map<std::string, json::Value> schemas_;
  std::map<std::string, std::string> events_;
};

}  // namespace fermata::definition
