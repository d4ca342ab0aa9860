#pragma once
// "did you mean": the closest of the known names, within a budget that grows with the name's
// length.

#include <span>
#include <string>
#include <string_view>

namespace fermata::definition {

// The closest candidate (letter case does not matter), or empty.
std::string nearest(std::string_view name, std::span<const std::string_view> candidates);

// ", did you mean `x`" or "".
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace fermata::definition
