// Binary operators. Source: the language's documentation, "Other operators".
#include <cmath>

#include "jsonata/evaluator.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

// The language's own bound of a range.
constexpr double kRangeMax = 10'000'000;

std::string symbol_of(const Node& node) {
  return node.text;
}

}  // namespace

Val Evaluator::binary(const Node& node, const Val& input, const Scope& scope) {
  const std::string& op = node.text;
  const Val left = evaluate(*node.left, input, scope);
  if (failed()) return {};
  if (op == "and") {
    if (!truthy(left)) return Val::boolean(false);
    const Val right = evaluate(*node.right, input, scope);
    return failed() ? Val() : Val::boolean(truthy(right));
  }
  if (op == "or") {
    if (truthy(left)) return Val::boolean(true);
    const Val right = evaluate(*node.right, input, scope);
    return failed() ? Val() : Val::boolean(truthy(right));
  }
  if (op == "?:") return truthy(left) ? left : evaluate(*node.right, input, scope);
  if (op == "??") return left.is_undefined() ? evaluate(*node.right, input, scope) : left;
  const Val right = evaluate(*node.right, input, scope);
  if (failed()) return {};
  switch (op[0]) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(node, left, right);
    case '&':
      return concatenate(left, right);
    case '=':
    case '!': {
      if (left.is_undefined() || right.is_undefined()) return Val::boolean(false);
      const bool is_equal = deep_equal(left, right);
      return Val::boolean(op[0] == '=' ? is_equal : !is_equal);
    }
    case '<':
    case '>':
      return comparison(node, left, right);
    case '.':
      return range(node, left, right);
    default:
      return includes(left, right);
  }
}

Val Evaluator::arithmetic(const Node& node, const Val& left, const Val& right) {
  if (!left.is_undefined() && !left.is_number())
    return fail("T2001", node.position, symbol_of(node));
  if (!right.is_undefined() && !right.is_number())
    return fail("T2002", node.position, symbol_of(node));
  if (left.is_undefined() || right.is_undefined()) return {};
  const double a = left.as_number();
  const double b = right.as_number();
  // A quotient by zero may be made, but nothing can be made of it.
  if (!std::isfinite(a) || !std::isfinite(b)) return fail("D1001", node.position, symbol_of(node));
  double result = 0;
  switch (node.text[0]) {
    case '+':
      result = a + b;
      break;
    case '-':
      result = a - b;
      break;
    case '*':
      result = a * b;
      break;
    case '/':
      result = a / b;
      break;
    default:
      result = std::fmod(a, b);
      break;
  }
  return Val::number(result);
}

Val Evaluator::comparison(const Node& node, const Val& left, const Val& right) {
  const auto is_ordered = [](const Val& v) {
    return v.is_undefined() || v.is_number() || v.is_text();
  };
  if (!is_ordered(left) || !is_ordered(right)) return fail("T2010", node.position, symbol_of(node));
  if (left.is_undefined() || right.is_undefined()) return {};
  if (left.tag() != right.tag()) return fail("T2009", node.position, symbol_of(node));
  int sign = 0;
  if (left.is_number()) {
    sign = left.as_number() < right.as_number() ? -1 : left.as_number() > right.as_number() ? 1 : 0;
  } else {
    sign = compare_text(left.as_text(), right.as_text());
  }
  const std::string& op = node.text;
  if (op == "<") return Val::boolean(sign < 0);
  if (op == "<=") return Val::boolean(sign <= 0);
  if (op == ">") return Val::boolean(sign > 0);
  return Val::boolean(sign >= 0);
}

Val Evaluator::concatenate(const Val& left, const Val& right) {
  std::string text = left.is_undefined() ? "" : to_text(*this, left);
  if (!right.is_undefined()) text += to_text(*this, right);
  if (failed() || !spend_text(text.size())) return {};
  return Val::text(std::move(text));
}

Val Evaluator::range(const Node& node, const Val& left, const Val& right) {
  const auto is_whole = [](const Val& v) {
    return v.is_number() && std::trunc(v.as_number()) == v.as_number();
  };
  if (!left.is_undefined() && !is_whole(left)) return fail("T2003", node.position, "..");
  if (!right.is_undefined() && !is_whole(right)) return fail("T2004", node.position, "..");
  if (left.is_undefined() || right.is_undefined() || left.as_number() > right.as_number())
    return {};
  const double count = right.as_number() - left.as_number() + 1;
  if (count > kRangeMax) return fail("D2014", node.position, "..");
  if (!spend_items(static_cast<std::uint64_t>(count))) return {};
  const Val result = sequence();
  result.own_array()->items.reserve(static_cast<std::size_t>(count));
  for (double at = left.as_number(); at <= right.as_number(); ++at) push(result, Val::number(at));
  return result;
}

Val Evaluator::includes(const Val& left, const Val& right) {
  if (left.is_undefined() || right.is_undefined()) return Val::boolean(false);
  if (!right.is_array()) return Val::boolean(deep_equal(left, right));
  for (std::size_t i = 0; i < right.size(); ++i) {
    const Val item = right.at(i);
    // Identity for arrays and objects, as the language has it: only plain values are found.
    if (!item.is_array() && !item.is_object() && deep_equal(left, item)) return Val::boolean(true);
  }
  return Val::boolean(false);
}

Val append(Evaluator& evaluator, const Val& left, const Val& right) {
  if (left.is_undefined()) return right;
  if (right.is_undefined()) return left;
  const std::size_t count =
      (left.is_array() ? left.size() : 1) + (right.is_array() ? right.size() : 1);
  if (!evaluator.spend_items(count)) return {};
  const Val result = sequence();
  const auto add = [&](const Val& value) {
    if (!value.is_array()) {
      push(result, value);
      return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) push(result, value.at(i));
  };
  add(left);
  add(right);
  if (left.is_array() && !left.is_sequence()) result.own_array()->is_sequence = false;
  return result;
}

}  // namespace fermata::jsonata
