#include "definition/types/infer.h"

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

using Entry = std::pair<std::string_view, Kinds>;

constexpr std::array kOperators = {
    Entry{"=", kBoolean},  Entry{"!=", kBoolean}, Entry{"<", kBoolean},  Entry{">", kBoolean},
    Entry{"<=", kBoolean}, Entry{">=", kBoolean}, Entry{"in", kBoolean}, Entry{"and", kBoolean},
    Entry{"or", kBoolean}, Entry{"+", kNumber},   Entry{"-", kNumber},   Entry{"*", kNumber},
    Entry{"/", kNumber},   Entry{"%", kNumber},   Entry{"&", kString}};

// Functions that always give one kind of value, or none.
constexpr std::array kFunctions = {
    Entry{"boolean", kBoolean},     Entry{"not", kBoolean},      Entry{"exists", kBoolean},
    Entry{"contains", kBoolean},    Entry{"count", kNumber},     Entry{"sum", kNumber},
    Entry{"number", kNumber},       Entry{"length", kNumber},    Entry{"round", kNumber},
    Entry{"floor", kNumber},        Entry{"ceil", kNumber},      Entry{"abs", kNumber},
    Entry{"millis", kNumber},       Entry{"toMillis", kNumber},  Entry{"average", kNumber},
    Entry{"len", kNumber},          Entry{"string", kString},    Entry{"toString", kString},
    Entry{"join", kString},         Entry{"uppercase", kString}, Entry{"lowercase", kString},
    Entry{"trim", kString},         Entry{"substring", kString}, Entry{"replace", kString},
    Entry{"nowIso", kString},       Entry{"now", kString},       Entry{"fromMillis", kString},
    Entry{"formatNumber", kString}, Entry{"type", kString},      Entry{"split", kArray}};

template <typename Table>
Kinds look_up(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, [](const Entry& entry) { return entry.first; });
  return found == table.end() ? kAnyKind : found->second;
}

// Empty when a step is no plain name or is filtered, grouped or bound.
std::vector<std::string> path_of(const Node& root) {
  if (root.type == NodeType::Name) return {root.text};
  if (root.type != NodeType::Path || root.group != nullptr) return {};
  std::vector<std::string> path;
  for (const auto& step : root.children) {
    const bool is_plain = step->type == NodeType::Name && step->stages.empty() &&
                          step->predicates.empty() && step->focus.empty() && step->index.empty() &&
                          !step->keep_array;
    if (!is_plain) return {};
    path.push_back(step->text);
  }
  return root.keep_singleton_array || root.keep_array ? std::vector<std::string>{} : path;
}

Kinds kind_of_call(const Node& call) {
  const bool is_named = call.left != nullptr && call.left->type == NodeType::Variable;
  return is_named ? look_up(kFunctions, call.left->text) : kAnyKind;
}

}  // namespace

Kinds wanted_kinds(ExpressionRole role) {
  switch (role) {
    case ExpressionRole::Condition:
      return kBoolean;
    case ExpressionRole::Items:
      return kArray;
    case ExpressionRole::Instant:
      return kString;
    case ExpressionRole::Key:
      return kString | kNumber | kBoolean;
    case ExpressionRole::Text:
    case ExpressionRole::Input:
    case ExpressionRole::Assigned:
    case ExpressionRole::Payload:
      return kAnyKind;
  }
  return kAnyKind;
}

Inferred infer(const std::string& source) {
  const jsonata::Parsed parsed = jsonata::parse(source, jsonata::Dialect::Workflow);
  if (parsed.root == nullptr) return {};
  const Node& root = *parsed.root;
  if (!root.predicates.empty()) return {};
  switch (root.type) {
    case NodeType::String:
      return {kString, {}};
    case NodeType::Number:
      return {kNumber, {}};
    case NodeType::Array:
      return {kArray, {}};
    case NodeType::Object:
      return {root.group == nullptr || root.left == nullptr ? kObject : kAnyKind, {}};
    case NodeType::Value:
      return {root.literal == jsonata::Literal::Null ? kNull : kBoolean, {}};
    case NodeType::Binary:
      return {look_up(kOperators, root.text), {}};
    case NodeType::Function:
      return {kind_of_call(root), {}};
    case NodeType::Name:
    case NodeType::Path:
      return {kAnyKind, path_of(root)};
    default:
      return {};
  }
}

std::optional<std::vector<std::string>> plain_path(const std::string& source) {
  Inferred inferred = infer(source);
  if (inferred.path.empty()) return std::nullopt;
  return std::move(inferred.path);
}

}  // namespace fermata::definition
