// Operators. Documentation: "Comparison operators", "Boolean operators", "Numeric operators",
// "Other operators".
#include <cmath>

#include "json/number.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

constexpr double kRangeItemsMax = 1e7;

std::string_view symbol_of(OpKind kind) {
  switch (kind) {
    case OpKind::Add:
      return "+";
    case OpKind::Subtract:
      return "-";
    case OpKind::Multiply:
      return "*";
    case OpKind::Divide:
      return "/";
    case OpKind::Modulo:
      return "%";
    case OpKind::Less:
      return "<";
    case OpKind::LessEqual:
      return "<=";
    case OpKind::Greater:
      return ">";
    default:
      return ">=";
  }
}

bool is_finite_number(const Cell& value) {
  return value.is(Tag::Number) && std::isfinite(value.number);
}

bool holds(OpKind kind, int order) {
  switch (kind) {
    case OpKind::Less:
      return order < 0;
    case OpKind::LessEqual:
      return order <= 0;
    case OpKind::Greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool holds(OpKind kind, double left, double right) {
  switch (kind) {
    case OpKind::Less:
      return left < right;
    case OpKind::LessEqual:
      return left <= right;
    case OpKind::Greater:
      return left > right;
    default:
      return left >= right;
  }
}

bool is_orderable(const Cell& value) {
  return value.is(Tag::Number) || value.is_text() || value.is_undefined();
}

// Sameness, not equality: what the language's `in` asks for.
bool is_same(const Cell& left, const Cell& right) {
  if (left.tag != right.tag) return false;
  switch (left.tag) {
    case Tag::Number:
      return left.number == right.number;
    case Tag::Bool:
      return left.flag == right.flag;
    case Tag::String:
      return left.view() == right.view();
    case Tag::Array:
    case Tag::Object:
    case Tag::Function:
      return left.bits == right.bits;
    default:
      return true;
  }
}

}  // namespace

Cell Run::eval_arithmetic(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  const Cell right = eval(op.right, context, frame);
  if (right.is_failed()) return right;
  if (!is_finite_number(left) || !is_finite_number(right)) {
    const std::string token(symbol_of(op.kind));
    if (!left.is_undefined() && !is_number(left))
      return failed() ? Cell::of(Tag::Failed) : fail_at("T2001", op.position, token);
    if (!right.is_undefined() && !is_number(right))
      return failed() ? Cell::of(Tag::Failed) : fail_at("T2002", op.position, token);
    return {};
  }
  switch (op.kind) {
    case OpKind::Add:
      return Cell::real(left.number + right.number);
    case OpKind::Subtract:
      return Cell::real(left.number - right.number);
    case OpKind::Multiply:
      return Cell::real(left.number * right.number);
    case OpKind::Divide:
      return Cell::real(left.number / right.number);
    default:
      return Cell::real(std::fmod(left.number, right.number));
  }
}

Cell Run::eval_negate(const UnaryOp& op, const Cell& context, Frame* frame) {
  const Cell value = eval(op.operand, context, frame);
  if (value.is_failed() || value.is_undefined()) return value;
  if (is_number(value)) return Cell::real(-value.number);
  return failed() ? Cell::of(Tag::Failed) : fail_at("D1002", op.position, "-");
}

Cell Run::eval_order(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  const Cell right = eval(op.right, context, frame);
  if (right.is_failed()) return right;
  if (left.is(Tag::Number) && right.is(Tag::Number))
    return Cell::boolean(holds(op.kind, left.number, right.number));
  const std::string token(symbol_of(op.kind));
  if (!is_orderable(left) || !is_orderable(right)) return fail_at("T2010", op.position, token);
  if (left.is_undefined() || right.is_undefined()) return {};
  if (left.tag != right.tag) return fail_at("T2009", op.position, token);
  return Cell::boolean(holds(op.kind, compare_text(left.view(), right.view())));
}

Cell Run::eval_equal(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  const Cell right = eval(op.right, context, frame);
  if (right.is_failed()) return right;
  if (left.is_undefined() || right.is_undefined()) return Cell::boolean(false);
  const bool is_equal = deep_equal(left, right);
  if (failed()) return Cell::of(Tag::Failed);
  return Cell::boolean(is_equal == (op.kind == OpKind::Equal));
}

Cell Run::eval_logic(const BinaryOp& op, const Cell& context, Frame* frame) {
  const bool is_and = op.kind == OpKind::And;
  for (const Op* const side : {op.left, op.right}) {
    const Cell value = eval(side, context, frame);
    if (value.is_failed()) return value;
    const bool holds = value.is(Tag::Bool) ? value.flag : truthy(value);
    if (failed()) return Cell::of(Tag::Failed);
    if (holds != is_and) return Cell::boolean(holds);
  }
  return Cell::boolean(is_and);
}

Cell Run::eval_in(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  const Cell right = eval(op.right, context, frame);
  if (right.is_failed()) return right;
  if (left.is_undefined() || right.is_undefined()) return Cell::boolean(false);
  const Items items(right);
  if (!steps(items.size())) return Cell::of(Tag::Failed);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (is_same(left, items.at(i))) return Cell::boolean(true);
  }
  return Cell::boolean(false);
}

Cell Run::eval_range(const BinaryOp& op, const Cell& context, Frame* frame) {
  const Cell left = eval(op.left, context, frame);
  if (left.is_failed()) return left;
  const Cell right = eval(op.right, context, frame);
  if (right.is_failed()) return right;
  const auto is_whole = [](const Cell& value) {
    return is_finite_number(value) && std::trunc(value.number) == value.number;
  };
  if (!left.is_undefined() && !is_whole(left)) return fail_at("T2003", op.position, "..");
  if (!right.is_undefined() && !is_whole(right)) return fail_at("T2004", op.position, "..");
  if (left.is_undefined() || right.is_undefined() || left.number > right.number) return {};
  const double size = right.number - left.number + 1;
  if (size > kRangeItemsMax) return fail_at("D2014", op.position, "..");
  const auto count = static_cast<std::uint32_t>(size);
  if (!room_for_items(count) || !steps(count / 16)) return Cell::of(Tag::Failed);
  List* const list = new_list(count, true);
  for (std::uint32_t i = 0; i < count; ++i) list->items[i] = Cell::real(left.number + i);
  list->size = count;
  return settle(Cell::array(list), &op);
}

// a & b & c: every operand becomes text as soon as it is known, all are joined at the end.
Cell Run::eval_concat(const ListOp& op, const Cell& context, Frame* frame) {
  std::array<Cell, 16> near;
  Cell* const pieces = op.count <= near.size() ? near.data() : memory.array<Cell>(op.count);
  std::uint64_t total = 0;
  Cell first;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    Cell value = eval(op.items[i], context, frame);
    if (value.is_failed()) return value;
    // Both operands of the innermost `&` are evaluated before either becomes text.
    if (i == 0) {
      first = value;
      continue;
    }
    if (i == 1) {
      pieces[0] = first.is_undefined() ? Cell::string("") : to_text(first);
      if (pieces[0].is_failed()) return pieces[0];
      total += pieces[0].size;
    }
    pieces[i] = value.is_undefined() ? Cell::string("") : to_text(value);
    if (pieces[i].is_failed()) return pieces[i];
    total += pieces[i].size;
  }
  if (!room_for_text(total)) return Cell::of(Tag::Failed);
  char* const out = static_cast<char*>(memory.take(total));
  char* at = out;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    if (pieces[i].size > 0) std::memcpy(at, pieces[i].text, pieces[i].size);
    at += pieces[i].size;
  }
  return Cell::string({out, total});
}

}  // namespace fermata::jsonata
