#include "definition/finding.h"

#include <algorithm>

namespace fermata::definition {

bool has_errors(const std::vector<Finding>& findings) {
  return std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.severity == Severity::Error; });
}

}  // namespace fermata::definition
