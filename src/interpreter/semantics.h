#pragma once
// Numbers for behaviour: a run keeps the number that it was launched with, so that old histories
// replay as they were. A value is never changed or reused; a new behaviour is a new number, asked
// for through one comparison at its place: `run.uses(Semantics::…)`.

#include <cstdint>

namespace fermata::interpreter {

enum class Semantics : std::uint32_t {
  First = 1,  // 2026-11: the language as published first
  // 2026-11: values, inputs, results, buffered events and the work of a history are bounded; U+0000
  // that an expression makes is U+FFFD; an unreadable result is the child's failure; a step whose
  // time is over does not try again.
  Second = 2,
};
inline constexpr std::uint32_t kCurrentSemantics = static_cast<std::uint32_t>(Semantics::Second);

}  // namespace fermata::interpreter
