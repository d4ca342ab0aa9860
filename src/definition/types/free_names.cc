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
    push(root, true);
    while (!open_.empty()) {
      const auto [node, is_needed] = open_.back();
      open_.pop_back();
      look_at(*node, is_needed);
    }
    return std::move(names_);
  }

 private:
  void push(const Node* node, bool is_needed) {
    if (node != nullptr) open_.emplace_back(node, is_needed);
  }

  // The parts of a node that see the same context. Predicates, orders and groupings do not: they
  // look into what their node yields.
  void look_at(const Node& node, bool is_needed) {
    if (node.type == NodeType::Path) return look_at_path(node, is_needed);
    if (node.type == NodeType::Name) {
      names_.push_back({{node.text}, node.position, is_needed && node.predicates.empty()});
      return;
    }
    if (node.type == NodeType::Transform) return;
    const bool passes_need = is_needed && needs_operands(node);
    push(node.left.get(), passes_need);
    push(node.right.get(), passes_need);
    push(node.other.get(), false);
    for (const auto& child : node.children) push(child.get(), false);
    if (node.type != NodeType::Object || node.group == nullptr) return;
    for (const auto& [key, value] : node.group->pairs) {
      push(key.get(), false);
      push(value.get(), false);
    }
  }

  void look_at_path(const Node& path, bool is_needed) {
    if (path.children.empty()) return;
    const Node& first = *path.children.front();
    if (first.type != NodeType::Name) return push(&first, false);
    FreeName name{{first.text}, first.position, is_needed && first.stages.empty()};
    for (std::size_t i = 1; i < path.children.size(); ++i) {
      const Node& step = *path.children[i];
      name.is_needed = name.is_needed && step.type == NodeType::Name && step.stages.empty();
      if (step.type != NodeType::Name) break;
      name.path.push_back(step.text);
    }
    names_.push_back(std::move(name));
  }

  std::vector<std::pair<const Node*, bool>> open_;
  std::vector<FreeName> names_;
};

}  // namespace

std::vector<FreeName> free_names(const std::string& source) {
  const jsonata::Parsed parsed = jsonata::parse(source, jsonata::Dialect::Workflow);
  if (parsed.root == nullptr) return {};
  return Walk().run(parsed.root.get());
}

}  // namespace fermata::definition
