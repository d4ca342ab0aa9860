#include "cli/health.h"

#include <atomic>
#include <charconv>

#include "foundation/format.h"
#include "http/server.h"

namespace fermata::cli {

struct HealthHost::State {
  explicit State(HealthParts p) : parts(std::move(p)) {}
  HealthParts parts;
  std::string listen;
  std::atomic<bool> is_draining{false};
  std::unique_ptr<http::Server> server;

  http::Response readiness() {
    json::Object checks;
    bool is_ready = !is_draining;
    if (is_draining) checks["drain"] = "it is stopping";
    const auto check = [&](std::string_view name, const Result<void>& result) {
      checks[name] = result.has_value() ? json::Value("ok") : json::Value(result.error().message);
      is_ready = is_ready && result.has_value();
    };
    check("store", parts.check_store());
    check("temporal", parts.check_temporal());
    if (parts.check_worker) check("worker", parts.check_worker());
    return http::json_response(is_ready ? 200 : 503,
                               json::Object{{"ready", is_ready}, {"checks", std::move(checks)}});
  }
};

Result<std::unique_ptr<HealthHost>> HealthHost::start(const std::string& address,
                                                      HealthParts parts) {
  if (address.empty()) return std::unique_ptr<HealthHost>();
  const std::size_t colon = address.rfind(':');
  std::uint16_t port = 0;
  const char* const end = address.data() + address.size();
  if (colon == std::string::npos ||
      std::from_chars(address.data() + colon + 1, end, port).ptr != end)
    return make_error(ErrorKind::Invalid, "HTTP_LISTEN",
                      format("--health-address `{}`: expected HOST:PORT", address));
  auto state = std::make_unique<State>(std::move(parts));
  state->listen = address.substr(0, colon);
  http::Router router;
  router.add("GET", "/healthz", [](const http::Request&) {
    return http::json_response(200, json::Object{{"alive", true}});
  });
  router.add("GET", "/readyz",
             [own = state.get()](const http::Request&) { return own->readiness(); });
  router.add("GET", "/metrics", [own = state.get()](const http::Request&) {
    return http::Response{200,
                          {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                          own->parts.metrics.text()};
  });
  TRY(state->server, http::Server::start({.address = state->listen, .port = port, .workers = 2},
                                         std::move(router)));
  return std::unique_ptr<HealthHost>(new HealthHost(std::move(state)));
}

HealthHost::HealthHost(std::unique_ptr<State> state) : state_(std::move(state)) {}

HealthHost::~HealthHost() {
  state_->server->stop();
}

std::string HealthHost::url() const {
  return format("http://{}:{}", state_->listen, state_->server->port());
}

void HealthHost::drain() {
  state_->is_draining = true;
}

}  // namespace fermata::cli
