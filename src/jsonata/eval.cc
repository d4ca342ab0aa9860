// The dispatch over operations, and the small ones: variables, fields, constructors, blocks,
// conditions. Documentation: "Simple queries", "Construction", "Programming constructs".
#include <cmath>

#include "jsonata/run.h"

namespace fermata::jsonata {

// A table of operations, one line each where it can be.
// NOLINTNEXTLINE(readability-function-size)
Cell Run::eval(const Op* op, const Cell& context, Frame* frame) {
  switch (op->kind) {
    case OpKind::Constant:
      return static_cast<const ConstantOp*>(op)->value;
    case OpKind::Context: {
      const bool is_outer = context.is_array() && !context.is_foreign() && context.list->is_outer;
      return settle(is_outer ? context.list->items[0] : context, op);
    }
    case OpKind::Slot:
      return eval_slot(*static_cast<const SlotOp*>(op), context, frame);
    case OpKind::Global:
      return eval_global(*static_cast<const GlobalOp*>(op));
    case OpKind::Field:
      return eval_field(*static_cast<const FieldOp*>(op), context, frame);
    case OpKind::Path:
      return eval_path(*static_cast<const PathOp*>(op), context, frame);
    case OpKind::TuplePath:
      return eval_tuple_path(*static_cast<const PathOp*>(op), context, frame);
    case OpKind::Negate:
      return eval_negate(*static_cast<const UnaryOp*>(op), context, frame);
    case OpKind::Add:
    case OpKind::Subtract:
    case OpKind::Multiply:
    case OpKind::Divide:
    case OpKind::Modulo:
      return eval_arithmetic(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::Less:
    case OpKind::LessEqual:
    case OpKind::Greater:
    case OpKind::GreaterEqual:
      return eval_order(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::Equal:
    case OpKind::NotEqual:
      return eval_equal(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::And:
    case OpKind::Or:
      return eval_logic(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::In:
      return eval_in(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::Range:
      return eval_range(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::Elvis:
    case OpKind::Coalesce:
      return eval_choice(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::Concat:
      return eval_concat(*static_cast<const ListOp*>(op), context, frame);
    case OpKind::Array:
      return eval_array(*static_cast<const ListOp*>(op), context, frame);
    case OpKind::Record:
      return eval_record(*static_cast<const RecordOp*>(op), context, frame);
    case OpKind::Group:
      return group(*static_cast<const GroupOp*>(op), context, frame);
    case OpKind::Block:
      return eval_block(*static_cast<const ListOp*>(op), context, frame);
    case OpKind::Condition:
      return eval_condition(*static_cast<const ConditionOp*>(op), context, frame);
    case OpKind::Bind: {
      const auto* bind = static_cast<const BindOp*>(op);
      const Cell value = eval(bind->value, context, frame);
      if (!value.is_failed()) frame->slots()[bind->slot] = value;
      return value;
    }
    case OpKind::Call:
      return eval_call(*static_cast<const CallOp*>(op), context, frame);
    case OpKind::NativeCall:
      return eval_native_call(*static_cast<const NativeCallOp*>(op), context, frame);
    case OpKind::Partial:
      return eval_partial(*static_cast<const CallOp*>(op), context, frame);
    case OpKind::Lambda:
      return eval_lambda(*static_cast<const LambdaOp*>(op), context, frame);
    case OpKind::Regex: {
      Function* const made = memory.make(Function{});
      made->kind = Function::Kind::Regex;
      made->arity = 2;
      made->regex = static_cast<const RegexOp*>(op);
      return Cell::of_function(made);
    }
    case OpKind::Transform: {
      Function* const made = memory.make(Function{});
      made->kind = Function::Kind::Transform;
      made->transform = static_cast<const TransformOp*>(op);
      made->frame = frame;
      return Cell::of_function(made);
    }
    case OpKind::Pipe:
      return eval_pipe(*static_cast<const BinaryOp*>(op), context, frame);
    case OpKind::Filtered:
      return eval_filtered(*static_cast<const FilteredOp*>(op), context, frame);
    case OpKind::Grouped: {
      const auto* grouped = static_cast<const GroupedOp*>(op);
      const Cell value = eval(grouped->operand, context, frame);
      return value.is_failed() ? value : group(*grouped->group, value, frame);
    }
    case OpKind::Wildcard:
      return settle(eval_wildcard(context), op);
    case OpKind::Descendant:
      return settle(eval_descendant(context), op);
  }
  return {};
}

Cell Run::settle_sequence(const Cell& value, bool keeps_array) {
  List& list = *value.list;
  if (list.is_tuples) return value;
  if (keeps_array) list.keep_singleton = true;
  if (list.size == 0) return {};
  return list.size == 1 && !list.keep_singleton ? list.items[0] : value;
}

Cell Run::eval_slot(const SlotOp& op, const Cell& context, Frame* frame) {
  Frame* at = frame;
  for (std::uint32_t hops = op.hops; hops > 0; --hops) at = at->outer;
  const Cell& value = at->slots()[op.slot];
  if (value.is(Tag::Unbound))
    return op.otherwise == nullptr ? Cell() : eval(op.otherwise, context, frame);
  return settle(value, &op);
}

Cell Run::eval_global(const GlobalOp& op) {
  if (op.name == "$") return settle(root, &op);
  for (const auto& [name, value] : options.bindings) {
    if (name == op.name) return of_json(*value);
  }
  return op.value;
}

Cell Run::eval_block(const ListOp& op, const Cell& context, Frame* frame) {
  if (op.slots > 0) {
    frame = new_frame(op.slots, frame);
    if (frame == nullptr) return Cell::of(Tag::Failed);
    frame->scope = op.names;
  }
  Cell result;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    result = eval(op.items[i], context, frame);
    if (result.is_failed()) return result;
  }
  // What a call in tail position gave is not looked at on the way out.
  return op.is_tail ? result : settle(result, &op);
}

Cell Run::eval_condition(const ConditionOp& op, const Cell& context, Frame* frame) {
  const Cell condition = eval(op.condition, context, frame);
  if (condition.is_failed()) return condition;
  const bool holds = condition.is(Tag::Bool) ? condition.flag : truthy(condition);
  if (failed()) return Cell::of(Tag::Failed);
  const Op* const taken = holds ? op.then : op.otherwise;
  if (taken == nullptr) return {};
  const Cell value = eval(taken, context, frame);
  return taken->is_tail ? value : settle(value, &op);
}

Cell Run::eval_choice(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  const bool holds = op.kind == OpKind::Elvis ? truthy(left) : !left.is_undefined();
  if (failed()) return Cell::of(Tag::Failed);
  return holds ? left : eval(op.right, context, frame);
}

Cell Run::eval_array(const ListOp& op, const Cell& context, Frame* frame) {
  List* const list = new_list(op.count, false);
  list->is_cons = op.is_cons;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    const Cell value = eval(op.items[i], context, frame);
    if (value.is_failed()) return value;
    if (value.is_undefined()) continue;
    if (op.nested[i] || !value.is_array()) {
      if (!push(*list, value)) return Cell::of(Tag::Failed);
      continue;
    }
    if (list->size == 0 && is_sequence(value)) {
      // A sequence of the engine's own is nobody else's: its items are taken over, not copied.
      list->items = value.list->items;
      list->size = list->capacity = value.list->size;
      continue;
    }
    const Items items(value);
    if (!room_for_items(items.size())) return Cell::of(Tag::Failed);
    for (std::size_t k = 0; k < items.size(); ++k) push(*list, items.at(k));
  }
  return Cell::array(list);
}

Cell Run::eval_record(const RecordOp& op, const Cell& context, Frame* frame) {
  Record* const record = memory.make(Record{});
  Cell* const values = memory.array<Cell>(op.count);
  record->keys = op.keys;
  record->values = values;
  record->size = op.count;
  const Cell inner = context.is_array() ? merged_items(context) : context;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    values[i] = Cell();
    const Cell value = eval(op.values[i], inner, frame);
    if (value.is_failed()) return value;
    values[i] = value;
  }
  if (!room_for_items(op.count)) return Cell::of(Tag::Failed);
  return Cell::object(record);
}

Cell Run::eval_filtered(const FilteredOp& op, const Cell& context, Frame* frame) {
  Cell value = eval(op.operand, context, frame);
  for (std::uint32_t i = 0; i < op.count && !value.is_failed(); ++i)
    value = filter(op.predicates[i], value, frame);
  return value.is_failed() ? value : settle(value, &op);
}

Cell Run::eval_lambda(const LambdaOp& op, const Cell& context, Frame* frame) {
  Function* const made = memory.make(Function{});
  made->kind = Function::Kind::Lambda;
  made->arity = op.parameters;
  made->lambda = &op;
  made->frame = frame;
  made->context = context;
  return Cell::of_function(made);
}

bool Run::flatten(const Cell& value, List& into) {
  if (!value.is_array()) return push(into, value);
  DataLevel level(*this);
  if (!level.fits()) return false;
  const Items items(value);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!flatten(items.at(i), into)) return false;
  }
  return true;
}

// `*`: values of all members; arrays among them are taken apart all the way, and then the result is
// no sequence any more.
Cell Run::eval_wildcard(const Cell& context) {
  Cell input = context;
  if (input.is_array() && !input.is_foreign() && input.list->is_outer && input.list->size > 0)
    input = input.list->items[0];
  List* const list = new_list(4, true);
  const auto take = [&](const Cell& value) {
    if (value.is_array()) list->is_sequence = false;
    return flatten(value, *list);
  };
  if (input.is(Tag::Object)) {
    Members members(input);
    while (members.next()) {
      if (!take(members.value())) return Cell::of(Tag::Failed);
    }
  } else if (input.is_array()) {
    const Items items(input);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!take(items.at(i))) return Cell::of(Tag::Failed);
    }
    // The official engine's sequences carry their flags as members, and `*` finds those too.
    const bool is_flagged = is_sequence(input);
    if (is_flagged && !take(Cell::boolean(true))) return Cell::of(Tag::Failed);
    if (is_flagged && input.list->keep_singleton && !take(Cell::boolean(true)))
      return Cell::of(Tag::Failed);
  }
  return Cell::array(list);
}

bool Run::descend(const Cell& value, List& into) {
  if (!value.is_array() && !push(into, value)) return false;
  if (!value.is_array() && !value.is(Tag::Object)) return true;
  DataLevel level(*this);
  if (!level.fits()) return false;
  if (value.is_array()) {
    const Items items(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!descend(items.at(i), into)) return false;
    }
    return true;
  }
  Members members(value);
  while (members.next()) {
    if (!descend(members.value(), into)) return false;
  }
  return true;
}

// `**`: the value and all below it, no arrays.
Cell Run::eval_descendant(const Cell& context) {
  if (context.is_undefined()) return {};
  List* const list = new_list(8, true);
  if (!descend(context, *list)) return Cell::of(Tag::Failed);
  return list->size == 1 ? list->items[0] : Cell::array(list);
}

}  // namespace fermata::jsonata
