#include "worker/foreign_activity.h"

#include <algorithm>

#include "actions/temporal_activity.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"
#include "service/contract.h"
#include "worker/translate.h"

namespace fermata::worker {
namespace {

namespace category = interpreter::category;

// The step's places in this argument, told to whoever runs it; a stock worker passes them over.
temporal::Payload argument_of(const interpreter::RunAction& action, const json::Value& argument,
                              std::size_t index) {
  const std::string whole = format("/arguments/{}", index);
  json::Array places;
  for (const std::string& place : action.secret_places)
    if (place == whole || place.starts_with(whole + "/"))
      places.emplace_back(place.substr(whole.size()));
  temporal::Payload payload = temporal::to_payload(argument);
  payload.metadata.emplace_back(service::kSecretPlacesMetadata,
                                json::to_text(json::Value(std::move(places))));
  return payload;
}

interpreter::RunError wrong(std::string code, std::string message) {
  interpreter::RunError error;
  error.category = category::kValidation;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

}  // namespace

bool is_foreign(const interpreter::RunAction& action) {
  return action.action_id == actions::kTemporalActivity;
}

std::variant<temporal::ScheduleActivity, interpreter::RunError> schedule_foreign(
    const interpreter::RunAction& action) {
  if (!action.input.is_object()) return wrong("INPUT_INVALID", "the input must be an object");
  const json::Object& input = action.input.get_object();
  const auto queue = json::string_at(input, "taskQueue");
  const auto type = json::string_at(input, "activityType");
  if (!queue || queue->empty() || !type || type->empty())
    return wrong("INPUT_INVALID", "`taskQueue` and `activityType` must be text");
  if (*queue == service::kTaskQueue)
    return wrong("QUEUE_RESERVED", format("the task queue `{}` is Fermata's own", *queue));
  temporal::ScheduleActivity activity;
  if (const json::Value* arguments = json::find(input, "arguments")) {
    if (!arguments->is_array()) return wrong("INPUT_INVALID", "`arguments` must be a list");
    const json::Array& list = arguments->get_array();
    for (std::size_t i = 0; i < list.size(); ++i)
      activity.arguments.push_back(argument_of(action, list[i], i));
  }
  activity.seq = action.seq;
  activity.activity_id = action.idempotency_key;
  activity.activity_type = *type;
  activity.task_queue = *queue;
  // One attempt of the step, waiting for a worker included: a queue that nobody polls is a timeout.
  activity.schedule_to_close_timeout_ms = action.timeout_ms;
  activity.heartbeat_timeout_ms = json::int_at(input, "heartbeatTimeoutMs").value_or(0);
  // Whether it is tried again is the author's policy, in the machine.
  activity.retry.maximum_attempts = 1;
  // It may never look whether it was canceled: the run does not wait for it.
  activity.cancellation = temporal::CancellationType::TryCancel;
  activity.do_not_eagerly_execute = true;
  return activity;
}

std::optional<json::Value> marked_secret_places(const temporal::Payload& argument) {
  const std::string_view text = argument.metadata_at(service::kSecretPlacesMetadata);
  if (text.empty()) return std::nullopt;
  auto places = json::parse(text);
  return places.has_value() ? *std::move(places) : json::Value(json::Array{});
}

std::int64_t sealed_delay_ms(std::uint32_t attempt) {
  constexpr std::int64_t kFirstMs = 1'000;
  constexpr std::int64_t kLastMs = 600'000;
  return std::min(kLastMs, kFirstMs << std::min(attempt - 1, 10U));
}

interpreter::RunError foreign_error_of(const temporal::Failure& failure) {
  interpreter::RunError error = run_error_of(failure);
  const temporal::Failure& root = failure.root();
  if (root.kind != temporal::FailureKind::Application) return error;
  // A domain worker's, which speaks as our own workers do.
  if (root.type.starts_with("Fermata.")) return error;
  error.category = category::kAction;
  error.code = root.type.empty() ? "ACTIVITY_FAILED" : root.type;
  error.details = nullptr;
  if (!root.details.empty()) {
    const auto details = temporal::to_json(root.details.front());
    if (details.has_value()) error.details = *details;
  }
  return error;
}

}  // namespace fermata::worker
