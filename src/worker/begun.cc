#include "worker/begun.h"

#include <algorithm>
#include <variant>

namespace fermata::worker {

namespace in = interpreter;

std::optional<in::Advance> advance_at(const in::Host& host, const Begun& begun, in::Seq action,
                                      TimeMs at) {
  in::AdvanceOptions options = begun.options;
  options.now = at;
  std::vector<in::Input> inputs = begun.inputs;
  for (in::Input& input : inputs) input.now = at;
  auto again = in::advance(host, begun.before, inputs, options);
  if (!again.has_value()) return std::nullopt;
  const bool is_begun = std::ranges::any_of(again->effects, [&](const in::Effect& effect) {
    const auto* asked = std::get_if<in::RunAction>(&effect);
    return asked != nullptr && asked->seq == action;
  });
  if (!is_begun) return std::nullopt;
  return *std::move(again);
}

}  // namespace fermata::worker
