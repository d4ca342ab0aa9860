#pragma once
// The checkpoint's format number: raised whenever its JSON changes; older ones must still load.

#include <cstdint>

namespace fermata::interpreter {

inline constexpr std::int64_t kCheckpointFormat = 1;

}  // namespace fermata::interpreter
