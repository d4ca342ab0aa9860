#pragma once
// Known names: what expressions of a definition can look up, wherever it is set: order and branches
// are not followed. Shared by the check of names and by completion.

#include <array>
#include <set>
#include <string_view>

#include "definition/draft.h"

namespace fermata::definition {

inline constexpr std::array<std::string_view, 6> kRoots = {"payload", "vars", "local",
                                                           "system",  "meta", "error"};
inline constexpr std::array<std::string_view, 5> kLoopWords = {"item", "index", "length", "isFirst",
                                                               "isLast"};

// Every variable that some step sets. The views live as long as the draft.
std::set<std::string_view> variable_names(const Draft& draft);
[[nodiscard]] bool is_in_loop(const Draft& draft, StepIndex at);
// The members of `local`: what a loop around the step puts there and what is assigned to it. Its
// item's variable is none of them: that is one of `vars`.
std::set<std::string_view> local_names(const Draft& draft, StepIndex at);
// What the loops around a step give its expressions as bare names.
std::set<std::string_view> loop_names(const Draft& draft, StepIndex at);
// Whether the expression is a value of an outputMapping, which sees `childRun`.
bool sees_child(const ExpressionSite& site);

}  // namespace fermata::definition
