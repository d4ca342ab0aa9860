#pragma once
// World: what is around the runs of one simulation: a clock that jumps to the next thing due, the
// queue of things due, stored events and their routing, the ledger, the runs with their children.
// INVARIANT: inputs reach a machine only through the queue, in the order of their times and, within
// one, of their making. Everything follows what worker, temporal and service do in production.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "interpreter/machine.h"
#include "simulate/recorder.h"
#include "simulate/simulate.h"

namespace fermata::simulate {

class World {
 public:
  World(const Fixtures& fixtures, const Stage& stage);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Report play(const definition::ProgramPtr& program, const json::Value& payload);

 private:
  // Pure actions really run, unless the fixtures have answers for them.
  class Pure final : public interpreter::PureActions {
   public:
    explicit Pure(World& world) : world_(world) {}
    [[nodiscard]] std::variant<json::Value, interpreter::RunError> run(
        std::string_view id, int version, const json::Value& input) const override;

   private:
    World& world_;
  };
  struct Run {
    interpreter::RunIdentity identity;
    definition::ProgramPtr program;
    interpreter::RunState state;
    std::size_t parent = 0;
    interpreter::Seq parent_seq = 0;
    bool is_over = false;
    std::set<std::string, std::less<>> routed;        // ids of events that were sent to it
    std::set<std::string, std::less<>> tasks_opened;  // paths of human tasks
  };
  // For a machine: an input, or nothing for a new history's first activation.
  struct Deliver {
    std::size_t run = 0;
    std::optional<interpreter::InputKind> input;
  };
  struct EventComes {
    std::size_t index = 0;
  };
  struct AnswerComes {
    std::size_t index = 0;
  };
  using Due = std::variant<Deliver, EventComes, AnswerComes>;
  // Of one instant, what comes from outside comes before what the run itself has asked for.
  enum class Rank : std::uint8_t { Outside, Asked };
  using Key = std::tuple<TimeMs, Rank, std::uint64_t>;

  void schedule_fixtures();
  Key schedule(TimeMs at, Rank rank, Due due);
  // Under a machine's number, so that it can be called off.
  void schedule_seq(std::size_t run, interpreter::Seq seq, TimeMs at, interpreter::InputKind input);
  bool call_off(std::size_t run, interpreter::Seq seq);

  void handle(Due due);
  void advance(std::size_t run, std::vector<interpreter::Input> inputs);
  // More of the same instant for the same run, when the faults want them in one activation.
  void gather(std::size_t run, std::vector<interpreter::Input>& inputs);
  static bool may_share(const Run& run, const std::optional<interpreter::InputKind>& input);
  void reload(Run& run);
  void carry_out(std::size_t run, const interpreter::Effect& effect);
  void run_action(std::size_t run, const interpreter::RunAction& action);
  const ActionAnswer* answer_for(const std::string& name, const interpreter::RunAction& action);
  void start_child(std::size_t parent, const interpreter::StartChild& child);
  void cancel_child(const interpreter::CancelChild& cancel, std::size_t parent);
  void opened(std::size_t run, const interpreter::OpenWait& wait);
  void ended(std::size_t run, interpreter::InputKind for_parent);
  void renew(std::size_t run, const json::Value& checkpoint);

  void route(std::size_t run, const FixtureEvent& event);
  void store_event(FixtureEvent event);
  void answer(std::size_t index);
  bool give(std::size_t run, std::size_t index);

  std::size_t add_run(interpreter::RunIdentity identity, definition::ProgramPtr program,
                      const json::Value& payload);
  [[nodiscard]] interpreter::Host host(const Run& run) const;
  void check_limit(std::uint64_t used, std::uint64_t limit, std::string_view what);
  // Ends the simulation: the author has to mend the fixtures.
  void stop(std::string_view code, std::string message, const StepPath& path);
  void warn(std::string text) { report_.warnings.push_back(std::move(text)); }
  Report finish();

  const Fixtures& fixtures_;
  const Stage& stage_;
  const Pure pure_{*this};
  Report report_;
  Recorder recorder_;
  TimeMs now_ = 0;
  std::uint64_t order_ = 0;
  std::map<Key, Due> queue_;
  std::map<std::pair<std::size_t, interpreter::Seq>, Key> by_seq_;
  std::deque<Run> runs_;              // the root first; references stay good
  std::vector<FixtureEvent> stored_;  // with the time of their coming
  std::set<std::string, std::less<>> event_ids_;
  std::set<std::size_t> held_answers_;                              // whose task is not open yet
  std::map<std::string, json::Value, std::less<>> done_;            // successes by idempotency key
  std::map<std::string, std::set<std::size_t>, std::less<>> used_;  // action entries, by name
  std::optional<interpreter::RunError> stopped_;
  std::uint64_t advances_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t expression_steps_ = 0;
  std::uint64_t input_bytes_ = 0;
  bool is_at_stop_ = false;
};

}  // namespace fermata::simulate
