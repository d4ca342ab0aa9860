// Operations that call or make functions: f(…), f(?, …), ~>, $eval.
#include "jsonata/compile.h"
#include "jsonata/run.h"

namespace fermata::jsonata {
namespace {

constexpr std::uint32_t kNearArguments = 6;

}  // namespace

// A failure inside a call is reported at the call; the innermost name stays.
Cell Run::blame(const CallOp& op) {
  failure->position = op.position;
  if (failure->token.empty()) failure->token = op.name;
  return Cell::of(Tag::Failed);
}

Cell Run::leave_call(const Function& function, const Cell* arguments, std::uint32_t count) {
  pending.function = &function;
  pending.count = count;
  pending.arguments =
      count <= pending.near.size() ? pending.near.data() : memory.array<Cell>(count);
  std::copy_n(arguments, count, pending.arguments);
  return Cell::of(Tag::TailCall);
}

Cell Run::eval_call(const CallOp& op, const Cell& context, Frame* frame, const Cell* piped) {
  const Cell procedure = eval(op.procedure, context, frame);
  if (procedure.is_failed()) return procedure;
  if (procedure.is_undefined() && op.is_known_name)
    return fail_at("T1005", op.position, std::string(op.name));
  std::array<Cell, kNearArguments> near;
  const std::uint32_t before = piped != nullptr ? 1 : 0;
  const std::uint32_t count = op.count + before;
  Cell* const arguments = count <= near.size() ? near.data() : memory.array<Cell>(count);
  if (piped != nullptr) arguments[0] = *piped;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    arguments[i + before] = eval(op.arguments[i], context, frame);
    if (arguments[i + before].is_failed()) return arguments[i + before];
  }
  if (!procedure.is(Tag::Function)) return fail_at("T1006", op.position, std::string(op.name));
  const Function& function = *procedure.function;
  if (op.is_tail && piped == nullptr && function.kind == Function::Kind::Lambda)
    return leave_call(function, arguments, count);
  depth += op.depth;
  const Cell result = call(function, arguments, count, context, frame);
  depth -= op.depth;
  if (result.is_failed()) return blame(op);
  return op.is_tail || piped != nullptr ? result : settle(result, &op);
}

bool Run::overrides(std::string_view name) const {
  for (const auto& [bound, value] : options.bindings) {
    if (bound == name) return true;
  }
  return false;
}

Cell Run::eval_fold(const NativeCallOp& op, const Cell& context, Frame* frame) {
  Fold fold;
  fold.kind = op.fold;
  const Op* const path = op.arguments[0];
  const Cell value = path->kind == OpKind::Field
                         ? eval_field(*static_cast<const FieldOp*>(path), context, frame, &fold)
                         : eval_path(*static_cast<const PathOp*>(path), context, frame, &fold);
  if (failed()) return Cell::of(Tag::Failed);
  return value.is(Tag::Unbound) && !fold.is_odd ? fold.result() : Cell::of(Tag::Unbound);
}

Cell Run::eval_native_call(const NativeCallOp& op, const Cell& context, Frame* frame,
                           const Cell* piped) {
  if (!options.bindings.empty() && overrides(op.name)) return eval_call(op, context, frame, piped);
  const Arena::Mark mark = memory.mark();
  if (op.fold != FoldKind::None && piped == nullptr) {
    const Cell folded = eval_fold(op, context, frame);
    if (folded.is_failed()) return folded;
    if (!folded.is(Tag::Unbound)) {
      memory.release(mark);
      return folded;
    }
  }
  std::array<Cell, kNearArguments> near;
  const std::uint32_t before = piped != nullptr ? 1 : 0;
  const std::uint32_t count = op.count + before;
  Cell* const arguments = count <= near.size() ? near.data() : memory.array<Cell>(count);
  if (piped != nullptr) arguments[0] = *piped;
  Function written;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    Cell& argument = arguments[i + before];
    if (op.written_lambda != nullptr && i + before == 1) {
      written.kind = Function::Kind::Lambda;
      written.arity = op.written_lambda->parameters;
      written.lambda = op.written_lambda;
      written.frame = frame;
      written.context = context;
      argument = Cell::of_function(&written);
      continue;
    }
    argument = eval(op.arguments[i], context, frame);
    if (argument.is_failed()) return argument;
  }
  depth += op.depth;
  const Cell result = call_native(*op.native, *op.native_signature,
                                  {arguments, count, op.pictures, context, frame});
  depth -= op.depth;
  if (result.is_failed()) return blame(op);
  // Numbers and the like point nowhere: all that was made on the way to them can go.
  if (!op.keeps_memory && result.tag <= Tag::Number) {
    memory.release(mark);
    return result;
  }
  return op.is_tail || piped != nullptr ? result : settle(result, &op);
}

Cell Run::eval_partial(const CallOp& op, const Cell& context, Frame* frame) {
  Cell* const fixed = memory.array<Cell>(op.count);
  for (std::uint32_t i = 0; i < op.count; ++i) {
    fixed[i] = Cell::of(Tag::Unbound);
    if (op.arguments[i] == nullptr) continue;
    fixed[i] = eval(op.arguments[i], context, frame);
    if (fixed[i].is_failed()) return fixed[i];
  }
  const Cell procedure = eval(op.procedure, context, frame);
  if (procedure.is_failed()) return procedure;
  if (!procedure.is(Tag::Function)) {
    const bool is_near = procedure.is_undefined() && op.is_known_name;
    return fail_at(is_near ? "T1007" : "T1008", op.position, std::string(op.name));
  }
  std::uint32_t arity = 0;
  for (std::uint32_t i = 0; i < op.count; ++i) arity += fixed[i].is(Tag::Unbound) ? 1U : 0U;
  Function* const made = memory.make(Function{});
  made->kind = Function::Kind::Partial;
  made->arity = arity;
  made->first = procedure.function;
  made->fixed = fixed;
  made->fixed_count = op.count;
  return Cell::of_function(made);
}

Cell Run::eval_pipe(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  if (op.right->kind == OpKind::NativeCall) {
    const Cell result =
        eval_native_call(*static_cast<const NativeCallOp*>(op.right), context, frame, &left);
    return result.is_failed() ? result : settle(result, &op);
  }
  if (op.right->kind == OpKind::Call) {
    const Cell result = eval_call(*static_cast<const CallOp*>(op.right), context, frame, &left);
    return result.is_failed() ? result : settle(result, &op);
  }
  const Cell right = eval(op.right, context, frame);
  if (right.is_failed()) return right;
  if (!right.is(Tag::Function)) return fail_at("T2006", op.position);
  if (left.is(Tag::Function)) {
    Function* const made = memory.make(Function{});
    made->kind = Function::Kind::Composed;
    made->first = left.function;
    made->second = right.function;
    return Cell::of_function(made);
  }
  Cell argument = left;
  depth += op.depth;
  const Cell result = call(*right.function, &argument, 1, Cell::null(), frame);
  depth -= op.depth;
  return result.is_failed() ? result : settle(result, &op);
}

// $eval: the text is compiled in sight of the caller's variables.
Cell Run::evaluate_text(const Cell& source, const Cell& context, Frame* frame) {
  std::vector<const ScopeNames*> scopes;
  for (Frame* at = frame; at != nullptr; at = at->outer) scopes.push_back(at->scope);
  Compiled made = compile_inside(source.view(), program_.dialect, scopes);
  if (made.failure) {
    failure = std::move(made.failure);
    failure->token = failure->code;
    failure->code = "D3120";
    return Cell::of(Tag::Failed);
  }
  const Program& program = *made.program;
  evaluated_.push_back(std::move(made.program));
  Frame* const inner = program.root_slots > 0 ? new_frame(program.root_slots, frame) : frame;
  if (failed()) return Cell::of(Tag::Failed);
  if (program.root_slots > 0) inner->scope = program.root_names;
  const Cell result = eval(program.root, context, inner);
  // A budget that is used up stays what it is: no expression may take it for its own error.
  if (result.is_failed() && failure->code[0] != 'U') {
    failure->token = failure->code;
    failure->code = "D3121";
  }
  return result;
}

}  // namespace fermata::jsonata
