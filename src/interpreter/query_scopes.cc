#include "interpreter/query_scopes.h"

#include "json/redact.h"

namespace fermata::interpreter {

json::Value query_scopes(const Host& host, const RunState& state) {
  json::Array layers;
  const auto& frames = state.branches.front().frames;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (const auto* loop = std::get_if<LoopFrame>(&*frame)) layers.emplace_back(loop->lexical);
  }
  // `local` is the innermost loop's record.
  json::Value local = layers.empty() ? json::Value(json::Object{}) : layers.front();
  layers.push_back(state.scopes.vars);
  const json::Value step = query_current_step(host, state);
  return json::redact(json::Object{{"payload", state.scopes.payload},
                                   {"vars", state.scopes.vars},
                                   {"local", std::move(local)},
                                   {"system", state.system},
                                   {"meta", state.scopes.meta},
                                   {"error", state.scopes.error},
                                   {"layers", std::move(layers)},
                                   {"currentStepPath", step.at("currentStepPath")}});
}

}  // namespace fermata::interpreter
