// Scopes: which names a piece of source binds, and where a name that is used is found.
#include <algorithm>

#include "jsonata/compiler.h"

namespace fermata::jsonata {
namespace {

void add(std::vector<std::string_view>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

std::size_t tuple_start(const Node& path) {
  std::size_t at = 0;
  while (at < path.children.size() && !path.children[at]->is_tuple) ++at;
  return at;
}

}  // namespace

// Names that `:=` binds in the scope that the node stands in: not those of blocks and lambdas in
// it, which have scopes of their own.
void Compiler::collect_binds(const Node* node, Names& names) {
  if (node == nullptr || node->type == NodeType::Block || node->type == NodeType::Lambda) {
    if (node == nullptr) return;
    for (const Stage& stage : node->predicates) collect_binds(stage.expression.get(), names);
    return;
  }
  if (node->type == NodeType::Bind) {
    add(names, node->left->text);
  } else {
    collect_binds(node->left.get(), names);
  }
  collect_binds(node->right.get(), names);
  collect_binds(node->other.get(), names);
  std::size_t end = node->children.size();
  if (node->type == NodeType::Path) end = tuple_start(*node);
  const bool has_rows = end < node->children.size();
  for (std::size_t i = 0; i < end; ++i) collect_binds(node->children[i].get(), names);
  for (const Stage& stage : node->predicates) collect_binds(stage.expression.get(), names);
  for (const Stage& stage : node->stages) collect_binds(stage.expression.get(), names);
  for (const SortTerm& term : node->terms) collect_binds(term.expression.get(), names);
  if (node->group == nullptr || has_rows) return;
  for (const auto& [key, value] : node->group->pairs) {
    collect_binds(key.get(), names);
    collect_binds(value.get(), names);
  }
}

// The path whose rows a step hands to the path around it.
const Node* Compiler::inner_tuple_path(const Node& step) {
  const Node* at = &step;
  while (at->type == NodeType::Block && !at->children.empty()) at = at->children.back().get();
  return at->type == NodeType::Path && at->is_tuple ? at : nullptr;
}

void Compiler::collect_tuple_names(const Node& path, Names& names) {
  for (std::size_t i = tuple_start(path); i < path.children.size(); ++i) {
    const Node& step = *path.children[i];
    if (!step.focus.empty()) add(names, step.focus);
    if (!step.index.empty()) add(names, step.index);
    if (step.ancestor != nullptr) add(names, step.ancestor->label);
    for (const Stage& stage : step.stages) {
      if (stage.kind == Stage::Kind::Index) add(names, stage.variable);
    }
    if (const Node* const inner = inner_tuple_path(step)) collect_tuple_names(*inner, names);
  }
}

// How many nodes are open at once whatever the data: what a depth limit certainly meets.
std::uint32_t Compiler::sure_depth(const Node& node) {
  std::uint32_t most = 0;
  const auto look = [&](const NodePtr& child) {
    if (child != nullptr) most = std::max(most, sure_depth(*child));
  };
  switch (node.type) {
    case NodeType::Lambda:
    case NodeType::Transform:
      return 1;
    case NodeType::Path:
      look(node.children.front());
      return most + 1;
    case NodeType::Condition:
      look(node.left);
      return most + 1;
    case NodeType::Binary:
      look(node.left);
      if (node.text != "and" && node.text != "or" && node.text != "?:" && node.text != "??")
        look(node.right);
      return most + 1;
    case NodeType::Function:
      if (node.is_tail) return 1;
      break;
    default:
      break;
  }
  look(node.left);
  if (node.type != NodeType::Bind) look(node.right);
  for (const NodePtr& child : node.children) look(child);
  return most + 1;
}

// An expression that is evaluated in a frame of its own when it binds something.
const Op* Compiler::scoped(const Node& node) {
  Names names;
  collect_binds(&node, names);
  if (names.empty()) return this->node(node);
  auto* const op = make<ListOp>(OpKind::Block, node);
  op->slots = static_cast<std::uint32_t>(names.size());
  op->count = 1;
  Scope scope;
  open(scope, std::move(names));
  op->names = keep_names(scope);
  const Op** const items = list<const Op*>(1);
  items[0] = this->node(node);
  op->items = items;
  close(scope);
  return op;
}

void Compiler::open(Scope& scope, Names names) {
  scope.outer = scope_;
  scope.is_sure.resize(names.size());
  scope.names = std::move(names);
  scope_ = &scope;
}

const ScopeNames* Compiler::keep_names(const Scope& scope) {
  return sees_eval_ ? kept_names(scope) : nullptr;
}

const ScopeNames* Compiler::kept_names(const Scope& scope) {
  auto kept = std::make_unique<ScopeNames>();
  for (const std::string_view name : scope.names) kept->names.push_back(keep(name));
  program_.scopes.push_back(std::move(kept));
  return program_.scopes.back().get();
}

bool Compiler::is_bound(std::string_view name) const {
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
    if (std::ranges::find(scope->names, name) != scope->names.end()) return true;
  }
  for (const ScopeNames* const scope : outside_) {
    if (scope != nullptr && std::ranges::find(scope->names, name) != scope->names.end())
      return true;
  }
  return false;
}

Op* Compiler::variable(const Node& node) {
  if (node.text.empty()) return make<Op>(OpKind::Context, node);
  Op* const op = resolve(node.text);
  op->position = static_cast<std::uint32_t>(node.position);
  return op;
}

// The name's places from the inside out, ending with what it means outside the expression.
Op* Compiler::resolve(std::string_view name) {
  Op* first = nullptr;
  SlotOp* last = nullptr;
  std::uint32_t hops = 0;
  const auto found = [&](std::size_t slot) {
    SlotOp* const op = program_.memory.make(SlotOp{});
    op->kind = OpKind::Slot;
    op->hops = hops;
    op->slot = static_cast<std::uint32_t>(slot);
    if (last != nullptr) last->otherwise = op;
    if (first == nullptr) first = op;
    last = op;
  };
  const auto place = [&](const Names& names) {
    for (std::size_t i = names.size(); i-- > 0;) {
      if (names[i] == name) return i;
    }
    return names.size();
  };
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer, ++hops) {
    const std::size_t at = place(scope->names);
    if (at == scope->names.size()) continue;
    found(at);
    if (scope->is_sure[at]) return first;
  }
  for (const ScopeNames* const scope : outside_) {
    if (scope != nullptr && place(scope->names) < scope->names.size()) found(place(scope->names));
    ++hops;
  }
  GlobalOp* const global = program_.memory.make(GlobalOp{});
  global->kind = OpKind::Global;
  global->name = keep(name);
  if (const Native* const native = find_native(name, program_.dialect))
    global->value = native_value(*native);
  if (last == nullptr) return global;
  last->otherwise = global;
  return first;
}

}  // namespace fermata::jsonata
