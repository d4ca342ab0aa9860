#pragma once
// The one grammar of places that a definition writes to: saveAs, every `assign` and outputMapping.
// payload.a.b · vars.a · local.x · meta.x · error.x · /pointer (into payload) · name (= vars.name)

#include <optional>
#include <string>
#include <string_view>

#include "definition/findings.h"
#include "definition/program.h"

namespace fermata::definition {

// The parsed path, or nothing and a finding INVALID_ASSIGN_PATH at `where`.
std::optional<AssignPath> parse_assign_path(std::string_view text, const std::string& where,
                                            Findings& findings);

// What a plain variable name is for; it decides which words are taken.
enum class NameUse : std::uint8_t { CapturedError, LoopItem };

// Whether `name` can be a variable: an identifier and no reserved word. If not, a finding
// INVALID_VARIABLE_NAME at `where`.
bool check_variable_name(std::string_view name, NameUse use, const std::string& where,
                         Findings& findings);

}  // namespace fermata::definition
