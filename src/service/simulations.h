#pragma once
// Simulations: a tenant's definition played under virtual time, as `fermata simulate` does it, with
// the actions, payload schemas and called workflows of this server. Nothing outside is touched, and
// each takes a bounded share of the server.

#include <optional>

#include "foundation/limits.h"
#include "service/known_names.h"
#include "simulate/play.h"
#include "store/store.h"

namespace fermata::service {

struct SimulationRequest {
  TenantId tenant;
  std::optional<json::Value> definition;  // or that of a workflow:
  WorkflowId workflow_id;
  std::optional<std::int64_t> version;  // absent: its draft
  json::Value payload;
  json::Value fixtures;  // docs/reference/testing.md; null: none
  std::optional<std::string> up_to;
};

class Simulations {
 public:
  // A run of this many steps is looked at through windows; here all of them are in one answer. Ten
  // expressions may be the largest that there are: about a second.
  static constexpr simulate::PlayLimits kLimits = {.activations = 50'000,
                                                   .steps = 10'000,
                                                   .bytes = 8 * limits::kMiB,
                                                   .expression_steps = 50'000'000};

  Simulations(store::Store& store, const definition::ActionCatalog& actions,
              const interpreter::PureActions& pure_actions, EnvironmentSecrets environment = {})
      : store_(store),
        actions_(actions),
        pure_actions_(pure_actions),
        environment_(std::move(environment)) {}

  // Errors: those of simulate::play, NOT_FOUND.
  Result<simulate::Played> play(const SimulationRequest& request);

 private:
  // Published workflows that the script calls and its fixtures do not bring.
  Result<void> add_children(const TenantId& tenant, simulate::Script& script);

  store::Store& store_;
  const definition::ActionCatalog& actions_;
  const interpreter::PureActions& pure_actions_;
  const EnvironmentSecrets environment_;
};

}  // namespace fermata::service
