#pragma once
// The door of this library: text or JSON in, findings and (when there is no error) a Program out.
// INVARIANT: same document, same catalog, same findings in the same order; nothing here reads a
// clock: `now` comes in.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "definition/catalog.h"
#include "definition/finding.h"
#include "definition/program.h"
#include "foundation/clock.h"
#include "foundation/result.h"

namespace fermata::definition {

enum class TextFormat : std::uint8_t { Json, Yaml };

// Text to the JSON document it means. YAML 1.2 core schema, duplicate keys and merge keys refused,
// aliases counted. Errors: JSON_*, YAML_*, with line and column.
Result<json::Value> read_document(std::string_view text, TextFormat format);

struct CheckContext {
  const ActionCatalog& actions;
  const SchemaCatalog& schemas;
  TimeMs now = 0;  // one-time triggers must lie in the future of it
  std::optional<std::vector<std::string>>
      secrets;  // known secret names; unknown ones are findings when given
  const WorkflowCatalog* workflows = nullptr;  // null: what is called is not looked up
};

struct Checked {
  std::vector<Finding> findings;  // sorted by path, severity, code
  ProgramPtr program;             // null when any finding is an error
  std::string hash;               // json::hash(document)
};

// The publish-time check: structure, ids, references, expressions, mappings, triggers; then
// compile.
Checked check(const json::Value& document, const CheckContext& context);

// The run-time load of a published version: structure and compile only (its references were checked
// at publish). Errors: DEFINITION_INVALID naming the first finding.
Result<ProgramPtr> compile(const json::Value& document, const ActionCatalog& actions);

}  // namespace fermata::definition
