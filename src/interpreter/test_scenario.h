#pragma once
// For tests of the machine: definitions in, effects out, one line each. Every scenario runs twice,
// straight and with the state saved and loaded after each input, and must give the same effects.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "definition/definition.h"
#include "foundation/format.h"
#include "foundation/match.h"
#include "interpreter/machine.h"
#include "interpreter/semantics.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::interpreter {

class NoActions final : public definition::ActionCatalog {
 public:
  NoActions() {
    fail_.id = "fail";
    fail_.execution = definition::ExecutionClass::Pure;
  }
  [[nodiscard]] const definition::ActionSpec* find(std::string_view id, int) const override {
    return id == "fail" ? &fail_ : nullptr;
  }
  [[nodiscard]] std::vector<const definition::ActionSpec*> all() const override { return {}; }

 private:
  definition::ActionSpec fail_;
};

class FailingPure final : public PureActions {
 public:
  [[nodiscard]] std::variant<json::Value, RunError> run(std::string_view, int,
                                                        const json::Value& input) const override {
    RunError error;
    error.category = json::string_at(input.get_object(), "category").value_or("ActionError");
    error.code = "BAD";
    error.message = "raised";
    return error;
  }
};

inline std::string line_of(const Effect& effect) {
  const auto status = [](StepStatus s) {
    constexpr std::string_view kNames[] = {"started", "retry_scheduled", "succeeded",
                                           "failed",  "handled",         "canceled"};
    return std::string(kNames[static_cast<std::size_t>(s)]);
  };
  return std::visit(
      match{[](const RunAction& e) {
              std::string secrets;
              for (const std::string& place : e.secret_places)
                secrets += (secrets.empty() ? " secrets=" : ",") + place;
              return format("run_action {} {} attempt={} {}{}", e.seq, e.action_id, e.attempt,
                            json::to_text(e.input), secrets);
            },
            [](const CancelAction& e) { return format("cancel_action {}", e.seq); },
            [](const StartTimer& e) { return format("start_timer {} {}ms", e.seq, e.delay_ms); },
            [](const CancelTimer& e) { return format("cancel_timer {}", e.seq); },
            [](const StartChild& e) {
              return format("start_child {} {} {}", e.seq, e.workflow_id.text,
                            json::to_text(e.payload));
            },
            [](const CancelChild& e) { return format("cancel_child {}", e.seq); },
            [](const OpenWait& e) { return format("open_wait {}", e.path.text); },
            [](const CloseWait& e) { return format("close_wait {}", static_cast<int>(e.outcome)); },
            [&](const RecordStep& e) {
              return format("step {} {}{}", e.step_id, status(e.status),
                            e.iteration.empty() ? "" : " [" + e.iteration + "]");
            },
            [](const RecordRun& e) { return format("run {}", static_cast<int>(e.phase)); },
            [](const Complete& e) { return "complete " + json::to_text(e.result.at("vars")); },
            [](const Fail& e) {
              return format("fail {} {} at {}", e.error.category, e.error.code, e.error.node_path);
            },
            [](const CancelRun&) { return std::string("cancel_run"); },
            [](const ContinueAsNew&) { return std::string("continue_as_new"); }},
      effect);
}

constexpr TimeMs kStart = 1'700'000'000'000;

class Scenario {
 public:
  explicit Scenario(const std::string& steps, const std::string& payload = "{}",
                    Semantics semantics = Semantics{kCurrentSemantics}) {
    const std::string text =
        R"j({"id":"w","version":1,"name":"w","payloadSchemaRef":"p","steps":[)j" + steps + "]}";
    auto compiled = definition::compile(*json::parse(text), actions_);
    EXPECT_TRUE(compiled.has_value()) << (compiled.has_value() ? "" : compiled.error().message);
    program_ = *compiled;
    identity_.run_id = RunId("run-1");
    identity_.semantics = static_cast<std::uint32_t>(semantics);
    straight_ = initial_state(host(), *json::parse(payload), nullptr);
    reloaded_ = straight_;
  }

  // The lines of what this input asks for. Step starts are left out: each end names its step.
  std::vector<std::string> input(std::vector<InputKind> kinds = {}, TimeMs after = 0) {
    now_ += after;
    std::vector<Input> inputs;
    for (InputKind& kind : kinds) inputs.push_back({now_, std::move(kind)});
    auto first = step(straight_, inputs);
    auto again = load(host(), save(host(), reloaded_));
    EXPECT_TRUE(again.has_value()) << (again.has_value() ? "" : again.error().message);
    reloaded_ = *std::move(again);
    const auto second = step(reloaded_, inputs);
    EXPECT_EQ(first, second);
    return first;
  }
  json::Value checkpoint() const { return save(host(), straight_); }
  [[nodiscard]] Host host() const { return {*program_, identity_, pure_}; }

 private:
  std::vector<std::string> step(RunState& state, const std::vector<Input>& inputs) {
    auto advanced = advance(host(), std::move(state), inputs, {now_});
    EXPECT_TRUE(advanced.has_value()) << (advanced.has_value() ? "" : advanced.error().message);
    state = std::move(advanced->state);
    std::vector<std::string> lines;
    for (const Effect& effect : advanced->effects) {
      const auto* record = std::get_if<RecordStep>(&effect);
      if (record != nullptr && record->status == StepStatus::Started) continue;
      lines.push_back(line_of(effect));
    }
    return lines;
  }

  NoActions actions_;
  FailingPure pure_;
  definition::ProgramPtr program_;
  RunIdentity identity_;
  RunState straight_;
  RunState reloaded_;
  TimeMs now_ = kStart;
};

using testing::Contains;
using testing::ElementsAre;
using testing::StartsWith;

inline std::string assign(std::string id, std::string path, std::string expr) {
  return R"j({"id":")j" + id + R"j(","type":"transform.assign","config":{"assign":{")j" + path +
         R"j(":{"$expr":")j" + expr + R"j("}}}})j";
}
inline std::string call(const std::string& id, const std::string& more = "") {
  return R"j({"id":")j" + id +
         R"j(","type":"action.call","config":{"actionId":"do","version":1,"inputMapping":{"n":{"$expr":"coalesce(n, 0)"}},"saveAs":"vars.out"})j" +
         more + "}";
}
inline std::string fail(const std::string& id, const std::string& category = "ActionError") {
  return R"j({"id":")j" + id +
         R"j(","type":"action.call","config":{"actionId":"fail","version":1,"inputMapping":{"category":")j" +
         category + R"j("}}})j";
}

inline RunError error(std::string_view category) {
  RunError made;
  made.category = category;
  made.message = "it failed";
  return made;
}

}  // namespace fermata::interpreter
