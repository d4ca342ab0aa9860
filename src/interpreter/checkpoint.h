#pragma once
// The checkpoint's format number: raised whenever its JSON changes; older ones must still load.

#include <cstdint>

namespace fermata::interpreter {

inline constexpr std::int64_t kCheckpointFormat = 2;
// Format 1: every loop had all of its items, as `items`.
inline constexpr std::int64_t kOldestCheckpointFormat = 1;

}  // namespace fermata::interpreter
