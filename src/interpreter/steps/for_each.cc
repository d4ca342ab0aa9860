// control.forEach: docs/reference/steps.md#controlforeach
#include "foundation/format.h"
#include "foundation/limits.h"
#include "interpreter/evaluate.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_ForEach(Run& run, const StepVisit& visit) {
  const auto& step = config_of<definition::ForEachStep>(run, visit);
  Evaluated items = evaluate_at(run, visit, step.items,
                                {.what = "items", .bytes_max = limits::kLoopItemsBytesMax});
  if (auto* error = std::get_if<RunError>(&items)) return Raise{std::move(*error)};
  json::Value& value = std::get<json::Value>(items);
  if (!value.is_array()) {
    return Raise{run.error_at(visit, category::kExpression, "ITEMS_NOT_A_LIST",
                              format("items: expected a list, got {}", json::type_name(value)))};
  }
  if (value.get_array().size() > limits::kLoopItemsMax) {
    return Raise{run.error_at(visit, category::kValidation, "ITEMS_TOO_MANY",
                              format("items: more than {}", limits::kLoopItemsMax))};
  }
  LoopFrame loop;
  loop.visit = visit;
  loop.items = std::make_shared<const json::Array>(std::move(value.get_array()));
  if (const json::Value* old = json::find(run.state.scopes.vars, step.item_var))
    loop.previous = *old;
  return Enter{std::move(loop), step.body, nullptr};
}

void bind_item(Run& run, LoopFrame& loop) {
  const auto& step = config_of<definition::ForEachStep>(run, loop.visit);
  const json::Value& item = (*loop.items)[loop.index - loop.first];
  const std::size_t length = loop.length();
  loop.lexical = json::Object{{"item", item},
                              {"index", loop.index},
                              {"length", length},
                              {"isFirst", loop.index == 0},
                              {"isLast", loop.index + 1 == length}};
  set_var(run.state, step.item_var, item);
}

void unbind_item(Run& run, LoopFrame& loop) {
  const auto& step = config_of<definition::ForEachStep>(run, loop.visit);
  if (loop.previous) {
    set_var(run.state, step.item_var, *loop.previous);
  } else {
    json::erase(run.state.scopes.vars.get_object(), step.item_var);
  }
}

}  // namespace fermata::interpreter
