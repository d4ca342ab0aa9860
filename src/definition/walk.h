#pragma once
// The walk: every step of an authored document with its canonical path, in reading order.
// Iterative: the depth of a document is its author's choice, the native stack is ours.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "definition/fields.h"
#include "definition/program.h"
#include "json/value.h"

namespace fermata::definition {

// A field of a step that holds steps: "then", "body", …
struct Branch {
  std::string_view name;
  bool is_required = false;
};

// What the walk knows of a step type: its authored name, what it compiles to, its fields and
// branches.
struct StepShape {
  std::string_view name;
  StepKind kind;
  std::span<const Field> fields;  // of the step object, branches not included
  std::span<const Field> config;  // of its `config`; empty when it has none
  std::span<const Branch> branches;
};
// Nothing for an unknown name.
const StepShape* find_shape(std::string_view name);
std::vector<std::string_view> shape_names();

struct Visit {
  const json::Object* step = nullptr;  // null when the entry is no object
  const StepShape* shape = nullptr;    // null when the type is unknown or missing
  std::string path;                    // root.steps[0].then.steps[1]
  std::string sequence;                // root.steps[0].then.steps
  std::size_t position = 0;
  std::size_t depth = 0;
  std::size_t owner = SIZE_MAX;  // index of the visit whose branch it stands in
};

struct Walk {
  std::vector<Visit> visits;
  bool is_too_deep = false;
  bool is_too_long = false;
};
Walk walk(const json::Value& document);

const json::Object* config_of(const Visit& visit);

}  // namespace fermata::definition
