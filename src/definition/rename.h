#pragma once
// Rename: a variable or a step under another name, as edits of the document's texts. A variable is
// one name in the whole definition, whoever sets it: saveAs, an assignment, itemVar,
// captureErrorAs. INVARIANT: only names are edited, never the inside of a text; when a use cannot
// be told from something else, nothing is edited and a finding says why. Where next:
// types/free_names.h.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"

namespace fermata::definition {

enum class Renamed : std::uint8_t { Variable, StepId };

struct RenameQuery {
  Renamed kind = Renamed::Variable;
  std::string from;
  std::string to;
};

// Another text in place of a part of a string of the document, or of a member's name.
struct TextEdit {
  std::string pointer;  // RFC 6901, into the document as it was
  bool is_key = false;  // of the member's name
  TextSpan span;
  std::string text;

  bool operator==(const TextEdit&) const = default;
};

struct Renaming {
  std::vector<TextEdit> edits;    // in the order of the document; none when there is an error
  std::vector<Finding> findings;  // errors refuse; warnings are uses that cannot be seen
  json::Value definition;         // with the edits made; null when there is an error
};

Renaming rename(const json::Value& document, const CheckContext& context, const RenameQuery& query);

}  // namespace fermata::definition
