#include "jsonata/compile.h"

#include <algorithm>
#include <array>

#include "foundation/limits.h"
#include "jsonata/compiler.h"
#include "jsonata/lexer.h"
#include "jsonata/parser.h"

namespace fermata::jsonata {
namespace {

struct BinaryKind {
  std::string_view symbol;
  OpKind kind;
};
constexpr std::array<BinaryKind, 17> kBinaryKinds = {{
    {"+", OpKind::Add},
    {"-", OpKind::Subtract},
    {"*", OpKind::Multiply},
    {"/", OpKind::Divide},
    {"%", OpKind::Modulo},
    {"=", OpKind::Equal},
    {"!=", OpKind::NotEqual},
    {"<", OpKind::Less},
    {"<=", OpKind::LessEqual},
    {">", OpKind::Greater},
    {">=", OpKind::GreaterEqual},
    {"and", OpKind::And},
    {"or", OpKind::Or},
    {"in", OpKind::In},
    {"..", OpKind::Range},
    {"?:", OpKind::Elvis},
    {"??", OpKind::Coalesce},
}};

bool is_concat(const Node& node) {
  return node.type == NodeType::Binary && node.text == "&" && node.predicates.empty() &&
         node.group == nullptr;
}

}  // namespace

Op* Compiler::fail(const char* code, const Node& at) {
  if (!failure_) failure_ = make_failure(code, at.position, at.text);
  return make<Op>(OpKind::Context, at);
}

void Compiler::run(const Node& root) {
  sees_eval_ = program_.source.find("eval") != std::string::npos;
  Names names;
  collect_binds(&root, names);
  Scope scope;
  program_.root_slots = static_cast<std::uint32_t>(names.size());
  if (!names.empty()) {
    open(scope, std::move(names));
    program_.root_names = keep_names(scope);
  }
  program_.root = node(root);
}

const Op* const* Compiler::nodes(const std::vector<NodePtr>& all) {
  const Op** const items = list<const Op*>(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) items[i] = node(*all[i]);
  return items;
}

const Op* Compiler::node(const Node& node) {
  ++depth_;
  const std::uint32_t binds = binds_;
  Op* op = core(node);
  const bool has_group =
      node.group != nullptr && node.type != NodeType::Object && node.type != NodeType::Path;
  if (!node.predicates.empty() || has_group) op->is_raw = true;
  if (!node.predicates.empty()) {
    auto* const filtered = make<FilteredOp>(OpKind::Filtered, node);
    const Op** const predicates = list<const Op*>(node.predicates.size());
    for (std::size_t i = 0; i < node.predicates.size(); ++i)
      predicates[i] = predicate(*node.predicates[i].expression);
    filtered->operand = op;
    filtered->count = static_cast<std::uint32_t>(node.predicates.size());
    filtered->predicates = predicates;
    filtered->is_raw = has_group;
    op = filtered;
  }
  if (has_group) {
    auto* const grouped = make<GroupedOp>(OpKind::Grouped, node);
    grouped->operand = op;
    grouped->group = group(*node.group, 0);
    op = grouped;
  }
  op->keeps_array = node.keep_array;
  op->keeps_memory = op->keeps_memory || binds_ != binds;
  --depth_;
  return op;
}

// A number that is written down is a place, whatever stands behind it.
const Op* Compiler::predicate(const Node& node) {
  if (node.type != NodeType::Number) return this->node(node);
  auto* const op = make<ConstantOp>(OpKind::Constant, node);
  op->value = Cell::real(node.number);
  return op;
}

Op* Compiler::core(const Node& node) {
  const auto constant = [&](const Cell& value) {
    auto* const op = make<ConstantOp>(OpKind::Constant, node);
    op->value = value;
    return op;
  };
  switch (node.type) {
    case NodeType::String:
      return constant(Cell::string(keep(node.text)));
    case NodeType::Number:
      return constant(Cell::real(node.number));
    case NodeType::Value:
      return constant(node.literal == Literal::Null ? Cell::null()
                                                    : Cell::boolean(node.literal == Literal::True));
    case NodeType::Name:
      return field(node);
    case NodeType::Variable:
      return variable(node);
    case NodeType::Wildcard:
      return make<Op>(OpKind::Wildcard, node);
    case NodeType::Descendant:
      return make<Op>(OpKind::Descendant, node);
    case NodeType::Parent:
      return resolve(keep(node.slot->label));
    case NodeType::Regex:
      return regex(node);
    case NodeType::Path:
      return path(node);
    case NodeType::Binary:
      return node.text == "&" ? concat(node) : binary(node);
    case NodeType::Unary: {
      auto* const op = make<UnaryOp>(OpKind::Negate, node);
      op->operand = this->node(*node.left);
      return op;
    }
    case NodeType::Array:
      return array(node);
    case NodeType::Object:
      return object(node);
    case NodeType::Block:
      return block(node);
    case NodeType::Condition:
      return condition(node);
    case NodeType::Bind:
      return bind(node);
    case NodeType::Apply:
      return pipe(node);
    case NodeType::Function:
      return call(node, false);
    case NodeType::Partial:
      return partial(node);
    case NodeType::Lambda:
      return lambda(node);
    case NodeType::Transform:
      return transform(node);
    case NodeType::Sort:
    case NodeType::Placeholder:
      break;
  }
  return fail("S0201", node);
}

Op* Compiler::binary(const Node& node) {
  const auto* const row =
      std::ranges::find(kBinaryKinds, std::string_view(node.text), &BinaryKind::symbol);
  if (row == kBinaryKinds.end()) return fail("S0201", node);
  auto* const op = make<BinaryOp>(row->kind, node);
  op->left = this->node(*node.left);
  op->right = this->node(*node.right);
  return op;
}

// a & b & c becomes one operation.
Op* Compiler::concat(const Node& node) {
  std::vector<const Node*> operands;
  const Node* at = &node;
  for (; at == &node || is_concat(*at); at = at->left.get()) operands.push_back(at->right.get());
  operands.push_back(at);
  std::ranges::reverse(operands);
  auto* const op = make<ListOp>(OpKind::Concat, node);
  const Op** const items = list<const Op*>(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) items[i] = this->node(*operands[i]);
  op->count = static_cast<std::uint32_t>(operands.size());
  op->items = items;
  return op;
}

Op* Compiler::array(const Node& node) {
  auto* const op = make<ListOp>(OpKind::Array, node);
  op->count = static_cast<std::uint32_t>(node.children.size());
  bool* const nested = list<bool>(node.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i)
    nested[i] = node.children[i]->type == NodeType::Array;
  op->nested = nested;
  op->items = nodes(node.children);
  op->is_cons = node.cons_array;
  return op;
}

Op* Compiler::object(const Node& node) {
  const auto& pairs = node.group->pairs;
  bool is_plain = !pairs.empty();
  for (std::size_t i = 0; i < pairs.size() && is_plain; ++i) {
    const Node& name = *pairs[i].first;
    is_plain = name.type == NodeType::String && name.predicates.empty() &&
               !name.text.starts_with("_jsonata_");
    for (std::size_t k = 0; k < i && is_plain; ++k) is_plain = pairs[k].first->text != name.text;
  }
  if (!is_plain) {
    const GroupOp* const op = group(*node.group, 0);
    return const_cast<GroupOp*>(op);
  }
  auto* const op = make<RecordOp>(OpKind::Record, node);
  Key* const keys = list<Key>(pairs.size());
  const Op** const values = list<const Op*>(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    keys[i] = key(pairs[i].first->text);
    values[i] = this->node(*pairs[i].second);
  }
  op->count = static_cast<std::uint32_t>(pairs.size());
  op->keys = keys;
  op->values = values;
  return op;
}

const GroupOp* Compiler::group(const Group& group, std::uint32_t tuple_slots) {
  GroupOp* const op = program_.memory.make(GroupOp{});
  op->kind = OpKind::Group;
  op->position = static_cast<std::uint32_t>(group.position);
  op->depth = depth_;
  const Op** const keys = list<const Op*>(group.pairs.size());
  const Op** const values = list<const Op*>(group.pairs.size());
  for (std::size_t i = 0; i < group.pairs.size(); ++i) {
    keys[i] = tuple_slots > 0 ? scoped(*group.pairs[i].first) : node(*group.pairs[i].first);
    values[i] = tuple_slots > 0 ? scoped(*group.pairs[i].second) : node(*group.pairs[i].second);
  }
  op->count = static_cast<std::uint32_t>(group.pairs.size());
  op->keys = keys;
  op->values = values;
  op->tuple_slots = tuple_slots;
  return op;
}

Op* Compiler::block(const Node& node) {
  Names names;
  for (const NodePtr& child : node.children) collect_binds(child.get(), names);
  auto* const op = make<ListOp>(OpKind::Block, node);
  op->count = static_cast<std::uint32_t>(node.children.size());
  op->slots = static_cast<std::uint32_t>(names.size());
  const std::uint32_t binds = binds_;
  Scope scope;
  if (op->slots > 0) {
    open(scope, std::move(names));
    op->names = keep_names(scope);
  }
  const Op** const items = list<const Op*>(node.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const Node& child = *node.children[i];
    items[i] = this->node(child);
    if (child.type != NodeType::Bind || op->slots == 0) continue;
    // From here on the name is bound, whatever the input.
    const auto at = std::ranges::find(scope.names, std::string_view(child.left->text));
    if (at != scope.names.end())
      scope.is_sure[static_cast<std::size_t>(at - scope.names.begin())] = true;
  }
  op->items = items;
  op->is_tail = op->count > 0 && items[op->count - 1]->is_tail;
  if (op->slots > 0) close(scope);
  // What was bound in here dies with the block's frame.
  binds_ = binds;
  return op;
}

Op* Compiler::condition(const Node& node) {
  auto* const op = make<ConditionOp>(OpKind::Condition, node);
  op->condition = this->node(*node.left);
  op->then = this->node(*node.right);
  if (node.other != nullptr) op->otherwise = this->node(*node.other);
  op->is_tail = op->then->is_tail || (op->otherwise != nullptr && op->otherwise->is_tail);
  return op;
}

Op* Compiler::bind(const Node& node) {
  auto* const op = make<BindOp>(OpKind::Bind, node);
  op->value = this->node(*node.right);
  ++binds_;
  const auto at = std::ranges::find(scope_->names, std::string_view(node.left->text));
  op->slot = static_cast<std::uint32_t>(at - scope_->names.begin());
  return op;
}

Op* Compiler::regex(const Node& node) {
  auto* const op = make<RegexOp>(OpKind::Regex, node);
  auto made = Regex::compile(node.text, node.flags);
  if (made == nullptr) return fail("S0303", node);
  op->regex = made.get();
  program_.regexes.push_back(std::move(made));
  return op;
}

Op* Compiler::transform(const Node& node) {
  auto* const op = make<TransformOp>(OpKind::Transform, node);
  op->pattern = this->node(*node.left);
  op->update = this->node(*node.right);
  op->update_position = static_cast<std::uint32_t>(node.right->position);
  if (node.other != nullptr) {
    op->remove = this->node(*node.other);
    op->remove_position = static_cast<std::uint32_t>(node.other->position);
  }
  if (is_bound("clone")) op->clone = resolve("clone");
  ++captures_;
  return op;
}

Compiled compile_inside(std::string_view source, Dialect dialect,
                        std::span<const ScopeNames* const> outside) {
  if (source.size() > limits::kExpressionSourceBytesMax)
    return {nullptr, Failure{"U1007", 0, "", "expression is longer than 65536 bytes"}};
  Parsed parsed = parse(source, dialect);
  if (parsed.failure) return {nullptr, std::move(parsed.failure)};
  auto program = std::make_shared<Program>(source, dialect);
  Compiler compiler(*program, outside);
  compiler.run(*parsed.root);
  if (compiler.failure()) return {nullptr, compiler.failure()};
  return {std::move(program), std::nullopt};
}

Compiled compile(std::string_view source, const CompileOptions& options) {
  return compile_inside(source, options.dialect, {});
}

}  // namespace fermata::jsonata
