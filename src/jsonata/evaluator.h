#pragma once
// The evaluator: one object per evaluation. It walks the tree with native recursion under a counted
// depth; a failure is set once and every caller returns at once when it sees it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jsonata/ast.h"
#include "jsonata/jsonata.h"
#include "jsonata/value.h"

namespace fermata::jsonata {

// Bindings of one scope. Small: a handful of names each.
struct Environment {
  std::shared_ptr<Environment> outer;
  std::vector<std::pair<std::string, Val>> names;

  [[nodiscard]] const Val* find(std::string_view name) const;
  void bind(std::string name, Val value);
};
using Scope = std::shared_ptr<Environment>;

// One item of a tuple stream: the item and what steps bound on the way to it.
struct Tuple {
  Val item;
  std::vector<std::pair<std::string, Val>> bindings;
};
using TupleStream = std::vector<Tuple>;

class Evaluator {
 public:
  Evaluator(const EvaluateOptions& options, Dialect dialect)
      : options_(options), budget_(options.budget), dialect_(dialect) {}

  Val evaluate(const Node& node, const Val& input, const Scope& scope);
  // Calls a function value. `context` is what `$` was at the call.
  Val apply(const Val& procedure, std::vector<Val> arguments, const Val& context);
  Val apply(const Val& procedure, std::vector<Val> arguments) {
    return apply(procedure, std::move(arguments), Val());
  }
  // For higher-order functions: only as many of the arguments as the function takes.
  Val call_back(const Val& procedure, std::vector<Val> arguments);

  [[nodiscard]] bool failed() const { return failure.has_value(); }
  Val fail(std::string code, std::size_t position, std::string token = {});
  Val fail_here(std::string code, std::string token = {}) {
    return fail(std::move(code), position_, std::move(token));
  }
  // Counted work; false when the budget is used up (a failure is set).
  bool spend_items(std::uint64_t count);
  bool spend_text(std::uint64_t bytes);

  // A closure that is bound in the scope it was made in keeps itself alive: when all is done,
  // captured scopes let go.
  void release_scopes();

  std::optional<Failure> failure;
  [[nodiscard]] const EvaluateOptions& options() const { return options_; }
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  void set_position(std::size_t position) { position_ = position; }

 private:
  Val evaluate_node(const Node& node, const Val& input, const Scope& scope);
  Val path(const Node& node, const Val& input, const Scope& scope);
  Val step(const Node& node, const Val& input, const Scope& scope, bool is_last);
  TupleStream tuple_step(const Node& node, TupleStream stream, const Scope& scope);
  TupleStream sorted_tuples(const Node& node, TupleStream stream, const Scope& scope);
  TupleStream tuple_stages(const Node& node, TupleStream stream, const Scope& scope);
  TupleStream filter_tuples(const Node& predicate, TupleStream stream, const Scope& scope);
  Val filter(const Node& predicate, const Val& input, const Scope& scope);
  bool keeps(const Node& predicate, const Val& context, const Scope& scope, std::size_t index,
             std::size_t count);
  Val name(const Node& node, const Val& input);
  Val lookup(const Val& input, std::string_view key);
  Val wildcard(const Val& input);
  void descend(const Val& input, const Val& into);
  Val variable(const Node& node, const Val& input, const Scope& scope);
  Val binary(const Node& node, const Val& input, const Scope& scope);
  Val arithmetic(const Node& node, const Val& left, const Val& right);
  Val comparison(const Node& node, const Val& left, const Val& right);
  Val concatenate(const Val& left, const Val& right);
  Val range(const Node& node, const Val& left, const Val& right);
  Val includes(const Val& left, const Val& right);
  Val unary(const Node& node, const Val& input, const Scope& scope);
  Val array(const Node& node, const Val& input, const Scope& scope);
  Val group(const Group& group, const TupleStream& items, const Scope& scope);
  Val block(const Node& node, const Val& input, const Scope& scope);
  Val condition(const Node& node, const Val& input, const Scope& scope);
  Val pipe(const Node& node, const Val& input, const Scope& scope);
  Val sort(const Node& node, const Val& input, const Scope& scope);
  bool sort_tuples(const Node& node, TupleStream& stream, const Scope& scope);
  Val call(const Node& node, const Val& input, const Scope& scope);
  Val procedure_of(const Node& node, const Val& input, const Scope& scope);
  Val partial(const Node& node, const Val& input, const Scope& scope);
  Val lambda(const Node& node, const Val& input, const Scope& scope);
  Val regex(const Node& node);
  Val transformer(const Node& node, const Scope& scope);
  Val apply_once(const Val& procedure, std::vector<Val>& arguments, const Val& context);

  const EvaluateOptions& options_;
  Budget budget_;
  Dialect dialect_;
  std::uint32_t depth_ = 0;
  std::size_t position_ = 0;
  std::vector<Scope> captured_;
};

// The scope with tuple bindings on top.
Scope with_bindings(const Scope& scope, const Tuple& tuple);
TupleStream tuples_of(const Val& value);

// $append of the language: joins sequences without copying when one side is missing.
Val append(Evaluator& evaluator, const Val& left, const Val& right);
std::string to_text(Evaluator& evaluator, const Val& value, bool is_pretty = false);

}  // namespace fermata::jsonata
