// Calls: signatures, lambdas, tail calls, call-backs. Documentation: "Functions", "Higher order
// functions", "Tail call optimization", "Function signature syntax".
#include <vector>

#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

// Lambdas with more places than this keep them in the arena instead of the native stack.
constexpr std::uint32_t kNearSlots = 6;

bool fits(const Parameter& parameter, Tag tag) {
  return (parameter.types & type_bit(tag)) != 0;
}

// One parameter's share of the arguments: greedy, with backtracking, like the regular expression
// that it stands for.
bool share(const Signature& signature, const Cell* arguments, std::size_t count,
           std::size_t parameter, std::size_t at, std::vector<std::size_t>& taken) {
  if (parameter == signature.parameters.size()) return at == count;
  const Parameter& wanted = signature.parameters[parameter];
  std::size_t most = 0;
  while (at + most < count && fits(wanted, arguments[at + most].tag) &&
         (wanted.is_repeated || most == 0))
    ++most;
  const std::size_t least = wanted.is_optional ? 0 : 1;
  for (std::size_t take = most + 1; take-- > least;) {
    taken[parameter] = take;
    if (share(signature, arguments, count, parameter + 1, at + take, taken)) return true;
  }
  return false;
}

// An argument where an array is wanted: its items are checked, a single value is put in an array.
bool fit_array(Run& run, const Parameter& parameter, Cell& argument) {
  if (argument.is_undefined()) return true;
  if (parameter.item_type != 0) {
    bool is_right = false;
    if (argument.is_array()) {
      is_right = run.steps(Items(argument).size()) && items_are(argument, parameter.item_type);
    } else {
      List wrapped;
      wrapped.items = &argument;
      wrapped.size = 1;
      is_right = items_are(Cell::array(&wrapped), parameter.item_type);
    }
    if (!is_right) {
      run.fail("T0412");
      return false;
    }
  }
  if (argument.is_array()) return true;
  List* const list = run.new_list(1, false);
  list->items[0] = argument;
  list->size = 1;
  argument = Cell::array(list);
  return true;
}

bool fit_context(Run& run, const Parameter& parameter, const Cell& context, Cell& argument) {
  argument = Cell();
  if (!parameter.takes_context) return true;
  if (!fits(parameter, context.tag)) {
    run.fail("T0411");
    return false;
  }
  argument = context;
  return true;
}

}  // namespace

bool Run::fit(const Signature& signature, const Cell& context, Cell*& arguments,
              std::uint32_t& count) {
  const auto& all = signature.parameters;
  bool in_order = count <= all.size();
  for (std::size_t i = 0; in_order && i < all.size(); ++i) {
    in_order =
        !all[i].is_repeated && (i < count ? fits(all[i], arguments[i].tag) : all[i].is_optional);
  }
  if (!in_order) return fit_slowly(signature, context, arguments, count);
  if (count < all.size()) {
    Cell* const more = memory.array<Cell>(all.size());
    std::copy_n(arguments, count, more);
    for (std::size_t i = count; i < all.size(); ++i) {
      if (!fit_context(*this, all[i], context, more[i])) return false;
    }
    arguments = more;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (all[i].is_array && !fit_array(*this, all[i], arguments[i])) return false;
  }
  count = static_cast<std::uint32_t>(all.size());
  return true;
}

bool Run::fit_slowly(const Signature& signature, const Cell& context, Cell*& arguments,
                     std::uint32_t& count) {
  const auto& all = signature.parameters;
  std::vector<std::size_t> taken(all.size());
  if (!share(signature, arguments, count, 0, 0, taken)) {
    fail("T0410");
    return false;
  }
  Cell* const fitted = memory.array<Cell>(all.size() + count);
  std::uint32_t made = 0;
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (taken[i] == 0) {
      // What is left out takes an argument's place all the same when there is no context for it.
      fitted[made] = !all[i].takes_context && at < count ? arguments[at] : Cell();
      if (all[i].takes_context && !fit_context(*this, all[i], context, fitted[made])) return false;
      if (!all[i].takes_context) ++at;
      ++made;
    }
    for (std::size_t k = 0; k < taken[i]; ++k, ++at, ++made) {
      fitted[made] = arguments[at];
      if (all[i].is_array && !fit_array(*this, all[i], fitted[made])) return false;
    }
  }
  arguments = fitted;
  count = made;
  return true;
}

Cell Run::run_lambda(const LambdaOp& lambda, Frame* outer, const Cell& context,
                     const Cell* arguments, std::uint32_t count) {
  if (depth + lambda.sure_depth > options.budget.depth) return fail("U1001");
  if (!step()) return Cell::of(Tag::Failed);
  struct Near {
    Frame frame;
    std::array<Cell, kNearSlots> slots;
  } near;
  static_assert(offsetof(Near, slots) == sizeof(Frame));
  Frame* frame = &near.frame;
  if (lambda.is_captured || lambda.slots > kNearSlots) {
    frame = new_frame(lambda.slots, outer);
    if (frame == nullptr) return Cell::of(Tag::Failed);
  } else {
    frame->outer = outer;
    frame->size = lambda.slots;
    for (std::uint32_t i = lambda.parameters; i < lambda.slots; ++i)
      near.slots[i] = Cell::of(Tag::Unbound);
  }
  frame->scope = lambda.names;
  Cell* const slots = frame->slots();
  for (std::uint32_t i = 0; i < lambda.parameters; ++i)
    slots[i] = i < count ? arguments[i] : Cell();
  return eval(lambda.body, context, frame);
}

// A function goes through its texts, and may go through its lists.
bool Run::steps_for(const Arguments& arguments) {
  if (edition == Edition::First) return true;
  constexpr std::uint64_t kSizePerStep = 64;
  std::uint64_t size = 0;
  for (std::uint32_t i = 0; i < arguments.count; ++i) {
    const Cell& argument = arguments.at[i];
    if (argument.is_text()) size += argument.size;
    if (argument.is_array()) size += Items(argument).size();
  }
  return size < kSizePerStep || steps(size / kSizePerStep);
}

Cell Run::call_native(const Native& native, const Signature& signature, Arguments arguments) {
  if (!step() || !fit(signature, arguments.context, arguments.at, arguments.count) ||
      !steps_for(arguments))
    return Cell::of(Tag::Failed);
  const Cell result = native.run(*this, arguments);
  return failed() ? Cell::of(Tag::Failed) : result;
}

Cell Run::call_partial(const Function& function, Cell* arguments, std::uint32_t count,
                       const Cell& context, Frame* frame) {
  Cell* const all = memory.array<Cell>(function.fixed_count);
  std::uint32_t at = 0;
  for (std::uint32_t i = 0; i < function.fixed_count; ++i) {
    all[i] = function.fixed[i];
    if (all[i].is(Tag::Unbound)) all[i] = at < count ? arguments[at++] : Cell();
  }
  const Function& inner = *function.first;
  if (inner.kind == Function::Kind::Lambda)
    return run_lambda(*inner.lambda, inner.frame, inner.context, all, function.fixed_count);
  return call_once(inner, all, function.fixed_count, context, frame);
}

Cell Run::call_once(const Function& function, Cell* arguments, std::uint32_t count,
                    const Cell& context, Frame* frame) {
  switch (function.kind) {
    case Function::Kind::Native:
      return call_native(*function.native, *function.signature,
                         {arguments, count, nullptr, context, frame});
    case Function::Kind::Lambda: {
      const LambdaOp& lambda = *function.lambda;
      if (lambda.signature != nullptr && !fit(*lambda.signature, context, arguments, count))
        return Cell::of(Tag::Failed);
      return run_lambda(lambda, function.frame, function.context, arguments, count);
    }
    case Function::Kind::Partial:
      return call_partial(function, arguments, count, context, frame);
    case Function::Kind::Composed: {
      Cell first =
          call(*function.first, arguments, std::min<std::uint32_t>(count, 1), context, frame);
      if (first.is_failed()) return first;
      if (is_sequence(first)) first = settle_sequence(first, false);
      return call(*function.second, &first, 1, context, frame);
    }
    case Function::Kind::Regex: {
      if (count == 0) return {};
      if (arguments[0].tag <= Tag::Number && !arguments[0].is_undefined())
        arguments[0] = to_text(arguments[0]);
      if (!arguments[0].is_text()) return arguments[0].is_failed() ? arguments[0] : Cell();
      // As a call-back it gets an index as second argument, and starts there.
      const bool has_start = count > 1 && arguments[1].is(Tag::Number);
      const std::size_t from =
          has_start ? byte_of_unit(arguments[0].view(), arguments[1].number) : 0;
      return match_object(*function.regex, arguments[0], from);
    }
    case Function::Kind::NextMatch:
      return next_match(function);
    case Function::Kind::Transform:
      if (count != 1 ||
          !(arguments[0].is(Tag::Object) || arguments[0].is_array() || arguments[0].is_undefined()))
        return fail("T0410");
      return transform(function, arguments[0]);
  }
  return {};
}

Cell Run::finish_tail_calls(Cell value, const Cell& context, Frame* frame) {
  while (value.is(Tag::TailCall)) {
    const Function& function = *pending.function;
    const std::uint32_t count = pending.count;
    std::array<Cell, 8> near;
    Cell* arguments = pending.arguments;
    if (count <= near.size()) {
      std::copy_n(arguments, count, near.data());
      arguments = near.data();
    }
    value = call_once(function, arguments, count, context, frame);
  }
  return value;
}

Cell Run::call(const Function& function, Cell* arguments, std::uint32_t count, const Cell& context,
               Frame* frame) {
  const Cell value = call_once(function, arguments, count, context, frame);
  return value.is(Tag::TailCall) ? finish_tail_calls(value, context, frame) : value;
}

Callback::Callback(Run& run, const Cell& function, Frame* frame)
    : run_(run), function_(function.function), frame_(frame) {
  const bool is_plain = function_->kind == Function::Kind::Lambda &&
                        function_->lambda->signature == nullptr && !function_->lambda->is_captured;
  if (is_plain) reused_ = run_.new_frame(function_->lambda->slots, function_->frame);
}

Cell Callback::operator()(const Cell* arguments, std::uint32_t count) {
  if (reused_ == nullptr) {
    std::array<Cell, 4> copy;
    std::copy_n(arguments, count, copy.data());
    return run_.call(*function_, copy.data(), count, Cell::null(), frame_);
  }
  const LambdaOp& lambda = *function_->lambda;
  if (run_.depth + lambda.sure_depth > run_.options.budget.depth) return run_.fail("U1001");
  if (!run_.step()) return Cell::of(Tag::Failed);
  Cell* const slots = reused_->slots();
  for (std::uint32_t i = 0; i < lambda.slots; ++i) {
    slots[i] = i < count && i < lambda.parameters ? arguments[i]
               : i < lambda.parameters            ? Cell()
                                                  : Cell::of(Tag::Unbound);
  }
  const Cell value = run_.eval(lambda.body, function_->context, reused_);
  return value.is(Tag::TailCall) ? run_.finish_tail_calls(value, Cell::null(), frame_) : value;
}

}  // namespace fermata::jsonata
