#pragma once
// HealthHost: /healthz, /readyz and /metrics of a process, open to whoever reaches the address. For
// probes and Prometheus; it says nothing of tenants and their runs.

#include <functional>
#include <memory>
#include <string>

#include "foundation/result.h"
#include "metrics/metrics.h"

namespace fermata::cli {

struct HealthParts {
  metrics::Metrics& metrics;
  std::function<Result<void>()> check_store;
  std::function<Result<void>()> check_temporal;
  std::function<Result<void>()> check_worker;  // empty: there is none
};

class HealthHost {
 public:
  // On HOST:PORT; port 0 takes a free one. Nothing for an empty address. Errors: HTTP_LISTEN.
  static Result<std::unique_ptr<HealthHost>> start(const std::string& address, HealthParts parts);
  HealthHost(const HealthHost&) = delete;
  HealthHost& operator=(const HealthHost&) = delete;
  ~HealthHost();
  // http://HOST:PORT
  [[nodiscard]] std::string url() const;
  // From now on it is not ready: nothing new is taken.
  void drain();

 private:
  struct State;
  explicit HealthHost(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fermata::cli
