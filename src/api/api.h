#pragma once
// The HTTP API over the services: JSON under /api/v1, bearer token on everything but health, pages
// and signed webhooks, a role for every route (permissions.h). One file per resource. The contract
// is contracts/openapi.json; a test holds the routes against it.

#include <functional>
#include <string>

#include "api/run_feed.h"
#include "definition/catalog.h"
#include "http/router.h"
#include "metrics/metrics.h"
#include "service/access.h"
#include "service/bulk.h"
#include "service/catalog.h"
#include "service/clocks.h"
#include "service/diagnosis.h"
#include "service/events.h"
#include "service/explain.h"
#include "service/launch.h"
#include "service/letters.h"
#include "service/random.h"
#include "service/rate_limit.h"
#include "service/replays.h"
#include "service/run_control.h"
#include "service/run_values.h"
#include "service/secret_vault.h"
#include "service/simulations.h"
#include "service/tasks.h"
#include "service/webhooks.h"
#include "store/store.h"

namespace fermata::api {

struct ApiParts {
  store::Store& store;
  service::Catalog& catalog;
  service::Launcher& launcher;
  service::RunControl& control;
  service::RunValues& values;
  service::Replays& replays;
  service::Bulk& bulk;
  service::Diagnosis& diagnosis;
  RunFeed& feed;
  service::EventRouter& events;
  service::Tasks& tasks;
  service::Letters& letters;
  service::Webhooks& webhooks;
  service::Clocks& clocks;
  service::Explain& explain;
  service::Simulations& simulations;
  service::DefinitionSource& definitions;
  service::SecretVault& vault;
  service::Random& random;
  const Clock& clock;
  const definition::ActionCatalog& actions;
  std::function<Result<void>()> check_temporal;
  TenantId tenant;  // of the server's own token, and of webhooks whose address names none
  service::Access& access;
  service::RateLimits& rates;
  metrics::Metrics& metrics;
};

// `parts` must outlive the router.
http::Router make_router(const ApiParts& parts);

}  // namespace fermata::api
