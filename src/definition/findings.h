#pragma once
// Findings: the collector that every rule writes to. It keeps all of them up to a bound, and gives
// them back in the order of the document. INVARIANT: an error is never lost for a warning.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "definition/finding.h"

namespace fermata::definition {

// Where a finding is: a path, and for an expression the part of it.
struct FindingPlace {
  FindingPlace(const char* text) : path(text) {}             // NOLINT: paths stand for places
  FindingPlace(std::string text) : path(std::move(text)) {}  // NOLINT
  // An empty fix is none.
  FindingPlace(std::string text, TextSpan part, std::string right = {})
      : path(std::move(text)), span(part) {
    if (!right.empty()) fix = std::move(right);
  }

  std::string path;
  std::optional<TextSpan> span;
  std::optional<std::string> fix;
};

class Findings {
 public:
  // `text` is the message; `help` says what to do and may be empty.
  void error(FindingPlace at, std::string_view code, std::string text, std::string help = {});
  void warning(FindingPlace at, std::string_view code, std::string text, std::string help = {});

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
