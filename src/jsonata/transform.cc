// |location|update, delete|: a function that copies its input with the matched objects changed.
// Source: the language's documentation, "Transform operator".
#include "jsonata/evaluator.h"

namespace fermata::jsonata {
namespace {

// A copy that may be changed; `map` finds the copy of an object of the original by its place.
Val deep_copy(const Val& value) {
  if (value.is_array()) {
    std::vector<Val> items;
    for (std::size_t i = 0; i < value.size(); ++i) items.push_back(deep_copy(value.at(i)));
    return list(std::move(items));
  }
  if (!value.is_object()) return value;
  auto object = std::make_shared<ObjectData>();
  for (std::size_t i = 0; i < value.member_count(); ++i) {
    const auto [key, item] = value.member(i);
    object->members.emplace_back(std::string(key), deep_copy(item));
  }
  return Val::object(std::move(object));
}

}  // namespace

Val Evaluator::transformer(const Node& node, const Scope& scope) {
  auto data = std::make_shared<FunctionData>();
  data->arity = 1;
  captured_.push_back(scope);
  data->run = [&node, scope](Evaluator& evaluator, std::vector<Val>& arguments) -> Val {
    if (arguments.empty() || arguments.front().is_undefined()) return {};
    if (!arguments.front().is_object() && !arguments.front().is_array())
      return evaluator.fail_here("T0410", "1");
    const Val copy = deep_copy(arguments.front());
    const Val matches = evaluator.evaluate(*node.left, copy, scope);
    if (evaluator.failed() || matches.is_undefined()) return copy;
    const Val items = matches.is_array() ? matches : sequence(matches);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Val match = items.at(i);
      if (!match.is_object()) continue;
      const Val update = evaluator.evaluate(*node.right, match, scope);
      if (evaluator.failed()) return {};
      if (!update.is_undefined() && !update.is_object())
        return evaluator.fail("T2011", node.right->position);
      for (std::size_t m = 0; update.is_object() && m < update.member_count(); ++m) {
        const auto [key, value] = update.member(m);
        match.own_object()->set(std::string(key), value);
      }
      if (node.other == nullptr) continue;
      const Val removed = evaluator.evaluate(*node.other, match, scope);
      if (evaluator.failed()) return {};
      if (removed.is_undefined()) continue;
      const Val names = removed.is_array() ? removed : sequence(removed);
      for (std::size_t n = 0; n < names.size(); ++n) {
        const Val name = names.at(n);
        if (!name.is_text()) return evaluator.fail("T2012", node.other->position);
        std::erase_if(match.own_object()->members,
                      [&](const auto& member) { return member.first == name.as_text(); });
      }
    }
    return copy;
  };
  return Val::function(std::move(data));
}

}  // namespace fermata::jsonata
