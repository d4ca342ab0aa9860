#include "bytes.h"

#include "foundation/format.h"
#include "generate.h"
#include "interpreter/semantics.h"
#include "json/text.h"
#include "properties.h"
#include "simulate/test_stage.h"

namespace fermata::simulation {
namespace {

namespace in = interpreter;

class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
  std::uint8_t next() {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

in::RunError some_error(std::uint8_t byte) {
  static const std::vector<std::string> kCategories = {"TransientError",
                                                       "TransientError",
                                                       "ActionError",
                                                       "Cancellation",
                                                       "InterpreterCorruption",
                                                       "TimeoutError",
                                                       ""};
  in::RunError error;
  error.category = kCategories[byte % kCategories.size()];
  error.code = byte % 2 == 0 ? "BUSY" : "";
  return error;
}

// As deep as a door takes it.
json::Value deep() {
  json::Value value = 1;
  for (int i = 0; i < 250; ++i) value = json::Array{std::move(value)};
  return value;
}

// Mostly the awaited one; else one of the last, or one that was never given.
in::Seq some_number(std::uint8_t byte, const in::RunState& state) {
  const auto& parked = state.branches.front().parked;
  for (in::Seq back = 1; byte > 80 && parked && back < state.next_seq && back < 6; ++back) {
    if (in::is_awaited(*parked, state.next_seq - back)) return state.next_seq - back;
  }
  return state.next_seq - std::min<in::Seq>(state.next_seq, byte % 5U);
}

in::InputKind some_input(Bytes& bytes, const in::RunState& state) {
  const std::uint8_t op = bytes.next();
  const in::Seq seq = some_number(bytes.next(), state);
  const std::uint8_t drawn = bytes.next();
  const json::Value value = drawn == 255 ? deep() : json::Value(std::int64_t{drawn % 4});
  switch (op % 16) {
    case 0:
    case 1:
      return in::ActionCompleted{seq, value};
    case 2:
    case 3:
    case 4:
      return in::ActionFailed{seq, some_error(bytes.next()), std::nullopt};
    case 5:
    case 6:
      return in::TimerFired{seq};
    case 7:
    case 8: {
      in::EventArrived event;
      event.event_id = EventId(format("e{}", bytes.next() % 9));
      event.event_name = op > 127 ? "E" : "F";
      event.correlation_key = "k";
      event.payload = json::Object{{"n", value}};
      event.received_at = static_cast<TimeMs>(bytes.next()) * 10;
      return event;
    }
    case 9: {
      in::TaskAnswered answer;
      const auto& parked = state.branches.front().parked;
      const auto* task = parked ? std::get_if<in::AwaitTask>(&parked->await) : nullptr;
      answer.task_id = task == nullptr ? TaskId("none") : task->task_id;
      answer.answer_id = format("a{}", bytes.next() % 5);
      return answer;
    }
    case 10:
      return in::ChildCompleted{seq, json::Object{{"vars", json::Object{{"n", value}}}}};
    case 11:
      return in::ChildFailed{seq, some_error(bytes.next())};
    case 12:
      return in::CancelRequested{"stop"};
    case 13:
      return in::PauseRequested{"wait"};
    default:
      return in::ResumeRequested{"go on"};
  }
}

bool is_over(const std::vector<in::Effect>& effects) {
  return !effects.empty() && in::is_terminal(effects.back()) &&
         !std::holds_alternative<in::ContinueAsNew>(effects.back());
}

void mark(Marks& marks, const in::RunState& state, const in::InputKind& input) {
  const auto& parked = state.branches.front().parked;
  if (const auto number = in::number_of(input)) {
    if (*number == 0 || *number >= state.next_seq) return;
    if (parked && !in::is_awaited(*parked, *number)) return;
  }
  marks.emplace(in::situation_of(state), input.index());
}

}  // namespace

std::vector<std::string> play_bytes(std::span<const std::uint8_t> data, Marks& marks) {
  Bytes bytes(data);
  Random random(bytes.next() * 256ULL + bytes.next());
  const simulate::TestOffers offers;
  const auto program = definition::compile(generate_definition(random).definition, offers);
  if (!program.has_value()) return {"the generator made " + program.error().message};
  in::RunIdentity identity;
  identity.run_id = RunId("run");
  identity.tenant = TenantId("default");
  identity.semantics = in::kCurrentSemantics;
  const in::Host host{**program, identity, offers};
  in::RunState state = in::initial_state(host, json::Object{{"n", 1}, {"key", nullptr}}, nullptr);
  Properties properties;
  std::vector<std::string> problems;
  TimeMs now = 0;
  std::vector<in::Input> inputs;
  for (int left = 200; left > 0; --left) {
    const in::AdvanceOptions options{now, bytes.next() % 16 == 0
                                              ? in::HistorySuggestion::ContinueAsNew
                                              : in::HistorySuggestion::None};
    const json::Value before = in::save(host, state);
    if (!inputs.empty()) mark(marks, state, inputs.front().kind);
    auto step = in::advance(host, std::move(state), inputs, options);
    if (!step.has_value()) {
      // The task fails and is tried again from the state before it.
      if (step.error().code != "NONDETERMINISM") problems.push_back(step.error().message);
      auto again = in::load(host, before);
      if (!again.has_value()) return {again.error().message};
      state = *std::move(again);
    } else {
      state = std::move(step->state);
      properties.effects(identity, now, *step);
      // A little longer than its end: nothing may come of it.
      if (is_over(step->effects)) left = std::min(left, 3);
      const auto* renewed =
          step->effects.empty() ? nullptr : std::get_if<in::ContinueAsNew>(&step->effects.back());
      const json::Value saved = renewed != nullptr ? renewed->checkpoint : in::save(host, state);
      auto loaded = in::load(host, saved);
      if (!loaded.has_value()) return {loaded.error().message};
      if (!json::equal(in::save(host, *loaded), saved))
        problems.push_back("a state is not the same when saved and loaded");
      state = *std::move(loaded);
    }
    if (bytes.is_empty()) break;
    inputs.clear();
    now += bytes.next() * 5;
    for (int i = bytes.next() % 3; i >= 0; --i) inputs.push_back({now, some_input(bytes, state)});
  }
  for (std::string& problem : properties.finish()) problems.push_back(std::move(problem));
  return problems;
}

}  // namespace fermata::simulation
