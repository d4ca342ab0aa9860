#pragma once
// Five-field cron text: minute hour day-of-month month day-of-week, with * , - and /. No names, no
// seconds.

#include <optional>
#include <string>
#include <string_view>

namespace fermata::definition {

// What is wrong with it, or nothing.
std::optional<std::string> cron_error(std::string_view cron);

}  // namespace fermata::definition
