#pragma once
// Flow: which writes of a variable a step may read, by where the two stand. A write before it in
// the same sequence is certain; one inside a branch, or that comes round with a loop, is possible.
// INVARIANT: what a run reads was written by one of those that are found, or by nobody.

#include <cstdint>
#include <span>
#include <vector>

#include "definition/draft.h"

namespace fermata::definition {

// Where a value is read. `is_assigning`: by an assignment of the step, when its result is there.
struct Place {
  StepIndex step = kNoStep;  // kNoStep: the trigger
  bool is_assigning = false;
};
Place place_of(const ExpressionSite& site);

enum class WriteTime : std::uint8_t {
  OnResult,      // what a wait gives: its own assignments see it
  AtEnd,         // by an assignment
  PerhapsAtEnd,  // the same, of a step that may go on without it, or of a part of the value
  EachPass,      // the item variable: in the body only
  OnCatch        // captureErrorAs, when the catch branch begins
};
struct Write {
  StepIndex step = kNoStep;
  WriteTime time = WriteTime::AtEnd;
};

// Indexes into `writes`, all of one variable.
std::vector<std::size_t> visible_writes(const Program& program, const Place& place,
                                        std::span<const Write> writes);

}  // namespace fermata::definition
