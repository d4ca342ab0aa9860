#pragma once
// What launcher and worker agree on: names on Temporal's side, and the one argument of a run.

#include <optional>
#include <string>
#include <string_view>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "interpreter/machine.h"
#include "json/value.h"

namespace fermata::service {

// One constant, shared by everyone who starts or works: no setting can make them disagree (seed
// S3).
inline constexpr std::string_view kTaskQueue = "workflow-runtime-v2";
inline constexpr std::string_view kWorkflowType = "fermata.run";
inline constexpr std::string_view kActionActivity = "fermata.action";
// What a schedule starts: it launches the workflow that the schedule is for, and ends.
inline constexpr std::string_view kFireWorkflow = "fermata.fire";
inline constexpr std::string_view kFireActivity = "fermata.fire";
// The type of the failure of a worker that cannot open what an activity is given; it is tried again
// until one that has the key takes it.
inline constexpr std::string_view kSealedFailure = "Fermata.PayloadSealed";
// Where the definition says $secret in what an activity is given, as JSON pointers: a member of our
// own activity's argument, metadata of each argument of somebody else's. INVARIANT: always written,
// also when there are none, so that without it is only what a worker scheduled before there was
// such a word.
inline constexpr std::string_view kSecretPlaces = "secretPlaces";
inline constexpr std::string_view kSecretPlacesMetadata = "fermata-secret-places";
inline constexpr std::string_view kEventSignal = "fermata.event";
inline constexpr std::string_view kAnswerSignal = "fermata.answer";
inline constexpr std::string_view kPauseSignal = "fermata.pause";
inline constexpr std::string_view kResumeSignal = "fermata.resume";
inline constexpr std::string_view kStepQuery = "fermata.currentStep";
inline constexpr std::string_view kWaitQuery = "fermata.currentWait";
inline constexpr std::string_view kSummaryQuery = "fermata.summary";
inline constexpr std::string_view kScopesQuery = "fermata.scopes";
// How long one workflow task may chain local activities; Core heartbeats at 80 % of it. It bounds
// how late a cancel or a signal is seen (within 2 s, with the action that is under way: `./dev
// bench latency`), and how much a crash repeats.
inline constexpr std::int64_t kTaskTimeoutMs = 2'000;

// Whether Temporal may take the same call another time: it is away, overloaded or at a loss. What
// is asked for is then asked for again, and nothing is given up.
inline bool may_pass_later(const Error& error) {
  return error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::TooMany ||
         error.kind == ErrorKind::Internal;
}

// workflow-runtime-v2:run:<runId>
std::string temporal_workflow_id(const RunId& run);

// How the run was launched: nothing that the machine looks at, but its row can be made of it again.
// A child has none; its row follows from the rest.
struct LaunchFacts {
  std::string trigger_type;
  json::Value trigger_metadata;
  std::optional<std::string> fire_key;
  TimeMs started_at = 0;
};

struct RunArguments {
  interpreter::RunIdentity identity;
  json::Value payload;
  json::Value meta;
  std::optional<std::string> parent_run_id;
  std::string root_run_id;
  std::optional<LaunchFacts> launch;      // of the first history only
  std::optional<json::Value> checkpoint;  // after continue-as-new

  [[nodiscard]] json::Value to_json() const;
  // Error: RUN_ARGUMENTS_INVALID.
  static Result<RunArguments> from_json(const json::Value& value);
};

}  // namespace fermata::service
