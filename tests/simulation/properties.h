#pragma once
// What must hold for every run, whatever the definition and the schedule: watched while it plays.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "projection/fold.h"
#include "simulate/simulate.h"

namespace fermata::simulation {

// Rows of a run under upserts in which a higher sequence wins, as text.
class Rows {
 public:
  void take(const projection::RowBatch& batch);
  [[nodiscard]] std::string text() const;

 private:
  projection::RunRow run_;
  std::map<std::uint64_t, projection::StepRow> steps_;
  std::map<std::string, projection::WaitRow> waits_;
};

class Properties final : public simulate::Observer {
 public:
  void effects(const interpreter::RunIdentity& identity, TimeMs now,
               const interpreter::Advance& step) override;
  // What did not hold. Called once, when all is played.
  std::vector<std::string> finish();

 private:
  struct Run {
    std::uint64_t effects = 0;
    bool is_over = false;
    bool is_bounded = false;                      // from the second semantics version on
    std::map<std::string, bool> waits;            // id to whether it is open
    std::map<std::uint64_t, bool> steps;          // number to whether it has ended
    std::set<std::uint32_t> numbers;              // given to actions, timers, children
    std::map<std::string, std::uint64_t> visits;  // the last one, by path and iteration
    std::set<std::string> attempts;               // visit and attempt
    std::vector<interpreter::Effect> all;
    Rows rows;  // folded as they came
    std::vector<projection::RowBatch> batches;
    TimeMs now = 0;
  };
  void look(Run& run, const interpreter::Effect& effect, bool is_last);
  void wrong(std::string text) { problems_.push_back(std::move(text)); }

  std::map<std::string, Run> runs_;
  std::vector<std::string> problems_;
};

}  // namespace fermata::simulation
