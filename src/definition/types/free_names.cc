#include "definition/types/free_names.h"

#include "jsonata/parser.h"

namespace fermata::definition {
namespace {

using jsonata::Node;
using jsonata::NodeType;

class Walk {
 public:
  std::vector<FreeName> run(const Node* root) {
    push(root);
    while (!open_.empty()) {
      const Node* node = open_.back();
      open_.pop_back();
      look_at(*node);
    }
    return std::move(names_);
  }

 private:
  void push(const Node* node) {
    if (node != nullptr) open_.push_back(node);
  }

  // The parts of a node that see the same context. Predicates, orders and groupings do not: they
  // look into what their node yields.
  void look_at(const Node& node) {
    if (node.type == NodeType::Path) return look_at_path(node);
    if (node.type == NodeType::Name) {
      names_.push_back({{node.text}, node.position});
      return;
    }
    if (node.type == NodeType::Transform) return;
    // A sort stands behind the list whose items its terms see.
    push(node.left.get());
    push(node.right.get());
    push(node.other.get());
    for (const auto& child : node.children) push(child.get());
    const bool is_constructor = node.type == NodeType::Object;
    if (!is_constructor || node.group == nullptr) return;
    for (const auto& [key, value] : node.group->pairs) {
      push(key.get());
      push(value.get());
    }
  }

  void look_at_path(const Node& path) {
    if (path.children.empty()) return;
    const Node& first = *path.children.front();
    if (first.type != NodeType::Name) return push(&first);
    FreeName name{{first.text}, first.position};
    for (std::size_t i = 1; i < path.children.size(); ++i) {
      const Node& step = *path.children[i];
      if (step.type != NodeType::Name) break;
      name.path.push_back(step.text);
    }
    names_.push_back(std::move(name));
  }

  std::vector<const Node*> open_;
  std::vector<FreeName> names_;
};

}  // namespace

std::vector<FreeName> free_names(const std::string& source) {
  const jsonata::Parsed parsed = jsonata::parse(source, jsonata::Dialect::Workflow);
  if (parsed.root == nullptr) return {};
  return Walk().run(parsed.root.get());
}

}  // namespace fermata::definition
