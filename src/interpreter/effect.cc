#include "interpreter/effect.h"

namespace fermata::interpreter {

bool is_terminal(const Effect& effect) {
  return std::holds_alternative<Complete>(effect) || std::holds_alternative<Fail>(effect) ||
         std::holds_alternative<CancelRun>(effect) || std::holds_alternative<ContinueAsNew>(effect);
}

std::string_view word_of(StepStatus status) {
  switch (status) {
    case StepStatus::Started:
      return "STARTED";
    case StepStatus::RetryScheduled:
      return "RETRY_SCHEDULED";
    case StepStatus::Succeeded:
      return "SUCCEEDED";
    case StepStatus::Failed:
      return "FAILED";
    case StepStatus::Handled:
      return "HANDLED";
    case StepStatus::Canceled:
      return "CANCELED";
  }
  return "STARTED";
}

std::string_view word_of(WaitType type) {
  switch (type) {
    case WaitType::Time:
      return "time";
    case WaitType::Event:
      return "event";
    case WaitType::Human:
      return "human";
    case WaitType::Retry:
      return "retry";
    case WaitType::Pause:
      return "quota";
  }
  return "time";
}

std::string_view word_of(WaitOutcome outcome) {
  switch (outcome) {
    case WaitOutcome::Resolved:
      return "RESOLVED";
    case WaitOutcome::TimedOut:
      return "TIMED_OUT";
    case WaitOutcome::Canceled:
      return "CANCELED";
  }
  return "RESOLVED";
}

std::string_view word_of(RunPhase phase) {
  switch (phase) {
    case RunPhase::Running:
      return "RUNNING";
    case RunPhase::Waiting:
      return "WAITING";
    case RunPhase::Paused:
      return "PAUSED";
  }
  return "RUNNING";
}

}  // namespace fermata::interpreter
