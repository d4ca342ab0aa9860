#include "jsonata/process.h"

#include <utility>

#include "jsonata/lexer.h"

namespace fermata::jsonata {
namespace {

class Processor {
 public:
  NodePtr run(NodePtr raw) {
    NodePtr root = node(std::move(raw));
    if (failure || root == nullptr) return nullptr;
    if (root->type == NodeType::Parent || !root->seeking_parent.empty())
      return fail("S0217", *root);
    return root;
  }
  std::optional<Failure> failure;

 private:
  NodePtr fail(const char* code, const Node& at) {
    if (!failure) failure = make_failure(code, at.position, at.text);
    return nullptr;
  }

  NodePtr node(NodePtr raw) {
    if (failure || raw == nullptr) return nullptr;
    switch (raw->type) {
      case NodeType::Binary:
        return binary(std::move(raw));
      case NodeType::Unary:
        return unary(std::move(raw));
      case NodeType::Name:
        return name(std::move(raw));
      case NodeType::Parent:
        return parent(std::move(raw));
      case NodeType::Array:
      case NodeType::Function:
      case NodeType::Partial:
        return with_children(std::move(raw));
      case NodeType::Object:
        group(*raw->group, *raw);
        return raw;
      case NodeType::Block:
        return block(std::move(raw));
      case NodeType::Condition:
        return condition(std::move(raw));
      case NodeType::Lambda:
        return lambda(std::move(raw));
      case NodeType::Transform:
        raw->left = node(std::move(raw->left));
        raw->right = node(std::move(raw->right));
        raw->other = node(std::move(raw->other));
        return raw;
      case NodeType::Placeholder:
        return raw->flags == "end" ? fail("S0207", *raw) : std::move(raw);
      default:
        return raw;
    }
  }

  static void push_ancestry(Node& result, Node* value) {
    if (value == nullptr) return;
    for (AncestorSlot* slot : value->seeking_parent) result.seeking_parent.push_back(slot);
    if (value->type == NodeType::Parent) result.seeking_parent.push_back(value->slot.get());
  }

  AncestorSlot* seek_parent(Node& at, AncestorSlot* slot) {
    switch (at.type) {
      case NodeType::Name:
      case NodeType::Wildcard:
        --slot->level;
        if (slot->level == 0) {
          if (at.ancestor == nullptr) {
            at.ancestor = std::make_unique<AncestorSlot>(*slot);
          } else {
            slot->label = at.ancestor->label;
          }
          at.is_tuple = true;
        }
        return slot;
      case NodeType::Parent:
        ++slot->level;
        return slot;
      case NodeType::Block:
        if (!at.children.empty()) {
          at.is_tuple = true;
          return seek_parent(*at.children.back(), slot);
        }
        return slot;
      case NodeType::Path: {
        at.is_tuple = true;
        std::size_t index = at.children.size();
        slot = seek_parent(*at.children[--index], slot);
        while (slot->level > 0 && index > 0) slot = seek_parent(*at.children[--index], slot);
        return slot;
      }
      default:
        fail("S0217", at);
        return slot;
    }
  }

  void resolve_ancestry(Node& path) {
    Node& last = *path.children.back();
    std::vector<AncestorSlot*> slots = last.seeking_parent;
    if (last.type == NodeType::Parent) slots.push_back(last.slot.get());
    for (AncestorSlot* slot : slots) {
      auto index = static_cast<std::ptrdiff_t>(path.children.size()) - 2;
      while (!failure && slot->level > 0) {
        if (index < 0) {
          path.seeking_parent.push_back(slot);
          break;
        }
        Node* step = path.children[static_cast<std::size_t>(index--)].get();
        // Steps that share one context are skipped together.
        while (index >= 0 && !step->focus.empty() &&
               !path.children[static_cast<std::size_t>(index)]->focus.empty()) {
          step = path.children[static_cast<std::size_t>(index--)].get();
        }
        slot = seek_parent(*step, slot);
      }
    }
  }

  NodePtr name(NodePtr raw) {
    auto path = std::make_unique<Node>();
    path->type = NodeType::Path;
    path->begin = raw->begin;
    path->position = raw->position;
    path->text = raw->text;
    path->keep_singleton_array = raw->keep_array;
    path->children.push_back(std::move(raw));
    return path;
  }

  NodePtr parent(NodePtr raw) {
    raw->slot = std::make_unique<AncestorSlot>();
    raw->slot->label = "!" + std::to_string(labels_++);
    return raw;
  }

  NodePtr with_children(NodePtr raw) {
    for (NodePtr& child : raw->children) {
      child = node(std::move(child));
      if (failure) return nullptr;
      push_ancestry(*raw, child.get());
    }
    if (raw->left != nullptr) raw->left = node(std::move(raw->left));
    return raw;
  }

  void group(Group& pairs, Node& owner) {
    for (auto& [key, value] : pairs.pairs) {
      key = node(std::move(key));
      value = node(std::move(value));
      push_ancestry(owner, key.get());
      push_ancestry(owner, value.get());
    }
  }

  NodePtr unary(NodePtr raw) {
    raw->left = node(std::move(raw->left));
    if (raw->left == nullptr) return nullptr;
    if (raw->left->type == NodeType::Number) {
      raw->left->number = -raw->left->number;
      raw->left->position = raw->position;
      return std::move(raw->left);
    }
    push_ancestry(*raw, raw->left.get());
    return raw;
  }

  NodePtr block(NodePtr raw) {
    for (NodePtr& child : raw->children) {
      child = node(std::move(child));
      if (failure) return nullptr;
      push_ancestry(*raw, child.get());
      const bool conses = child->cons_array ||
                          (child->type == NodeType::Path && child->children.front()->cons_array);
      if (conses) raw->cons_array = true;
    }
    return raw;
  }

  NodePtr condition(NodePtr raw) {
    raw->left = node(std::move(raw->left));
    raw->right = node(std::move(raw->right));
    raw->other = node(std::move(raw->other));
    push_ancestry(*raw, raw->left.get());
    push_ancestry(*raw, raw->right.get());
    push_ancestry(*raw, raw->other.get());
    return raw;
  }

  NodePtr lambda(NodePtr raw) {
    raw->left = node(std::move(raw->left));
    if (!failure && raw->left != nullptr) mark_tail(*raw->left);
    return raw;
  }

  // A call whose value is the lambda's value runs after the lambda's frame is gone.
  static void mark_tail(Node& body) {
    if (body.type == NodeType::Function && body.predicates.empty() && body.group == nullptr) {
      body.is_tail = true;
    } else if (body.type == NodeType::Condition) {
      mark_tail(*body.right);
      if (body.other != nullptr) mark_tail(*body.other);
    } else if (body.type == NodeType::Block && !body.children.empty() && body.predicates.empty()) {
      mark_tail(*body.children.back());
    } else if (body.type == NodeType::Binary && (body.text == "?:" || body.text == "??")) {
      mark_tail(*body.right);
    }
  }

  // `[]` behind an operator belongs to what becomes of it.
  NodePtr binary(NodePtr raw) {
    const bool keeps_array = raw->keep_array;
    NodePtr result = operation(std::move(raw));
    if (result != nullptr && keeps_array) result->keep_array = true;
    return result;
  }

  NodePtr operation(NodePtr raw) {
    const std::string& op = raw->text;
    if (op == ".") return path(std::move(raw));
    if (op == "[") return filter(std::move(raw));
    if (op == "{") return grouping(std::move(raw));
    if (op == "^") return sort(std::move(raw));
    if (op == "@") return focus(std::move(raw));
    if (op == "#") return index(std::move(raw));
    if (op == ":=") raw->type = NodeType::Bind;
    if (op == "~>") raw->type = NodeType::Apply;
    if (raw->type != NodeType::Bind) raw->left = node(std::move(raw->left));
    raw->right = node(std::move(raw->right));
    if (failure) return nullptr;
    if (raw->type == NodeType::Apply) {
      raw->keep_array = raw->left->keep_array || raw->right->keep_array;
    } else if (raw->type == NodeType::Bind) {
      push_ancestry(*raw, raw->right.get());
    } else {
      push_ancestry(*raw, raw->left.get());
      push_ancestry(*raw, raw->right.get());
    }
    return raw;
  }

  NodePtr as_path(NodePtr step) {
    if (step->type == NodeType::Path) return step;
    auto made = std::make_unique<Node>();
    made->type = NodeType::Path;
    made->position = step->position;
    made->children.push_back(std::move(step));
    return made;
  }

  NodePtr path(NodePtr raw) {
    NodePtr left = node(std::move(raw->left));
    // Only a parent itself goes on looking from inside a path, as in the official engine.
    AncestorSlot* const slot =
        left != nullptr && left->type == NodeType::Parent ? left->slot.get() : nullptr;
    NodePtr result = left == nullptr ? nullptr : as_path(std::move(left));
    if (slot != nullptr) result->seeking_parent = {slot};
    NodePtr rest = node(std::move(raw->right));
    if (failure || result == nullptr || rest == nullptr) return nullptr;
    if (rest->type == NodeType::Path) {
      for (NodePtr& step : rest->children) result->children.push_back(std::move(step));
      result->keep_singleton_array = result->keep_singleton_array || rest->keep_singleton_array;
      if (rest->group != nullptr) result->group = std::move(rest->group);
    } else {
      // A predicate behind a step is that step's own filter.
      for (Stage& stage : rest->predicates) rest->stages.push_back(std::move(stage));
      rest->predicates.clear();
      result->children.push_back(std::move(rest));
    }
    for (NodePtr& step : result->children) {
      if (step->type == NodeType::Number || step->type == NodeType::Value)
        return fail("S0213", *step);
      if (step->type == NodeType::String) step->type = NodeType::Name;
      if (step->keep_array) result->keep_singleton_array = true;
    }
    Node& first = *result->children.front();
    if (first.type == NodeType::Array) first.cons_array = true;
    Node& last = *result->children.back();
    if (last.type == NodeType::Array) last.cons_array = true;
    resolve_ancestry(*result);
    return failure ? nullptr : std::move(result);
  }

  NodePtr filter(NodePtr raw) {
    NodePtr result = node(std::move(raw->left));
    if (result == nullptr) return nullptr;
    Node* step = result.get();
    bool is_stage = false;
    if (result->type == NodeType::Path) {
      step = result->children.back().get();
      is_stage = true;
    }
    const auto is_grouped = [](const Node& at) {
      return at.group != nullptr && at.type != NodeType::Object;
    };
    if (is_grouped(*step) || is_grouped(*result)) return fail("S0209", *raw);
    NodePtr predicate = node(std::move(raw->right));
    if (predicate == nullptr) return nullptr;
    for (AncestorSlot* slot : predicate->seeking_parent) {
      AncestorSlot* at = slot;
      if (at->level == 1) {
        seek_parent(*step, at);
      } else {
        --at->level;
      }
    }
    for (AncestorSlot* slot : predicate->seeking_parent) step->seeking_parent.push_back(slot);
    Stage stage;
    stage.expression = std::move(predicate);
    (is_stage ? step->stages : step->predicates).push_back(std::move(stage));
    return failure ? nullptr : std::move(result);
  }

  NodePtr grouping(NodePtr raw) {
    NodePtr result = node(std::move(raw->left));
    if (result == nullptr) return nullptr;
    if (result->group != nullptr && result->type != NodeType::Object) return fail("S0210", *raw);
    if (result->type == NodeType::Object) {
      // {…}{…}: the constructor becomes the one step of a path.
      auto made = std::make_unique<Node>();
      made->type = NodeType::Block;
      made->position = result->position;
      made->children.push_back(std::move(result));
      result = std::move(made);
    }
    group(*raw->group, *raw);
    result->group = std::move(raw->group);
    return failure ? nullptr : std::move(result);
  }

  NodePtr sort(NodePtr raw) {
    NodePtr left = node(std::move(raw->left));
    if (left == nullptr) return nullptr;
    NodePtr result = as_path(std::move(left));
    auto step = std::make_unique<Node>();
    step->type = NodeType::Sort;
    step->position = raw->position;
    for (SortTerm& term : raw->terms) {
      term.expression = node(std::move(term.expression));
      push_ancestry(*step, term.expression.get());
      step->terms.push_back(std::move(term));
    }
    if (failure) return nullptr;
    result->children.push_back(std::move(step));
    resolve_ancestry(*result);
    return failure ? nullptr : std::move(result);
  }

  NodePtr focus(NodePtr raw) {
    NodePtr result = node(std::move(raw->left));
    if (result == nullptr) return nullptr;
    Node* step = result->type == NodeType::Path ? result->children.back().get() : result.get();
    if (!step->stages.empty() || !step->predicates.empty()) return fail("S0215", *raw);
    if (step->type == NodeType::Sort) return fail("S0216", *raw);
    if (raw->keep_array) step->keep_array = true;
    step->focus = raw->right->text;
    step->is_tuple = true;
    return result;
  }

  NodePtr index(NodePtr raw) {
    NodePtr result = node(std::move(raw->left));
    if (result == nullptr) return nullptr;
    Node* step = result.get();
    if (result->type == NodeType::Path) {
      step = result->children.back().get();
    } else {
      for (Stage& stage : step->predicates) step->stages.push_back(std::move(stage));
      step->predicates.clear();
      result = as_path(std::move(result));
    }
    if (step->stages.empty()) {
      step->index = raw->right->text;
    } else {
      Stage stage;
      stage.kind = Stage::Kind::Index;
      stage.variable = raw->right->text;
      step->stages.push_back(std::move(stage));
    }
    step->is_tuple = true;
    return result;
  }

  std::size_t labels_ = 0;
};

}  // namespace

Parsed process(NodePtr raw) {
  Processor processor;
  NodePtr root = processor.run(std::move(raw));
  if (processor.failure) return {nullptr, processor.failure};
  return {std::move(root), std::nullopt};
}

}  // namespace fermata::jsonata
