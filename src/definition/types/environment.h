#pragma once
// TypeEnvironment: what schemas say about the names that expressions see. Payload, outputs of
// actions that are saved once, items of loops and the event of a trigger have schemas; whatever is
// assigned in several places or computed is unknown. INVARIANT: a known type holds in every run, so
// a finding made from it is right; order and branches are not followed.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.h"
#include "definition/draft.h"
#include "definition/types/free_names.h"
#include "definition/types/schema_view.h"

namespace fermata::definition {

// Where a path of names leads.
struct Reach {
  Kinds kinds = kAnyKind;
  std::optional<SchemaView> schema;  // of the value, where it is known
  // The first field that the schema before it does not name, and that schema.
  std::optional<std::size_t> unknown_at;
  std::optional<SchemaView> unknown_in;
  // The first field that the schema before it does not require.
  std::optional<std::size_t> optional_at;
  bool is_spread = false;  // the path went through a list, so the value is one, some or none
};

class TypeEnvironment {
 public:
  // Both must outlive the environment.
  TypeEnvironment(const Draft& draft, const CheckContext& context);

  // What the path reads at a step; kNoStep is the trigger.
  [[nodiscard]] Reach reach(StepIndex step, std::span<const std::string> path) const;
  // The kinds of values that the expression can have.
  [[nodiscard]] Kinds kinds_of(StepIndex step, const std::string& source) const;
  // The payload's schema, if it is known.
  [[nodiscard]] std::optional<SchemaView> payload() const;

 private:
  struct Root {
    Kinds kinds = kAnyKind;
    std::optional<SchemaView> schema;
    std::size_t used = 1;  // names of the path that it stands for
  };
  [[nodiscard]] Root root_of(StepIndex step, std::span<const std::string> path) const;
  [[nodiscard]] std::optional<Root> local(StepIndex step, std::string_view name) const;
  [[nodiscard]] Root variable(std::string_view name) const;
  [[nodiscard]] Root event_root(std::span<const std::string> path) const;
  void read_variables();
  void read_assigned(const AssignSite& site);
  void read_loops();

  const Draft& draft_;
  const CheckContext& context_;
  std::optional<json::Value> payload_;
  std::optional<json::Value> event_;
  std::set<std::string> assigned_payload_;  // fields of the payload that steps write
  std::map<std::string, const json::Value*, std::less<>> variables_;
  std::map<std::string, Root, std::less<>> assigned_;  // by an expression, in one place alone
  std::map<StepIndex, SchemaView> loop_items_;
};

}  // namespace fermata::definition
