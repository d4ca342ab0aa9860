#pragma once
// The transition table: what an input does, by what the run is doing when it comes. deliver.cc acts
// by it, docs/internals/machine.md shows it, and random_runs fails when no test has reached a cell.
// The number of an input is looked at first: one that was never given out is nondeterminism, one
// that nothing waits for any more is late and ignored; the table is about the awaited one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "interpreter/input.h"
#include "interpreter/state.h"

namespace fermata::interpreter {

enum class Situation : std::uint8_t {
  Between,  // paused between two steps
  Action,   // parked on …
  Timer,
  Retry,
  Event,
  Task,
  Child,
  CancelingAction,  // canceled, until the action's end is known
  CancelingChild,
  Over
};
inline constexpr std::size_t kSituations = 10;

enum class Reaction : std::uint8_t {
  Settles,  // what the step waits for is there (of an event or answer: if it is the right one)
  Keeps,    // an event or answer is kept for waits to come
  Ignores,
  Cancels,
  Pauses,
  Resumes,
  Refuses  // nondeterminism: the number was given to something else
};

Situation situation_of(const RunState& state);
// To an input without a number, or with the awaited one.
Reaction reaction_to(const RunState& state, const InputKind& input);

// Whether the parked step waits for this number.
bool is_awaited(const Parked& parked, Seq seq);
// The number that an input settles; nothing for events, answers and requests.
std::optional<Seq> number_of(const InputKind& input);

// The table in Markdown.
std::string transition_table();

inline constexpr std::size_t kInputs = std::variant_size_v<InputKind>;
std::string_view name_of(Situation situation);
std::string_view name_of_input(std::size_t index);

}  // namespace fermata::interpreter
