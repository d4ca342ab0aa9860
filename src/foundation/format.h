#pragma once
// The one door to the formatting library (GCC 12 has no std::format).

#include <fmt/format.h>

namespace fermata {
using fmt::format;
}  // namespace fermata
