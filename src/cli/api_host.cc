#include "cli/api_host.h"

#include "api/api.h"
#include "foundation/format.h"
#include "http/server.h"
#include "service/sweep.h"

namespace fermata::cli {

struct ApiHost::Services {
  Services(ApiHostParts parts, const ApiHostOptions& options)
      : catalog(parts.store, parts.actions, parts.clock),
        launcher(parts.store, parts.client, parts.clock, parts.random),
        control(parts.store, parts.client),
        tasks(parts.store, parts.client),
        definitions(parts.store, parts.actions),
        events({parts.store, parts.client, definitions, parts.clock}, launcher, parts.random),
        clocks({parts.store, parts.client, definitions, launcher, parts.clock}),
        sweep({parts.store, events, launcher, clocks, parts.clock, parts.log}),
        api{parts.store,
            catalog,
            launcher,
            control,
            events,
            tasks,
            parts.random,
            parts.clock,
            parts.actions,
            [client = parts.client] { return client.check_health(); },
            TenantId("default"),
            options.token},
        listen(options.listen) {}

  service::Catalog catalog;
  service::Launcher launcher;
  service::RunControl control;
  service::Tasks tasks;
  service::DefinitionCache definitions;
  service::EventRouter events;
  service::Clocks clocks;
  service::Sweep sweep;
  api::ApiParts api;
  std::string listen;
  std::unique_ptr<http::Server> server;
};

ApiHost::ApiHost(std::unique_ptr<Services> services) : services_(std::move(services)) {}

Result<std::unique_ptr<ApiHost>> ApiHost::start(ApiHostParts parts, const ApiHostOptions& options) {
  auto services = std::make_unique<Services>(parts, options);
  TRY(services->server, http::Server::start({.address = options.listen, .port = options.port},
                                            api::make_router(services->api)));
  return std::unique_ptr<ApiHost>(new ApiHost(std::move(services)));
}

ApiHost::~ApiHost() {
  services_->server->stop();
}

std::string ApiHost::url() const {
  return format("http://{}:{}", services_->listen, services_->server->port());
}

}  // namespace fermata::cli
