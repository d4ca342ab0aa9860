#include "actions/log_action.h"

#include "actions/taint.h"
#include "json/parse.h"

namespace fermata::actions {
namespace {

class LogAction final : public Action {
 public:
  explicit LogAction(Log& log) : log_(log) {
    spec_.id = "log";
    spec_.title = "Write a log line";
    spec_.input_schema =
        json::parse(R"({"type":"object","required":["message"],"additionalProperties":false,
      "properties":{"level":{"type":"string"},"message":{"type":"string"},"data":{}}})")
            .value();
    spec_.output_schema = json::parse(R"({"type":"null"})").value();
    spec_.side_effects = definition::SideEffects::Idempotent;
  }
  [[nodiscard]] const definition::ActionSpec& spec() const override { return spec_; }

  [[nodiscard]] bool may_wait() const override { return false; }

  ActionResult run(const ActionCall& call) override {
    const auto message =
        call.input.is_object() ? json::string_at(call.input.get_object(), "message") : std::nullopt;
    if (!message)
      return ActionFailure{"ValidationError", "INPUT_INVALID", "`message` must be text", nullptr,
                           std::nullopt};
    const std::string level = json::string_at(call.input.get_object(), "level").value_or("info");
    const LogLevel at = level == "debug"   ? LogLevel::Debug
                        : level == "warn"  ? LogLevel::Warn
                        : level == "error" ? LogLevel::Error
                                           : LogLevel::Info;
    log_.write(at, "workflow log",
               {{"run_id", call.run_id.text},
                {"step_path", call.step_path},
                {"text", without(*message, call.secrets)}});
    return json::Value(nullptr);
  }

 private:
  Log& log_;
  definition::ActionSpec spec_;
};

}  // namespace

std::unique_ptr<Action> make_log(Log& log) {
  return std::make_unique<LogAction>(log);
}

}  // namespace fermata::actions
