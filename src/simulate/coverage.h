#pragma once
// Coverage: which steps and branches of a definition were reached by simulated runs.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "definition/program.h"
#include "simulate/report.h"

namespace fermata::simulate {

class Coverage {
 public:
  explicit Coverage(const definition::Program& program);

  void take(const RunReport& run);

  // "12 of 14 steps, 5 of 6 branches", and a line of what was not reached.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::vector<std::string> steps_missed() const;
  [[nodiscard]] std::vector<std::string> branches_missed() const;

 private:
  const definition::Program& program_;
  // Branches: `PATH.then` and its kind; `PATH timeout` of a wait that may end so.
  std::set<std::string, std::less<>> branches_;
  std::set<std::string, std::less<>> steps_taken_;
  std::set<std::string, std::less<>> branches_taken_;
};

}  // namespace fermata::simulate
