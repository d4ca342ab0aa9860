#pragma once
// The report for tools (the stable JSON form of `fermata simulate --json`) and for people.

#include <string>

#include "definition/finding.h"
#include "simulate/report.h"

namespace fermata::simulate {

// {status, error, scopes, steps, waits, sideEffects, children, warnings, endedAtMs}.
json::Value to_json(const Report& report);
// {status: "INVALID", findings}.
json::Value invalid_json(const std::vector<definition::Finding>& findings);

// One line per thing that happened, with its time; then how it ended.
std::string timeline_text(const Report& report);

// 1d 02:03:04.005, and shorter where it is.
std::string clock_text(std::int64_t ms);
// CATEGORY CODE: message
std::string text_of(const interpreter::RunError& error);

}  // namespace fermata::simulate
