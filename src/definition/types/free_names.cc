#include "definition/types/free_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "jsonata/parser.h"

namespace fermata::definition {
namespace {

using jsonata::Node;
using jsonata::NodeType;
using namespace std::string_view_literals;

// An operator whose value is missing when an operand is.
bool needs_operands(const Node& node) {
  constexpr std::array kOperators = {"+"sv, "-"sv, "*"sv,  "/"sv, "%"sv,
                                     "<"sv, ">"sv, "<="sv, ">="sv};
  return node.type == NodeType::Binary &&
         std::ranges::find(kOperators, node.text) != kOperators.end();
}

class Walk {
 public:
  std::vector<FreeName> run(const Node* root) {
    push({root, true, true});
    while (!open_.empty()) {
      const Open next = open_.back();
      open_.pop_back();
      look_at(next);
    }
    return std::move(names_);
  }

 private:
  struct Open {
    const Node* node = nullptr;
    bool sees_context = false;  // the expression's own, and not what some part of it yields
    bool is_needed = false;
  };
  void push(Open next) {
    if (next.node != nullptr) open_.push_back(next);
  }
  void push_inner(const jsonata::NodePtr& node) { push({node.get(), false, false}); }

  void look_at(const Open& at) {
    const Node& node = *at.node;
    push_what_looks_into(node);
    if (node.type == NodeType::Path) return look_at_path(at);
    if (node.type == NodeType::Name) {
      const bool is_needed = at.is_needed && node.predicates.empty();
      if (at.sees_context) add({{node.text}, {}, node.position, is_needed}, {&node});
      return;
    }
    const bool is_transform = node.type == NodeType::Transform;
    const bool sees_context = at.sees_context && !is_transform;
    const bool passes_need = at.is_needed && needs_operands(node);
    push({node.left.get(), sees_context, passes_need});
    push({node.right.get(), sees_context, passes_need});
    push({node.other.get(), sees_context, false});
    for (const auto& child : node.children) push({child.get(), sees_context, false});
    if (node.type != NodeType::Object || node.group == nullptr) return;
    for (const auto& [key, value] : node.group->pairs) {
      push({key.get(), sees_context, false});
      push({value.get(), sees_context, false});
    }
  }

  // Predicates, orders and groupings look into what their node yields.
  void push_what_looks_into(const Node& node) {
    for (const auto& stage : node.predicates) push_inner(stage.expression);
    for (const auto& stage : node.stages) push_inner(stage.expression);
    for (const auto& term : node.terms) push_inner(term.expression);
    if (node.group == nullptr || node.type == NodeType::Object) return;
    for (const auto& [key, value] : node.group->pairs) {
      push_inner(key);
      push_inner(value);
    }
  }

  // `$$` is the context everywhere, `$` only where nothing stands between.
  static bool is_context(const Node& node, bool sees_context) {
    return node.type == NodeType::Variable && node.stages.empty() && node.predicates.empty() &&
           (node.text == "$" || (node.text.empty() && sees_context));
  }

  void look_at_path(const Open& at) {
    const auto& steps = at.node->children;
    for (std::size_t i = 1; i < steps.size(); ++i) push_inner(steps[i]);
    if (steps.empty()) return;
    const bool is_qualified = is_context(*steps.front(), at.sees_context);
    const std::size_t begin = is_qualified ? 1 : 0;
    if (!is_qualified && (steps.front()->type != NodeType::Name || !at.sees_context))
      return push({steps.front().get(), at.sees_context, false});
    push_what_looks_into(*steps.front());
    FreeName name;
    name.is_needed = at.is_needed;
    std::vector<const Node*> nodes;
    for (std::size_t i = begin; i < steps.size(); ++i) {
      const Node& step = *steps[i];
      name.is_needed = name.is_needed && step.type == NodeType::Name && step.stages.empty();
      if (step.type != NodeType::Name) break;
      name.path.push_back(step.text);
      nodes.push_back(&step);
    }
    if (nodes.empty()) return;
    name.position = nodes.front()->position;
    add(std::move(name), nodes);
  }

  void add(FreeName name, const std::vector<const Node*>& nodes) {
    for (const Node* node : nodes) name.spans.push_back({node->begin, node->position});
    names_.push_back(std::move(name));
  }

  std::vector<Open> open_;
  std::vector<FreeName> names_;
};

}  // namespace

std::vector<FreeName> free_names(const std::string& source) {
  const jsonata::Parsed parsed = jsonata::parse(source, jsonata::Dialect::Workflow);
  if (parsed.root == nullptr) return {};
  return Walk().run(parsed.root.get());
}

}  // namespace fermata::definition
