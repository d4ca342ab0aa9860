#pragma once
// Expressions and mapping values: the two dynamic value forms of the language, compiled.
// Source of the language: docs/reference/steps.md, "Values".

#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"
#include "jsonata/jsonata.h"

namespace fermata::definition {

// {"$expr": "…"}: compiled once, shared by all runs.
struct Expression {
  std::string source;
  jsonata::ProgramPtr program;
};

// A mapping value: a literal tree in which expressions and secret references may stand anywhere.
// Expr is evaluated; Secret stays {"$secret": NAME} until the activity resolves it; Literal is
// copied.
struct MappingValue {
  enum class Kind : std::uint8_t { Literal, Expr, Secret, Array, Object };
  Kind kind = Kind::Literal;
  json::Value literal;              // Literal
  Expression expression;            // Expr
  std::string secret;               // Secret
  std::vector<MappingValue> items;  // Array and Object
  std::vector<std::string> keys;    // Object: keys[i] belongs to items[i], in written order
  // A member whose expression has no value is left out instead of being an error.
  bool may_be_missing = false;
};

}  // namespace fermata::definition
