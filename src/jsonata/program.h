#pragma once
// A compiled expression: operations in one piece of memory, resolved as far as the text allows.
// Variables are places in frames, built-in functions are pointers, keys, constants, regular
// expressions and signatures are ready. INVARIANT: read-only after compile(), so that threads may
// share it. Made by compile_*.cc, run by eval*.cc.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jsonata/arena.h"
#include "jsonata/cell.h"
#include "jsonata/fold.h"
#include "jsonata/jsonata.h"
#include "jsonata/regex.h"
#include "jsonata/signature.h"

namespace fermata::jsonata {

struct Native;
struct Pictures;

// What a scope of the source calls its places: for $eval, which sees them by name.
struct ScopeNames {
  std::vector<std::string_view> names;
};

enum class OpKind : std::uint8_t {
  Constant,
  Context,
  Slot,
  Global,
  Field,
  Path,
  TuplePath,
  Negate,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  And,
  Or,
  In,
  Range,
  Concat,
  Elvis,
  Coalesce,
  Array,
  Record,
  Group,
  Block,
  Condition,
  Bind,
  Call,
  NativeCall,
  Partial,
  Lambda,
  Regex,
  Transform,
  Pipe,
  Filtered,
  Grouped,
  Wildcard,
  Descendant,
};

struct Op {
  OpKind kind = OpKind::Context;
  bool keeps_array = false;   // x[]
  bool is_tail = false;       // a call whose value is the lambda's value
  bool is_raw = false;        // its sequence goes on as it is: a predicate or a caller looks at it
  bool keeps_memory = false;  // may leave values in frames: memory after it cannot be given back
  std::uint32_t depth = 0;    // nodes of the source open above it in its lambda
  std::uint32_t position = 0;
};

struct ConstantOp : Op {
  Cell value;
};
// A place in a frame; when nobody has bound it yet, what `otherwise` says.
struct SlotOp : Op {
  std::uint32_t hops = 0;
  std::uint32_t slot = 0;
  const Op* otherwise = nullptr;
};
// A name that the expression does not bind: a binding from outside, else a built-in function.
struct GlobalOp : Op {
  std::string_view name;
  Cell value;  // the built-in function, or undefined
};
struct SiteKey {
  Key key;
  std::uint32_t site = 0;  // place of its hint
};
// a.b.c, $v.a.b
struct FieldOp : Op {
  const Op* base = nullptr;  // a variable; null: the context
  std::uint32_t count = 0;
  const SiteKey* keys = nullptr;
};
struct UnaryOp : Op {
  const Op* operand = nullptr;
};
struct BinaryOp : Op {
  const Op* left = nullptr;
  const Op* right = nullptr;
};
struct ListOp : Op {  // Concat, Array, Block
  std::uint32_t count = 0;
  const Op* const* items = nullptr;
  const bool* nested = nullptr;  // Array: which items are written as [ … ] themselves
  bool is_cons = false;
  std::uint32_t slots = 0;  // Block: of its frame; 0: it needs none
  const ScopeNames* names = nullptr;
};
// An object constructor whose keys are constant and different.
struct RecordOp : Op {
  std::uint32_t count = 0;
  const Key* keys = nullptr;
  const Op* const* values = nullptr;
};
struct GroupOp : Op {
  std::uint32_t count = 0;
  const Op* const* keys = nullptr;
  const Op* const* values = nullptr;
  std::uint32_t tuple_slots = 0;  // of the frame that the values see, behind a tuple path
};
struct ConditionOp : Op {
  const Op* condition = nullptr;
  const Op* then = nullptr;
  const Op* otherwise = nullptr;  // may be null
};
struct BindOp : Op {
  std::uint32_t slot = 0;
  const Op* value = nullptr;
};
struct CallOp : Op {
  const Op* procedure = nullptr;
  std::uint32_t count = 0;
  const Op* const* arguments = nullptr;  // Partial: null stands for `?`
  std::string_view name;                 // for messages
  bool is_known_name = false;            // a bare name that would be a function with `$`
};
struct LambdaOp : Op {
  const Op* body = nullptr;
  std::uint32_t parameters = 0;
  std::uint32_t slots = 0;
  bool is_captured = false;      // something in it may keep its frame
  std::uint32_t sure_depth = 0;  // nodes that are open at once in any case
  const Signature* signature = nullptr;
  const ScopeNames* names = nullptr;
};
struct NativeCallOp : CallOp {
  const Native* native = nullptr;
  FoldKind fold = FoldKind::None;  // when its one argument is a path whose items it can take
  const Signature* native_signature = nullptr;
  const LambdaOp* written_lambda = nullptr;  // the second argument, when it is one
  const Pictures* pictures = nullptr;        // made from constant arguments
};
struct RegexOp : Op {
  const Regex* regex = nullptr;
};
struct TransformOp : Op {
  const Op* pattern = nullptr;
  const Op* update = nullptr;
  const Op* remove = nullptr;  // may be null
  std::uint32_t update_position = 0;
  std::uint32_t remove_position = 0;
  const Op* clone = nullptr;  // `$clone`, which may be bound anew
};
struct FilteredOp : Op {
  const Op* operand = nullptr;
  std::uint32_t count = 0;
  const Op* const* predicates = nullptr;
};
struct GroupedOp : Op {
  const Op* operand = nullptr;
  const GroupOp* group = nullptr;
};

// One [predicate] or #index behind a step.
struct StageOp {
  const Op* predicate = nullptr;
  std::uint32_t index_slot = 0;  // when there is no predicate
};
struct TermOp {
  const Op* key = nullptr;
  bool is_descending = false;
};
struct StepOp {
  enum class Kind : std::uint8_t { Name, Descendant, Other, Sort } kind = Kind::Other;
  bool is_cons = false;
  bool is_tuple = false;
  std::uint32_t segment_end = 0;  // last step that runs item by item together with this one
  SiteKey key;                    // Name
  const Op* op = nullptr;
  std::uint32_t stage_count = 0;
  const StageOp* stages = nullptr;
  std::uint32_t term_count = 0;
  const TermOp* terms = nullptr;
  std::uint32_t position = 0;
  // Tuple steps: places in the row, 0 for none.
  std::uint32_t focus_slot = 0;
  std::uint32_t index_slot = 0;
  std::uint32_t ancestor_slot = 0;
  const std::uint32_t* inner_slots = nullptr;  // where the rows of a path inside the step go
  std::uint32_t inner_count = 0;
};
struct PathOp : Op {
  std::uint32_t count = 0;
  const StepOp* steps = nullptr;
  bool starts_with_variable = false;
  bool keeps_singleton = false;
  bool gives_tuples = false;      // an enclosing path needs the rows
  std::uint32_t tuple_start = 0;  // first tuple step
  std::uint32_t tuple_slots = 0;  // of a row, its item included
  const GroupOp* group = nullptr;
  const ScopeNames* names = nullptr;  // of a row
};

class Program {
 public:
  Program(std::string_view text, Dialect used) : source(text), dialect(used) {}

  std::string source;
  Dialect dialect;
  Arena memory;
  const Op* root = nullptr;
  std::uint32_t root_slots = 0;
  const ScopeNames* root_names = nullptr;
  std::uint32_t sites = 0;
  std::vector<std::shared_ptr<const Regex>> regexes;
  std::vector<std::unique_ptr<const Signature>> signatures;
  std::vector<std::shared_ptr<const Pictures>> pictures;
  std::vector<std::unique_ptr<ScopeNames>> scopes;  // only when $eval is in sight
};

}  // namespace fermata::jsonata
