// Paths: steps, predicates, order-by, bindings.
#include <algorithm>

#include "jsonata/compiler.h"

namespace fermata::jsonata {
namespace {

bool is_plain_name(const Node& step) {
  return step.type == NodeType::Name && step.stages.empty() && step.predicates.empty() &&
         step.group == nullptr && !step.is_tuple && !step.keep_array;
}

bool is_simple(const StepOp& step) {
  return step.stage_count == 0 &&
         (step.kind == StepOp::Kind::Name || step.kind == StepOp::Kind::Descendant);
}

std::uint32_t slot_of(const std::vector<std::string_view>& names, std::string_view name) {
  if (name.empty()) return 0;
  return static_cast<std::uint32_t>(std::ranges::find(names, name) - names.begin());
}

}  // namespace

Op* Compiler::field(const Node& node) {
  auto* const op = make<FieldOp>(OpKind::Field, node);
  SiteKey* const keys = list<SiteKey>(1);
  keys[0] = {key(node.text), program_.sites++};
  op->count = 1;
  op->keys = keys;
  return op;
}

void Compiler::stages(const Node& node, StepOp& out) {
  StageOp* const all = list<StageOp>(node.stages.size());
  for (std::size_t i = 0; i < node.stages.size(); ++i)
    all[i].predicate = predicate(*node.stages[i].expression);
  out.stage_count = static_cast<std::uint32_t>(node.stages.size());
  out.stages = all;
}

void Compiler::step(const Node& node, StepOp& out) {
  out.position = static_cast<std::uint32_t>(node.position);
  if (node.type == NodeType::Sort) {
    out.kind = StepOp::Kind::Sort;
    TermOp* const terms = list<TermOp>(node.terms.size());
    for (std::size_t i = 0; i < node.terms.size(); ++i) {
      terms[i].is_descending = node.terms[i].is_descending;
      terms[i].key =
          node.is_tuple ? scoped(*node.terms[i].expression) : this->node(*node.terms[i].expression);
    }
    out.term_count = static_cast<std::uint32_t>(node.terms.size());
    out.terms = terms;
    return;
  }
  if (node.type == NodeType::Name && node.predicates.empty() && node.group == nullptr) {
    out.kind = StepOp::Kind::Name;
    out.key = {key(node.text), program_.sites++};
  }
  if (node.type == NodeType::Descendant && node.predicates.empty() && !node.keep_array)
    out.kind = StepOp::Kind::Descendant;
}

void Compiler::tuple_step(const Node& node, StepOp& out, const Names& names) {
  out.is_tuple = true;
  out.focus_slot = slot_of(names, node.focus);
  out.index_slot = slot_of(names, node.index);
  if (node.ancestor != nullptr) out.ancestor_slot = slot_of(names, node.ancestor->label);
  if (node.type != NodeType::Sort) out.op = scoped(node);
  StageOp* const all = list<StageOp>(node.stages.size());
  for (std::size_t i = 0; i < node.stages.size(); ++i) {
    const Stage& stage = node.stages[i];
    if (stage.kind == Stage::Kind::Index) {
      all[i].index_slot = slot_of(names, stage.variable);
    } else {
      all[i].predicate = stage.expression->type == NodeType::Number ? predicate(*stage.expression)
                                                                    : scoped(*stage.expression);
    }
  }
  out.stage_count = static_cast<std::uint32_t>(node.stages.size());
  out.stages = all;
  const Node* const inner = inner_tuple_path(node);
  if (inner == nullptr) return;
  Names inner_names;
  collect_tuple_names(*inner, inner_names);
  std::uint32_t* const slots = list<std::uint32_t>(inner_names.size());
  for (std::size_t i = 0; i < inner_names.size(); ++i) slots[i] = slot_of(names, inner_names[i]);
  out.inner_slots = slots;
  out.inner_count = static_cast<std::uint32_t>(inner_names.size());
}

// Steps that run item by item together: those that cannot fail, and one other among them.
void Compiler::mark_segments(StepOp* steps, std::uint32_t count, std::uint32_t tuple_start) {
  for (std::uint32_t i = 0; i < count; ++i) {
    bool has_other = !is_simple(steps[i]);
    std::uint32_t end = i;
    while (end + 1 < std::min(count, tuple_start)) {
      const StepOp& next = steps[end + 1];
      if (next.kind == StepOp::Kind::Sort || (!is_simple(next) && has_other)) break;
      has_other = has_other || !is_simple(next);
      ++end;
    }
    steps[i].segment_end = end;
  }
}

// $v.a.b
Op* Compiler::variable_field(const Node& node) {
  const auto& children = node.children;
  const Node& first = *children.front();
  const bool fits = children.size() > 1 && first.type == NodeType::Variable &&
                    first.stages.empty() && first.predicates.empty() && first.group == nullptr &&
                    !first.is_tuple && !first.keep_array && node.group == nullptr &&
                    !node.keep_array && !node.keep_singleton_array &&
                    std::all_of(children.begin() + 1, children.end(),
                                [](const NodePtr& step) { return is_plain_name(*step); });
  if (!fits) return nullptr;
  auto* const op = make<FieldOp>(OpKind::Field, node);
  op->base = this->node(first);
  SiteKey* const keys = list<SiteKey>(children.size() - 1);
  for (std::size_t i = 1; i < children.size(); ++i)
    keys[i - 1] = {key(children[i]->text), program_.sites++};
  op->count = static_cast<std::uint32_t>(children.size() - 1);
  op->keys = keys;
  return op;
}

Op* Compiler::path(const Node& node) {
  const auto& children = node.children;
  const bool is_plain =
      node.group == nullptr && !node.keep_array && !node.keep_singleton_array &&
      std::ranges::all_of(children, [](const NodePtr& step) { return is_plain_name(*step); });
  if (is_plain) {
    auto* const op = make<FieldOp>(OpKind::Field, node);
    SiteKey* const keys = list<SiteKey>(children.size());
    for (std::size_t i = 0; i < children.size(); ++i)
      keys[i] = {key(children[i]->text), program_.sites++};
    op->count = static_cast<std::uint32_t>(children.size());
    op->keys = keys;
    return op;
  }
  if (Op* const op = variable_field(node)) return op;
  auto* const op = make<PathOp>(OpKind::Path, node);
  op->count = static_cast<std::uint32_t>(children.size());
  op->starts_with_variable = children.front()->type == NodeType::Variable;
  op->keeps_singleton = node.keep_singleton_array;
  op->gives_tuples = node.is_tuple;
  op->tuple_start = 0;
  while (op->tuple_start < op->count && !children[op->tuple_start]->is_tuple) ++op->tuple_start;
  StepOp* const steps = list<StepOp>(children.size());
  for (std::uint32_t i = 0; i < op->tuple_start; ++i) {
    const Node& child = *children[i];
    step(child, steps[i]);
    if (child.type != NodeType::Sort) steps[i].op = this->node(child);
    stages(child, steps[i]);
    steps[i].is_cons = child.cons_array;
  }
  mark_segments(steps, op->count, op->tuple_start);
  op->steps = steps;
  if (op->tuple_start == op->count) {
    if (node.group != nullptr) op->group = group(*node.group, 0);
    return op;
  }
  op->kind = OpKind::TuplePath;
  Names names = {"@"};
  collect_tuple_names(node, names);
  op->tuple_slots = static_cast<std::uint32_t>(names.size());
  Scope scope;
  open(scope, names);
  op->names = kept_names(scope);
  for (std::uint32_t i = op->tuple_start; i < op->count; ++i) {
    step(*children[i], steps[i]);
    tuple_step(*children[i], steps[i], scope.names);
  }
  if (node.group != nullptr) op->group = group(*node.group, op->tuple_slots);
  close(scope);
  return op;
}

}  // namespace fermata::jsonata
