#pragma once
// Any bytes as a definition and a history of inputs, legal or not: the machine never crashes, keeps
// its properties, and a saved state is the state.

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "interpreter/transitions.h"

namespace fermata::simulation {

// Cells of the transition table that were taken: situation and index of the input's kind.
using Marks = std::set<std::pair<interpreter::Situation, std::size_t>>;

// What did not hold.
std::vector<std::string> play_bytes(std::span<const std::uint8_t> bytes, Marks& marks);

}  // namespace fermata::simulation
