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
// What the loops around a step put into its context; assignments to `local` count as well.
std::set<std::string_view> local_names(const Draft& draft, StepIndex at);
// Whether the expression is a value of an outputMapping, which sees `childRun`.
bool sees_child(const ExpressionSite& site);

}  // namespace fermata::definition
