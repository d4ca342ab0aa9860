#pragma once
// TypeEnvironment: what schemas say about the names that expressions see. Payload, outputs of
// actions, items of loops, events, answers and caught errors have schemas; a variable has that of
// what was last written to it (types/flow.h). What is computed has a kind at most. INVARIANT: a
// known type holds in every run whose events and answers are what their schemas say, so a finding
// made from it is right.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.h"
#include "definition/draft.h"
#include "definition/types/flow.h"
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

  // What the path reads at a place.
  [[nodiscard]] Reach reach(const Place& place, std::span<const std::string> path) const;
  // The kinds of values that the expression can have.
  [[nodiscard]] Kinds kinds_of(const Place& place, const std::string& source) const;
  // The payload's schema, if it is known.
  [[nodiscard]] std::optional<SchemaView> payload() const;

 private:
  struct Root {
    Kinds kinds = kAnyKind;
    std::optional<SchemaView> schema;
    std::size_t used = 1;  // names of the path that it stands for
  };
  // All writes of one variable, and what each writes, in the order of the document.
  struct Variable {
    std::vector<Write> writes;
    std::vector<Root> roots;
  };
  [[nodiscard]] Root root_of(const Place& place, std::span<const std::string> path) const;
  [[nodiscard]] std::optional<Root> local(StepIndex step, std::string_view name) const;
  [[nodiscard]] Root variable(const Place& place, std::string_view name) const;
  [[nodiscard]] Root event_root(std::span<const std::string> path) const;
  static Root root_with(const json::Value* schema);
  const json::Value* payload_schema(const std::string& ref);
  const json::Value* event_schema(const std::string& event_name);
  void add_write(std::string_view name, Write write, Root root);
  void add_writes();
  void add_writes_of_step(StepIndex at);
  void add_write_of(const AssignSite& site);
  void read_loop(StepIndex at);
  void read_assigned(const AssignSite& site);
  Root assigned_by(const AssignSite& site) const;

  const Draft& draft_;
  const CheckContext& context_;
  std::map<std::string, std::optional<json::Value>> schemas_;  // by reference
  const json::Value* payload_ = nullptr;
  const json::Value* event_ = nullptr;      // of the trigger
  std::set<std::string> assigned_payload_;  // fields of the payload that steps write
  std::set<std::string> assigned_local_;    // names of loop records that steps write
  std::map<std::string, Variable, std::less<>> variables_;
  std::map<std::string_view, const ExpressionSite*> assigned_;  // by path
  std::map<StepIndex, SchemaView> loop_items_;
};

}  // namespace fermata::definition
