#pragma once
// Run: one evaluation. It walks the operations of a program with native recursion under a counted
// depth; every value it makes lies in one arena. A failure is set once; operations then give a
// Failed cell, and every caller hands it on. Code by topic: eval*.cc, call.cc, build.cc, and the
// built-in functions in native_*.cc.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jsonata/arena.h"
#include "jsonata/cell.h"
#include "jsonata/fold.h"
#include "jsonata/jsonata.h"
#include "jsonata/native.h"
#include "jsonata/program.h"
#include "jsonata/regex.h"

namespace fermata::jsonata {

// Places of a scope's variables. A row of a tuple path is one as well: place 0 is its item.
struct Frame {
  Frame* outer = nullptr;
  const ScopeNames* scope = nullptr;  // when $eval may ask
  std::uint32_t size = 0;
  Cell* slots() { return reinterpret_cast<Cell*>(this + 1); }
};

struct Function {
  enum class Kind : std::uint8_t { Native, Lambda, Partial, Composed, Regex, NextMatch, Transform };
  Kind kind = Kind::Native;
  std::uint32_t arity = 1;
  const Native* native = nullptr;
  const Signature* signature = nullptr;  // Native
  const LambdaOp* lambda = nullptr;
  const TransformOp* transform = nullptr;
  Frame* frame = nullptr;            // Lambda, Transform: where it was made
  Cell context;                      // … and what `$` was there
  const Function* first = nullptr;   // Partial: of what; Composed: runs first
  const Function* second = nullptr;  // Composed
  const Cell* fixed = nullptr;       // Partial: arguments, Unbound where `?` stood
  std::uint32_t fixed_count = 0;
  const RegexOp* regex = nullptr;
  Cell text;             // NextMatch
  std::size_t from = 0;  // NextMatch: byte offset
};

class Run {
 public:
  Run(const Program& program, const EvaluateOptions& options, Arena& memory);

  // Runs the whole program on an input.
  Cell run(const Cell& input);
  Cell eval(const Op* op, const Cell& context, Frame* frame);

  // -- failing and counting
  Cell fail(const char* code, std::string token = {});
  Cell fail_at(const char* code, std::uint32_t position, std::string token = {});
  [[nodiscard]] bool failed() const { return failure.has_value(); }
  [[nodiscard]] std::uint64_t steps_taken() const {
    return steps_allowed_ - static_cast<std::uint64_t>(std::max<std::int64_t>(0, steps_left_));
  }
  // With what was made: in the time of a step, eight items or sixteen bytes of text are.
  [[nodiscard]] std::uint64_t work_done() const {
    return steps_taken() + (items_allowed_ - items_left_) / 8 + (text_allowed_ - text_left_) / 16;
  }
  // One unit of work; false when there is none left.
  bool step() { return steps_left_-- > 0 || out_of_steps(); }
  bool steps(std::uint64_t count);
  // Whether so much may still be made. Call before taking memory that data decides about.
  bool room_for_items(std::uint64_t count);
  bool room_for_text(std::uint64_t bytes);

  // -- making values (build.cc)
  List* new_list(std::uint32_t capacity, bool is_sequence);
  bool push(List& list, const Cell& item);
  Record* new_record(std::uint32_t capacity);
  bool set(Record& record, std::string_view key, const Cell& value);
  Cell text(std::string_view content);  // copied
  Cell sequence_of(const Cell& item);
  // What one key of a grouping sees of an array: its items, appended one after the other.
  Cell merged_items(const Cell& array);
  // $append of the language.
  Cell append(const Cell& left, const Cell& right);
  Frame* new_frame(std::uint32_t slots, Frame* outer);
  // The value of a node whose result was `value`: sequences of none and of one go.
  Cell settle(const Cell& value, const Op* op) {
    if (!value.is_array() || value.is_foreign() || !value.list->is_sequence || op->is_raw)
      return value;
    return settle_sequence(value, op->keeps_array);
  }
  static Cell settle_sequence(const Cell& value, bool keeps_array);

  // -- calling (call.cc)
  // `count` arguments; `context` stands in where a signature says so.
  Cell call(const Function& function, Cell* arguments, std::uint32_t count, const Cell& context,
            Frame* frame);
  // Arguments that fit the signature, in `fitted`; false when they do not (a failure is set).
  bool fit(const Signature& signature, const Cell& context, Cell*& arguments, std::uint32_t& count);
  // Makes the call that a tail position left, and those that it leaves.
  Cell finish_tail_calls(Cell value, const Cell& context, Frame* frame);
  Cell run_lambda(const LambdaOp& lambda, Frame* outer, const Cell& context, const Cell* arguments,
                  std::uint32_t count);

  // -- meaning of values (values.cc)
  // The language's truth; failed() afterwards when a number is infinite.
  bool truthy(const Cell& value);
  bool deep_equal(const Cell& left, const Cell& right);
  // A number that is one: not NaN; infinite numbers fail.
  bool is_number(const Cell& value);
  Cell lookup(const Cell& input, std::string_view key);
  std::uint32_t selects(const Cell& verdict, std::size_t index, std::size_t size);
  // $string; for text the value itself.
  Cell to_text(const Cell& value, bool is_pretty = false);

  // -- parts of eval.cc that others use
  Cell filter(const Op* predicate, const Cell& input, Frame* frame);
  // An expression at an item of a list, which may be a row. An order-by of more than one row gives
  // them as plain objects of their bindings (`@` is the item), as the official engine does: what
  // looks at them next sees no variables. `has_rows` is false then.
  Cell eval_at(const Op* op, const Cell& item, bool has_rows, Frame* frame);
  Cell row_value(Frame* row);
  Cell group(const GroupOp& group, const Cell& input, Frame* frame);
  Cell sort_items(const StepOp& step, const Cell& input, Frame* frame);
  Cell transform(const Function& function, const Cell& input);
  // A copy as if by way of JSON text: numbers have 15 digits, functions are empty text.
  Cell clone(const Cell& value);
  Cell evaluate_text(const Cell& source, const Cell& context, Frame* frame);
  Cell match_object(const RegexOp& regex, const Cell& subject, std::size_t from);
  bool find(const Regex& regex, std::string_view text, std::size_t from);

  // The language's own sort, comparison by comparison: halves, then a merge that takes the right
  // one when `is_after(left, right)`. `spare` holds half as many. False when the run failed.
  template <typename IsAfter>
  bool merge_sort(std::uint32_t* places, std::uint32_t count, std::uint32_t* spare,
                  IsAfter&& is_after);

  Arena& memory;
  const EvaluateOptions& options;  // not when the result is taken
  const Edition edition;
  std::optional<Failure> failure;
  RegexMatcher matcher;
  std::uint32_t* hints = nullptr;
  std::uint32_t hint_mask = 0;
  Cell root;
  std::uint32_t depth = 0;       // nodes open below the running lambda
  std::uint32_t data_depth = 0;  // nesting of data being walked
  std::uint64_t random_state = 0;

  // A call in tail position, left for whoever called the lambda.
  struct Pending {
    const Function* function = nullptr;
    Cell* arguments = nullptr;
    std::uint32_t count = 0;
    std::array<Cell, 8> near;
  } pending;

 private:
  friend class PathRun;
  friend class TupleRun;
  bool out_of_steps();
  Cell eval_slot(const SlotOp& op, const Cell& context, Frame* frame);
  Cell eval_global(const GlobalOp& op);
  Cell eval_field(const FieldOp& op, const Cell& context, Frame* frame, Fold* fold = nullptr);
  Cell eval_path(const PathOp& op, const Cell& context, Frame* frame, Fold* fold = nullptr);
  // The aggregation of a path's items, or Unbound when it has to be made the long way.
  Cell eval_fold(const NativeCallOp& op, const Cell& context, Frame* frame);
  Cell eval_tuple_path(const PathOp& op, const Cell& context, Frame* frame);
  Cell eval_arithmetic(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_order(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_logic(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_equal(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_in(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_range(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_choice(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_negate(const UnaryOp& op, const Cell& context, Frame* frame);
  Cell eval_concat(const ListOp& op, const Cell& context, Frame* frame);
  Cell eval_array(const ListOp& op, const Cell& context, Frame* frame);
  Cell eval_record(const RecordOp& op, const Cell& context, Frame* frame);
  Cell eval_block(const ListOp& op, const Cell& context, Frame* frame);
  Cell eval_condition(const ConditionOp& op, const Cell& context, Frame* frame);
  Cell eval_call(const CallOp& op, const Cell& context, Frame* frame, const Cell* piped = nullptr);
  Cell eval_native_call(const NativeCallOp& op, const Cell& context, Frame* frame,
                        const Cell* piped = nullptr);
  Cell leave_call(const Function& function, const Cell* arguments, std::uint32_t count);
  bool overrides(std::string_view name) const;
  Cell eval_partial(const CallOp& op, const Cell& context, Frame* frame);
  Cell eval_lambda(const LambdaOp& op, const Cell& context, Frame* frame);
  Cell eval_pipe(const BinaryOp& op, const Cell& context, Frame* frame);
  Cell eval_filtered(const FilteredOp& op, const Cell& context, Frame* frame);
  Cell eval_wildcard(const Cell& context);
  Cell eval_descendant(const Cell& context);
  Cell clone_value(const Cell& value);
  Cell clone_members(const Cell& object);
  bool change(const TransformOp& op, const Cell& match, Frame* frame);
  bool flatten(const Cell& value, List& into);
  bool descend(const Cell& value, List& into);
  bool fit_slowly(const Signature& signature, const Cell& context, Cell*& arguments,
                  std::uint32_t& count);
  bool steps_for(const Arguments& arguments);
  Cell call_native(const Native& native, const Signature& signature, Arguments arguments);
  Cell call_partial(const Function& function, Cell* arguments, std::uint32_t count,
                    const Cell& context, Frame* frame);
  Cell next_match(const Function& function);
  Cell call_once(const Function& function, Cell* arguments, std::uint32_t count,
                 const Cell& context, Frame* frame);
  Cell blame(const CallOp& op);

  const Program& program_;
  std::uint64_t steps_allowed_;
  std::uint64_t items_allowed_;
  std::uint64_t text_allowed_;
  std::int64_t steps_left_;
  std::uint64_t items_left_;
  std::uint64_t text_left_;
  std::array<const Record*, 16> shapes_{};  // by depth: whose keys the next clone may share
  std::vector<ProgramPtr> evaluated_;       // what $eval compiled lives as long as the run
};

// Counts one level of data; false beyond the limit (a failure is set).
class DataLevel {
 public:
  explicit DataLevel(Run& run) : run_(run) { ++run_.data_depth; }
  ~DataLevel() { --run_.data_depth; }
  DataLevel(const DataLevel&) = delete;
  DataLevel& operator=(const DataLevel&) = delete;
  bool fits() {
    if (run_.data_depth <= kDataDepthMax) return true;
    run_.fail("U1001");
    return false;
  }

 private:
  // Deeper than any document that is read (limits::kJsonDepthMax), shallow for the native stack.
  static constexpr std::uint32_t kDataDepthMax = 500;
  Run& run_;
};

template <typename IsAfter>
bool Run::merge_sort(std::uint32_t* places, std::uint32_t count, std::uint32_t* spare,
                     IsAfter&& is_after) {
  if (count <= 1) return true;
  const std::uint32_t middle = count / 2;
  if (!merge_sort(places, middle, spare, is_after)) return false;
  if (!merge_sort(places + middle, count - middle, spare, is_after)) return false;
  if (!steps(count)) return false;
  std::copy_n(places, middle, spare);
  std::uint32_t i = 0;
  std::uint32_t j = middle;
  std::uint32_t at = 0;
  while (i < middle && j < count) {
    const bool takes_right = is_after(spare[i], places[j]);
    if (failed()) return false;
    places[at++] = takes_right ? places[j++] : spare[i++];
  }
  std::copy_n(spare + i, middle - i, places + at);
  return true;
}

// A function that is called again and again with fresh arguments: a call-back. Its frame is used
// anew each time when nothing can keep it.
class Callback {
 public:
  Callback(Run& run, const Cell& function, Frame* frame);
  // As many of the arguments as the function takes.
  Cell operator()(const Cell* arguments, std::uint32_t count);
  [[nodiscard]] std::uint32_t arity() const { return function_->arity; }
  [[nodiscard]] const Function& function() const { return *function_; }

 private:
  Run& run_;
  const Function* function_;
  Frame* frame_;
  Frame* reused_ = nullptr;
};

}  // namespace fermata::jsonata
