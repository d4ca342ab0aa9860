#pragma once
// Secrets that went into an action and must not come out of it: an answer that repeats them, a
// failure that quotes them.

#include <span>
#include <string>

#include "actions/action.h"

namespace fermata::actions {

// The text with `[REDACTED]` in the place of each of the secrets. One of less than four bytes is
// found everywhere, and so is left alone.
std::string without(std::string_view text, std::span<const std::string> secrets);
json::Value without(const json::Value& value, std::span<const std::string> secrets);
ActionResult without(ActionResult result, std::span<const std::string> secrets);

}  // namespace fermata::actions
