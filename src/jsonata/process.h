#pragma once
// The parser's second pass, as in the language's own implementation notes: one node in, its final
// form out.

#include "jsonata/parser.h"

namespace fermata::jsonata {

Parsed process(NodePtr raw);

}  // namespace fermata::jsonata
