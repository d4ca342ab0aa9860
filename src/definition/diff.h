#pragma once
// What changed between two definitions, as authors see it: steps are told by their ids, not by
// where they stand, so that a step that moved is not a step that was deleted and one that was
// added. The order of members and the version number mean nothing. Both are JSON documents as
// they are stored; what is no definition has no steps.

#include <string>
#include <vector>

#include "json/value.h"

namespace fermata::definition {

struct FieldChange {
  std::string pointer;  // RFC 6901, into the step or the definition
  json::Value before;   // null when it was not there, and has_before says which null it is
  json::Value after;
  bool has_before = false;
  bool has_after = false;
};

struct StepChange {
  enum class Kind : std::uint8_t { Added, Removed, Changed } kind = Kind::Changed;
  std::string step_id;
  std::string step_type;
  std::string path_before;          // root.steps[0]; empty: added
  std::string path_after;           // empty: removed
  bool has_moved = false;           // stands in another block or behind another step
  std::vector<FieldChange> fields;  // but for the steps inside it, which speak for themselves
};

struct Diff {
  std::vector<FieldChange> fields;  // of the definition itself
  std::vector<StepChange> steps;    // in the order of the newer one, then what was removed
  [[nodiscard]] bool is_empty() const { return fields.empty() && steps.empty(); }
};

Diff diff(const json::Value& before, const json::Value& after);

}  // namespace fermata::definition
