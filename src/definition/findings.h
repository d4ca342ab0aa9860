#pragma once
// Findings: the collector that every rule writes to. It keeps all of them up to a bound, and gives
// them back in the order of the document. INVARIANT: an error is never lost for a warning.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "definition/finding.h"

namespace fermata::definition {

class Findings {
 public:
  // `text` is the message; `help` says what to do and may be empty.
  void error(std::string path, std::string_view code, std::string text, std::string help = {});
  void warning(std::string path, std::string_view code, std::string text, std::string help = {});

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }

  // Sorted by path (numbers by value), severity, code; at most limits::kFindingsMax of them, and
  // then one that says how many were left out. Leaves the collector empty.
  std::vector<Finding> take();

 private:
  void add(Finding finding);

  std::vector<Finding> kept_;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;
};

// The order of paths: runs of digits compare by value, so steps[2] stands before steps[10].
bool path_less(std::string_view left, std::string_view right);

}  // namespace fermata::definition
