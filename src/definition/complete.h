#pragma once
// Completion: what can stand at a place in an expression, with types. The same analysis as the
// checks: types/environment.h. Works on drafts with errors, of course: one is being written.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"

namespace fermata::definition {

struct CompletionQuery {
  std::string path;        // of the expression, as findings name it: root.steps[0].condition
  std::size_t offset = 0;  // bytes of the source before the cursor
  std::optional<std::string> source;  // as it is being written; empty: as the document has it
};

struct Suggestion {
  std::string text;             // replaces the source from Completion::from to the cursor
  std::string kind;             // root, variable, loop, field or function
  std::string type;             // "a string or null"; "anything"; the signature of a function
  bool may_be_missing = false;  // a field that its schema does not require

  bool operator==(const Suggestion&) const = default;
};

struct Completion {
  std::size_t from = 0;
  std::vector<Suggestion> items;  // by kind, then by name; none inside a text
};

// Errors: NOT_FOUND when there is no expression at the path, FIELD_INVALID for an offset behind its
// end.
Result<Completion> complete(const json::Value& document, const CheckContext& context,
                            const CompletionQuery& query);

}  // namespace fermata::definition
