#pragma once
// Any bytes as a definition and a history of inputs, legal or not: the machine never crashes, keeps
// its properties, and a saved state is the state.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fermata::simulation {

// What did not hold.
std::vector<std::string> play_bytes(std::span<const std::uint8_t> bytes);

}  // namespace fermata::simulation
