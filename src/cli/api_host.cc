#include "cli/api_host.h"

#include "api/api.h"
#include "cli/doors.h"
#include "cli/host.h"
#include "cli/oidc_flags.h"
#include "foundation/format.h"
#include "http/server.h"
#include "service/housekeeping.h"
#include "service/sweep.h"

namespace fermata::cli {

struct ApiHost::Services {
  Services(ApiHostParts parts, const ApiHostOptions& options, std::unique_ptr<service::Oidc> issuer)
      : oidc(std::move(issuer)),
        catalog(parts.store, parts.actions, parts.clock, environment_secrets()),
        launcher(parts.store, parts.client, parts.clock, parts.random),
        control(parts.store, parts.client),
        values(parts.store, control),
        replays(parts.store, launcher),
        bulk({parts.store, control, replays, parts.random, parts.clock, parts.log,
              [client = parts.client] { return client.check_health(); }}),
        diagnosis(parts.store, parts.client, parts.clock),
        feed({parts.store, parts.clock, parts.log, [parts] { return system_of(parts); }}),
        signals(std::make_shared<service::TemporalSignals>(parts.client)),
        tasks(parts.store, signals, parts.clock),
        definitions(parts.store, parts.actions),
        events({parts.store, signals, definitions, parts.clock, &parts.metrics}, launcher,
               parts.random),
        letters(parts.store, events, parts.clock),
        webhooks({parts.store, events,
                  [&secrets = parts.secrets](const TenantId& tenant, const std::string& name) {
                    return secrets.resolve(tenant, name);
                  },
                  parts.clock}),
        hook(options.front.task_hook.empty()
                 ? nullptr
                 : std::make_unique<HttpTaskHook>(options.front.task_hook, parts.clock)),
        notices({parts.store, events, hook.get(), parts.clock}),
        clocks({parts.store, parts.client, definitions, launcher, parts.clock}),
        explain(parts.store, definitions),
        simulations(parts.store, parts.actions, parts.actions, environment_secrets()),
        access({parts.store.api_keys(), parts.clock, parts.random, oidc.get()}, home_tenant(),
               options.token),
        rates({options.front.rate_per_second, options.front.rate_burst}, parts.clock),
        sweep({parts.store, events, launcher, clocks, tasks, notices, parts.clock, parts.log}),
        housekeeping({parts.store, parts.random, parts.clock, parts.log}),
        api{parts.store,   catalog,
            launcher,      control,
            values,        replays,
            bulk,          diagnosis,
            feed,          events,
            tasks,         letters,
            webhooks,      clocks,
            explain,       simulations,
            definitions,   parts.vault,
            parts.random,  parts.clock,
            parts.actions, [client = parts.client] { return client.check_health(); },
            home_tenant(), access,
            rates,         parts.metrics},
        levels(parts.metrics.before_text([this, parts] { look_up(parts); })),
        scheme(options.front.tls_cert.empty() ? "http" : "https"),
        listen(options.listen) {}

  // What the live topic `system` tells.
  static json::Value system_of(const ApiHostParts& parts) {
    const auto word = [](const Result<void>& result) {
      return result.has_value() ? json::Value("ok") : json::Value(result.error().code);
    };
    json::Object seen{{"store", word(parts.store.check_health())},
                      {"temporal", word(parts.client.check_health())}};
    const auto queue = parts.client.describe_task_queue(std::string(service::kTaskQueue));
    if (queue.has_value()) {
      seen["backlog"] = queue->backlog;
      seen["workflowPollers"] = queue->workflow_pollers.size();
      seen["activityPollers"] = queue->activity_pollers.size();
    }
    return json::Value(std::move(seen));
  }
  // What is not there to be counted; what cannot be asked for now keeps its last value.
  void look_up(const ApiHostParts& parts) {
    using metrics::Level;
    const auto queue = parts.client.describe_task_queue(std::string(service::kTaskQueue));
    if (queue.has_value()) {
      parts.metrics.set(Level::QueueBacklog, static_cast<double>(queue->backlog));
      parts.metrics.set(Level::QueuePollers, static_cast<double>(queue->workflow_pollers.size()),
                        "workflow");
      parts.metrics.set(Level::QueuePollers, static_cast<double>(queue->activity_pollers.size()),
                        "activity");
    }
    constexpr std::size_t kMost = 10'000;
    const auto unrouted = parts.store.count_unrouted(kMost);
    if (unrouted.has_value())
      parts.metrics.set(Level::EventsUnrouted, static_cast<double>(*unrouted));
    const auto open_letters = parts.store.count_letters(kMost);
    if (open_letters.has_value())
      parts.metrics.set(Level::DeadLetters, static_cast<double>(*open_letters));
    parts.metrics.set(Level::StreamReaders, static_cast<double>(feed.readers()));
  }

  std::unique_ptr<service::Oidc> oidc;
  service::Catalog catalog;
  service::Launcher launcher;
  service::RunControl control;
  service::RunValues values;
  service::Replays replays;
  service::Bulk bulk;
  service::Diagnosis diagnosis;
  api::RunFeed feed;
  std::shared_ptr<service::RunSignals> signals;
  service::Tasks tasks;
  service::DefinitionCache definitions;
  service::EventRouter events;
  service::Letters letters;
  service::Webhooks webhooks;
  std::unique_ptr<service::TaskHook> hook;
  service::TaskNotices notices;
  service::Clocks clocks;
  service::Explain explain;
  service::Simulations simulations;
  service::Access access;
  service::RateLimits rates;
  service::Sweep sweep;
  service::HousekeepingLoop housekeeping;
  api::ApiParts api;
  std::shared_ptr<void> levels;  // looked up for metrics
  std::string scheme;
  std::string listen;
  std::vector<std::string> routes;
  std::unique_ptr<http::Server> server;
};

ApiHost::ApiHost(std::unique_ptr<Services> services) : services_(std::move(services)) {}

Result<std::unique_ptr<ApiHost>> ApiHost::start(ApiHostParts parts, const ApiHostOptions& options) {
  TRY(auto oidc, make_oidc(options.front.oidc, parts.clock));
  auto services = std::make_unique<Services>(parts, options, std::move(oidc));
  http::Router router = api::make_router(services->api);
  router.for_each([&](const std::string& method, const std::string& pattern, const http::Handler&) {
    services->routes.push_back(method + " " + pattern);
  });
  http::ServerOptions server;
  server.address = options.listen;
  server.port = options.port;
  if (!options.front.tls_cert.empty())
    server.tls = http::TlsFiles{options.front.tls_cert, options.front.tls_key};
  TRY(services->server, http::Server::start(server, std::move(router)));
  return std::unique_ptr<ApiHost>(new ApiHost(std::move(services)));
}

ApiHost::~ApiHost() {
  services_->server->stop();
}

std::string ApiHost::url() const {
  return format("{}://{}:{}", services_->scheme, services_->listen, services_->server->port());
}

const std::vector<std::string>& ApiHost::routes() const {
  return services_->routes;
}

}  // namespace fermata::cli
