#include "interpreter/transitions.h"

#include "foundation/format.h"
#include "foundation/match.h"

namespace fermata::interpreter {
namespace {

using Row = std::array<Reaction, kInputs>;
// One letter each, so that the table can be read as one.
// NOLINTBEGIN(readability-identifier-naming)
constexpr Reaction S = Reaction::Settles;
constexpr Reaction K = Reaction::Keeps;
constexpr Reaction i = Reaction::Ignores;
constexpr Reaction C = Reaction::Cancels;
constexpr Reaction P = Reaction::Pauses;
constexpr Reaction R = Reaction::Resumes;
constexpr Reaction x = Reaction::Refuses;
// NOLINTEND(readability-identifier-naming)

constexpr std::array<std::string_view, kInputs> kInputNames = {
    "ActionCompleted", "ActionFailed", "TimerFired",      "EventArrived",   "TaskAnswered",
    "ChildCompleted",  "ChildFailed",  "CancelRequested", "PauseRequested", "ResumeRequested"};
constexpr std::array<std::string_view, kSituations> kSituationNames = {"between steps",
                                                                       "action",
                                                                       "timer",
                                                                       "retry",
                                                                       "event",
                                                                       "task",
                                                                       "child",
                                                                       "canceling an action",
                                                                       "canceling a child",
                                                                       "over"};

// In the order of InputKind: action completed, failed; timer; event; answer; child completed,
// failed; cancel, pause, resume.
constexpr std::array<Row, kSituations> kTable = {{
    {i, i, i, K, K, i, i, C, P, R},  // between steps
    {S, S, x, K, K, x, x, C, P, R},  // action
    {x, x, S, K, K, x, x, C, P, R},  // timer
    {x, x, S, K, K, x, x, C, P, R},  // retry
    {x, x, S, S, K, x, x, C, P, R},  // event; its timer is the timeout
    {x, x, S, K, S, x, x, C, P, R},  // task; its timer is the expiry
    {x, x, S, K, K, S, S, C, P, R},  // child; its timer is the step's timeout
    {S, S, x, K, i, x, x, i, i, i},  // canceling an action
    {x, x, S, K, i, S, S, i, i, i},  // canceling a child
    {i, i, i, i, i, i, i, i, i, i},  // over
}};

std::string_view word_of(Reaction reaction) {
  switch (reaction) {
    case Reaction::Settles:
      return "settles";
    case Reaction::Keeps:
      return "is kept";
    case Reaction::Ignores:
      return "·";
    case Reaction::Cancels:
      return "cancels";
    case Reaction::Pauses:
      return "pauses";
    case Reaction::Resumes:
      return "resumes";
    case Reaction::Refuses:
      return "refused";
  }
  return "";
}

// A child's number may be its own or its timeout's: what kind of news fits which.
bool fits(const Parked& parked, const InputKind& input) {
  const auto* child = std::get_if<AwaitChild>(&parked.await);
  if (child == nullptr) return true;
  const auto* timer = std::get_if<TimerFired>(&input);
  const auto number = number_of(input);
  return !number || (timer != nullptr) == (*number == child->timer);
}

}  // namespace

Situation situation_of(const RunState& state) {
  if (state.phase == Phase::Done) return Situation::Over;
  const auto& parked = state.branches.front().parked;
  if (!parked) return Situation::Between;
  const bool is_canceling = state.phase == Phase::Canceling;
  return std::visit(match{[&](const AwaitAction&) {
                            return is_canceling ? Situation::CancelingAction : Situation::Action;
                          },
                          [](const AwaitTimer&) { return Situation::Timer; },
                          [](const AwaitRetry&) { return Situation::Retry; },
                          [](const AwaitEvent&) { return Situation::Event; },
                          [](const AwaitTask&) { return Situation::Task; },
                          [&](const AwaitChild&) {
                            return is_canceling ? Situation::CancelingChild : Situation::Child;
                          }},
                    parked->await);
}

Reaction reaction_to(const RunState& state, const InputKind& input) {
  const auto& parked = state.branches.front().parked;
  if (parked && !fits(*parked, input)) return Reaction::Refuses;
  return kTable[static_cast<std::size_t>(situation_of(state))][input.index()];
}

bool is_awaited(const Parked& parked, Seq seq) {
  return std::visit(match{[&](const AwaitAction& a) { return a.seq == seq; },
                          [&](const AwaitTimer& a) { return a.seq == seq; },
                          [&](const AwaitRetry& a) { return a.seq == seq; },
                          [&](const AwaitEvent& a) { return a.timer == seq; },
                          [&](const AwaitTask& a) { return a.timer == seq; },
                          [&](const AwaitChild& a) { return a.seq == seq || a.timer == seq; }},
                    parked.await);
}

std::optional<Seq> number_of(const InputKind& input) {
  return std::visit(match{[](const ActionCompleted& in) { return std::optional(in.seq); },
                          [](const ActionFailed& in) { return std::optional(in.seq); },
                          [](const TimerFired& in) { return std::optional(in.seq); },
                          [](const ChildCompleted& in) { return std::optional(in.seq); },
                          [](const ChildFailed& in) { return std::optional(in.seq); },
                          [](const auto&) { return std::optional<Seq>(); }},
                    input);
}

std::string_view name_of(Situation situation) {
  return kSituationNames[static_cast<std::size_t>(situation)];
}

std::string_view name_of_input(std::size_t index) {
  return kInputNames[index];
}

std::string transition_table() {
  std::string text = "| |";
  for (const std::string_view name : kInputNames) text += format(" {} |", name);
  text += "\n|---|";
  for (std::size_t n = 0; n < kInputs; ++n) text += "---|";
  text += "\n";
  for (std::size_t n = 0; n < kSituations; ++n) {
    text += format("| **{}** |", kSituationNames[n]);
    for (const Reaction reaction : kTable[n]) text += format(" {} |", word_of(reaction));
    text += "\n";
  }
  return text;
}

}  // namespace fermata::interpreter
