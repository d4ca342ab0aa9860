#pragma once
// The tree of an expression, after the parser's second pass: paths are flat lists of steps,
// predicates hang on their step, parents are resolved to labels. Read-only after compile().

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fermata::jsonata {

enum class NodeType : std::uint8_t {
  String,
  Number,
  Value,
  Name,
  Variable,
  Wildcard,
  Descendant,
  Parent,
  Regex,
  Path,
  Binary,
  Unary,
  Array,
  Object,
  Block,
  Condition,
  Bind,
  Apply,
  Sort,
  Function,
  Partial,
  Lambda,
  Transform,
  Placeholder,
};

enum class Literal : std::uint8_t { Null, True, False };

struct Node;
using NodePtr = std::unique_ptr<Node>;

// One [predicate] or #index behind a step.
struct Stage {
  enum class Kind : std::uint8_t { Filter, Index } kind = Kind::Filter;
  NodePtr expression;    // Filter
  std::string variable;  // Index
};

struct SortTerm {
  bool is_descending = false;
  NodePtr expression;
};

// {key: value, …} as constructor or behind a path.
struct Group {
  std::size_t position = 0;
  std::vector<std::pair<NodePtr, NodePtr>> pairs;
};

// Where a `%` finds its parent: a label that the ancestor's step binds.
struct AncestorSlot {
  std::string label;
  int level = 1;
  std::size_t index = 0;
};

struct Node {
  NodeType type = NodeType::Value;
  std::size_t begin = 0;     // of the token that made it …
  std::size_t position = 0;  // … and its end, in bytes of the source
  std::string text;          // String: value; Name, Variable: name; Binary, Unary: operator; Regex:
                             // pattern; Lambda: signature
  std::string flags;         // Regex
  double number = 0;
  Literal literal = Literal::Null;
  NodePtr left;   // Binary, Unary, Bind, Apply; Condition: the condition; Lambda: body; Function:
                  // the procedure
  NodePtr right;  // Binary, Bind, Apply; Condition: then
  NodePtr other;  // Condition: else; Transform: delete
  std::vector<NodePtr>
      children;  // Path: steps; Array, Block: expressions; Function, Partial: arguments
  std::vector<std::string> parameters;        // Lambda
  std::vector<Stage> stages;                  // of a step inside a path
  std::vector<Stage> predicates;              // of a node that is no path
  std::vector<SortTerm> terms;                // Sort
  std::unique_ptr<Group> group;               // Object; Path and others: the grouping behind it
  std::string focus;                          // @$v on a step
  std::string index;                          // #$i on a step
  std::unique_ptr<AncestorSlot> ancestor;     // this step binds the parent for someone
  std::unique_ptr<AncestorSlot> slot;         // Parent: what it looks for
  std::vector<AncestorSlot*> seeking_parent;  // parse time only
  bool is_tuple = false;                      // step or path carries bindings
  bool keep_array = false;                    // x[]
  bool keep_singleton_array = false;          // Path
  bool cons_array = false;                    // array constructor at a path's border
  bool is_tail = false;                       // call in tail position of a lambda
};

}  // namespace fermata::jsonata
