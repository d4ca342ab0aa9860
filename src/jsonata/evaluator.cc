#include "jsonata/evaluator.h"

#include <cmath>

#include "jsonata/functions.h"
#include "jsonata/lexer.h"
#include "jsonata/regex.h"
#include "jsonata/signature.h"

namespace fermata::jsonata {

const Val* Environment::find(std::string_view name) const {
  for (const Environment* at = this; at != nullptr; at = at->outer.get()) {
    for (auto entry = at->names.rbegin(); entry != at->names.rend(); ++entry) {
      if (entry->first == name) return &entry->second;
    }
  }
  return nullptr;
}

void Environment::bind(std::string name, Val value) {
  for (auto& [existing, old] : names) {
    if (existing == name) {
      old = std::move(value);
      return;
    }
  }
  names.emplace_back(std::move(name), std::move(value));
}

Scope with_bindings(const Scope& scope, const Tuple& tuple) {
  auto inner = std::make_shared<Environment>();
  inner->outer = scope;
  inner->names = tuple.bindings;
  return inner;
}

Val Evaluator::fail(std::string code, std::size_t position, std::string token) {
  if (!failure) failure = make_failure(std::move(code), position, std::move(token));
  return {};
}

void Evaluator::release_scopes() {
  for (const Scope& scope : captured_) {
    for (Environment* at = scope.get(); at != nullptr; at = at->outer.get()) at->names.clear();
  }
  captured_.clear();
}

bool Evaluator::spend_items(std::uint64_t count) {
  if (budget_.items < count) {
    fail_here("U1003");
    return false;
  }
  budget_.items -= count;
  return true;
}

bool Evaluator::spend_text(std::uint64_t bytes) {
  if (budget_.text_bytes < bytes) {
    fail_here("U1004");
    return false;
  }
  budget_.text_bytes -= bytes;
  return true;
}

Val Evaluator::evaluate(const Node& node, const Val& input, const Scope& scope) {
  if (failed()) return {};
  if (budget_.steps == 0) return fail("U1002", node.position);
  --budget_.steps;
  if (depth_ >= budget_.depth) return fail("U1001", node.position);
  ++depth_;
  Val result = evaluate_node(node, input, scope);
  for (const Stage& predicate : node.predicates) {
    if (failed()) break;
    result = filter(*predicate.expression, result, scope);
  }
  if (!failed() && node.group != nullptr && node.type != NodeType::Path &&
      node.type != NodeType::Object) {
    result = group(*node.group, tuples_of(result), scope);
  }
  --depth_;
  if (failed()) return {};
  ArrayData* data = result.own_array();
  if (data != nullptr && data->is_sequence) {
    if (node.keep_array) data->keep_singleton = true;
    if (data->items.empty()) return {};
    if (data->items.size() == 1 && !data->keep_singleton) {
      Val only = data->items.front();
      return only;
    }
  }
  return result;
}

Val Evaluator::evaluate_node(const Node& node, const Val& input, const Scope& scope) {
  switch (node.type) {
    case NodeType::Path:
      return path(node, input, scope);
    case NodeType::Binary:
      return binary(node, input, scope);
    case NodeType::Unary:
      return unary(node, input, scope);
    case NodeType::Array:
      return array(node, input, scope);
    case NodeType::Object:
      return group(*node.group, tuples_of(input), scope);
    case NodeType::Name:
      return name(node, input);
    case NodeType::String:
      return Val::text(node.text);
    case NodeType::Number:
      return Val::number(node.number);
    case NodeType::Value:
      return node.literal == Literal::Null ? Val::null()
                                           : Val::boolean(node.literal == Literal::True);
    case NodeType::Wildcard:
      return wildcard(input);
    case NodeType::Descendant: {
      if (input.is_undefined()) return {};
      const Val result = sequence();
      descend(input, result);
      return result;
    }
    case NodeType::Parent: {
      const Val* found = scope->find(node.slot->label);
      return found == nullptr ? Val() : *found;
    }
    case NodeType::Condition:
      return condition(node, input, scope);
    case NodeType::Block:
      return block(node, input, scope);
    case NodeType::Bind: {
      const Val value = evaluate(*node.right, input, scope);
      if (!failed()) scope->bind(node.left->text, value);
      return value;
    }
    case NodeType::Regex:
      return regex(node);
    case NodeType::Function:
      return call(node, input, scope);
    case NodeType::Partial:
      return partial(node, input, scope);
    case NodeType::Variable:
      return variable(node, input, scope);
    case NodeType::Lambda:
      return lambda(node, input, scope);
    case NodeType::Apply:
      return pipe(node, input, scope);
    case NodeType::Transform:
      return transformer(node, scope);
    case NodeType::Sort:
      return sort(node, input, scope);
    case NodeType::Placeholder:
      return fail("S0211", node.position, "?");
  }
  return {};
}

Val Evaluator::variable(const Node& node, const Val& input, const Scope& scope) {
  if (node.text.empty()) {
    const ArrayData* data = input.own_array();
    return data != nullptr && data->is_outer_wrapper ? data->items.front() : input;
  }
  const Val* found = scope->find(node.text);
  if (found == nullptr) found = find_native(node.text, dialect_);
  return found == nullptr ? Val() : *found;
}

Val Evaluator::lookup(const Val& input, std::string_view key) {
  if (input.is_object()) return input.get(key);
  if (!input.is_array()) return {};
  const Val result = sequence();
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Val found = lookup(input.at(i), key);
    if (found.is_undefined()) continue;
    if (found.is_array()) {
      if (!spend_items(found.size())) return {};
      for (std::size_t j = 0; j < found.size(); ++j) push(result, found.at(j));
    } else {
      push(result, found);
    }
  }
  return result;
}

Val Evaluator::name(const Node& node, const Val& input) {
  return lookup(input, node.text);
}

namespace {

void flatten_into(const Val& value, const Val& into) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) flatten_into(value.at(i), into);
  } else {
    push(into, value);
  }
}

}  // namespace

Val Evaluator::wildcard(const Val& input) {
  const Val result = sequence();
  const auto take = [&](const Val& value) {
    if (!spend_items(1)) return;
    if (value.is_array()) {
      flatten_into(value, result);
    } else {
      push(result, value);
    }
  };
  if (input.is_object()) {
    for (std::size_t i = 0; i < input.member_count(); ++i) take(input.member(i).second);
  } else if (input.is_array()) {
    for (std::size_t i = 0; i < input.size(); ++i) take(input.at(i));
  }
  return result;
}

void Evaluator::descend(const Val& input, const Val& into) {
  if (failed() || !spend_items(1)) return;
  if (++depth_ > budget_.depth) {
    fail_here("U1001");
  } else {
    if (!input.is_array()) push(into, input);
    if (input.is_array()) {
      for (std::size_t i = 0; i < input.size(); ++i) descend(input.at(i), into);
    } else if (input.is_object()) {
      for (std::size_t i = 0; i < input.member_count(); ++i) descend(input.member(i).second, into);
    }
  }
  --depth_;
}

Val Evaluator::unary(const Node& node, const Val& input, const Scope& scope) {
  const Val value = evaluate(*node.left, input, scope);
  if (failed() || value.is_undefined()) return {};
  if (!value.is_number()) return fail("D1002", node.position, "-");
  return Val::number(-value.as_number());
}

Val Evaluator::array(const Node& node, const Val& input, const Scope& scope) {
  std::vector<Val> items;
  for (const NodePtr& child : node.children) {
    const Val value = evaluate(*child, input, scope);
    if (failed()) return {};
    if (value.is_undefined()) continue;
    const bool stays_whole = child->type == NodeType::Array;
    if (value.is_array() && !stays_whole) {
      if (!spend_items(value.size())) return {};
      for (std::size_t i = 0; i < value.size(); ++i) items.push_back(value.at(i));
    } else {
      if (!spend_items(1)) return {};
      items.push_back(value);
    }
  }
  Val result = list(std::move(items));
  if (node.cons_array) result.own_array()->is_cons = true;
  return result;
}

Val Evaluator::block(const Node& node, const Val& input, const Scope& scope) {
  auto inner = std::make_shared<Environment>();
  inner->outer = scope;
  Val result;
  for (const NodePtr& child : node.children) {
    result = evaluate(*child, input, inner);
    if (failed()) return {};
  }
  return result;
}

Val Evaluator::condition(const Node& node, const Val& input, const Scope& scope) {
  const Val chosen = evaluate(*node.left, input, scope);
  if (failed()) return {};
  if (truthy(chosen)) return evaluate(*node.right, input, scope);
  return node.other == nullptr ? Val() : evaluate(*node.other, input, scope);
}

Val Evaluator::regex(const Node& node) {
  auto compiled = Regex::compile(node.text, node.flags);
  if (compiled == nullptr) return fail("S0303", node.position, node.text);
  return regex_function(std::move(compiled));
}

Val Evaluator::lambda(const Node& node, const Val& input, const Scope& scope) {
  auto data = std::make_shared<FunctionData>();
  data->lambda = &node;
  data->context = input;
  data->scope = scope;
  captured_.push_back(scope);
  data->arity = node.parameters.size();
  if (!node.text.empty()) {
    auto signature = parse_signature(node.text);
    if (!signature.has_value()) return fail(signature.error().code, node.position, node.text);
    data->signature = std::make_shared<const Signature>(*std::move(signature));
  }
  return Val::function(std::move(data));
}

Val Evaluator::procedure_of(const Node& node, const Val& input, const Scope& scope) {
  Val procedure = evaluate(*node.left, input, scope);
  if (failed()) return {};
  if (procedure.is_undefined() && node.left->type == NodeType::Path &&
      node.left->children.front()->type == NodeType::Name) {
    const std::string& name = node.left->children.front()->text;
    // A known function written without its `$`.
    if (scope->find(name) != nullptr || find_native(name, dialect_) != nullptr) {
      return fail(node.type == NodeType::Partial ? "T1007" : "T1005", node.position, name);
    }
  }
  return procedure;
}

Val Evaluator::call(const Node& node, const Val& input, const Scope& scope) {
  Val procedure = procedure_of(node, input, scope);
  if (failed()) return {};
  std::vector<Val> arguments;
  arguments.reserve(node.children.size());
  for (const NodePtr& child : node.children) {
    arguments.push_back(evaluate(*child, input, scope));
    if (failed()) return {};
  }
  const std::size_t outer = position_;
  position_ = node.position;
  if (!procedure.is_function()) return fail("T1006", node.position, node.left->text);
  if (node.is_tail) {
    auto pending = std::make_shared<FunctionData>();
    pending->is_tail_call = true;
    pending->procedure = std::move(procedure);
    pending->arguments = std::move(arguments);
    pending->context = input;
    return Val::function(std::move(pending));
  }
  Val result = apply(procedure, std::move(arguments), input);
  position_ = outer;
  if (failure && failure->token.empty() && !node.left->text.empty())
    failure->token = node.left->text;
  return result;
}

Val Evaluator::partial(const Node& node, const Val& input, const Scope& scope) {
  const Val procedure = procedure_of(node, input, scope);
  if (failed()) return {};
  if (!procedure.is_function()) return fail("T1008", node.position, node.left->text);
  std::vector<Val> given;
  std::vector<bool> is_open;
  for (const NodePtr& child : node.children) {
    is_open.push_back(child->type == NodeType::Placeholder);
    given.push_back(is_open.back() ? Val() : evaluate(*child, input, scope));
    if (failed()) return {};
  }
  auto data = std::make_shared<FunctionData>();
  for (const bool open : is_open) data->arity += open ? 1 : 0;
  data->run = [procedure, given, is_open](Evaluator& evaluator, std::vector<Val>& arguments) {
    std::vector<Val> all = given;
    std::size_t next = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (is_open[i] && next < arguments.size()) all[i] = arguments[next++];
    }
    return evaluator.apply(procedure, std::move(all));
  };
  return Val::function(std::move(data));
}

Val Evaluator::apply(const Val& procedure, std::vector<Val> arguments, const Val& context) {
  if (failed()) return {};
  if (depth_ >= budget_.depth) return fail_here("U1001");
  ++depth_;
  Val result = apply_once(procedure, arguments, context);
  // Tail calls come back as pending calls and run here, in constant depth.
  while (!failed() && result.is_function() && result.as_function().is_tail_call) {
    if (budget_.steps == 0) {
      fail_here("U1002");
      break;
    }
    --budget_.steps;
    const Val pending = result;
    const FunctionData& tail = pending.as_function();
    std::vector<Val> next = tail.arguments;
    result = apply_once(tail.procedure, next, tail.context);
  }
  --depth_;
  return failed() ? Val() : result;
}

Val Evaluator::apply_once(const Val& procedure, std::vector<Val>& arguments, const Val& context) {
  if (!procedure.is_function()) return fail_here("T1006");
  const FunctionData& function = procedure.as_function();
  if (function.native != nullptr) return call_native(*this, *function.native, arguments, context);
  if (function.run) return function.run(*this, arguments);
  if (function.signature != nullptr &&
      !validate(*this, *function.signature, arguments, function.context))
    return {};
  auto scope = std::make_shared<Environment>();
  scope->outer = function.scope;
  for (std::size_t i = 0; i < function.lambda->parameters.size(); ++i) {
    scope->names.emplace_back(function.lambda->parameters[i],
                              i < arguments.size() ? arguments[i] : Val());
  }
  return evaluate(*function.lambda->left, function.context, scope);
}

Val Evaluator::call_back(const Val& procedure, std::vector<Val> arguments) {
  const FunctionData& function = procedure.as_function();
  const std::size_t takes =
      function.native != nullptr ? native_arity(*function.native) : function.arity;
  if (arguments.size() > std::max<std::size_t>(takes, 1))
    arguments.resize(std::max<std::size_t>(takes, 1));
  return apply(procedure, std::move(arguments));
}

Val Evaluator::pipe(const Node& node, const Val& input, const Scope& scope) {
  const Val left = evaluate(*node.left, input, scope);
  if (failed()) return {};
  if (node.right->type == NodeType::Function) {
    // x ~> f(a) is f(x, a).
    const Val procedure = procedure_of(*node.right, input, scope);
    std::vector<Val> arguments = {left};
    for (const NodePtr& child : node.right->children)
      arguments.push_back(evaluate(*child, input, scope));
    if (failed()) return {};
    if (!procedure.is_function())
      return fail("T1006", node.right->position, node.right->left->text);
    position_ = node.right->position;
    Val result = apply(procedure, std::move(arguments), input);
    for (const Stage& predicate : node.right->predicates)
      result = filter(*predicate.expression, result, scope);
    return result;
  }
  const Val right = evaluate(*node.right, input, scope);
  if (failed()) return {};
  if (!right.is_function()) return fail("T2006", node.position, "~>");
  position_ = node.position;
  if (!left.is_function()) return apply(right, {left}, input);
  auto data = std::make_shared<FunctionData>();
  data->arity = 1;
  data->run = [left, right](Evaluator& evaluator, std::vector<Val>& arguments) {
    Val between = evaluator.apply(left, arguments);
    return evaluator.apply(right, {std::move(between)});
  };
  return Val::function(std::move(data));
}

}  // namespace fermata::jsonata
