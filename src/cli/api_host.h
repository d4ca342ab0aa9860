#pragma once
// ApiHost: the HTTP API with everything behind it: services, the sweep, the listening socket. What
// `fermata dev` and `fermata server` have in common.

#include <memory>
#include <string>
#include <vector>

#include "actions/registry.h"
#include "cli/commands.h"
#include "foundation/clock.h"
#include "foundation/log.h"
#include "foundation/result.h"
#include "metrics/metrics.h"
#include "service/random.h"
#include "service/secret_vault.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::cli {

// All must outlive the host.
struct ApiHostParts {
  store::Store& store;
  const temporal::Client& client;
  const actions::ActionRegistry& actions;
  actions::SecretResolver& secrets;
  service::SecretVault& vault;
  const Clock& clock;
  service::Random& random;
  Log& log;
  metrics::Metrics& metrics;
};

struct ApiHostOptions {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::string token;       // what callers must bring
  FrontOptions front;
};

class ApiHost {
 public:
  // Serves at once. Errors: HTTP_LISTEN, HTTP_TLS, OIDC_INVALID.
  static Result<std::unique_ptr<ApiHost>> start(ApiHostParts parts, const ApiHostOptions& options);
  ApiHost(const ApiHost&) = delete;
  ApiHost& operator=(const ApiHost&) = delete;
  // Lets requests under way finish.
  ~ApiHost();
  // http[s]://HOST:PORT
  [[nodiscard]] std::string url() const;
  // What it serves: "GET /api/v1/runs/{id}", …
  [[nodiscard]] const std::vector<std::string>& routes() const;

 private:
  struct Services;
  ApiHost(std::unique_ptr<Services> services);
  std::unique_ptr<Services> services_;
};

}  // namespace fermata::cli
