#pragma once
// Tree to program. The public door is compile() in jsonata.h; this is what $eval needs besides.

#include <span>
#include <string_view>

#include "jsonata/jsonata.h"
#include "jsonata/program.h"

namespace fermata::jsonata {

// Compiles in sight of frames that exist: their names, innermost first (null: a frame without).
Compiled compile_inside(std::string_view source, Dialect dialect,
                        std::span<const ScopeNames* const> outside);

}  // namespace fermata::jsonata
