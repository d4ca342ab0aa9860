#pragma once
// Process: what each process over a store and a Temporal server is made of, whatever it then does.

#include <memory>
#include <string>

#include "cli/api_host.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/host.h"
#include "store/open.h"
#include "worker/worker.h"

namespace fermata::cli {

struct ProcessOptions {
  const CommonOptions& common;
  const TemporalOptions& temporal;
  std::string temporal_address;  // when `temporal` names none
};

class Process {
 public:
  // Errors: TEMPORAL_RUNTIME, TEMPORAL_UNAVAILABLE, TEMPORAL_DENIED, FILE_UNREADABLE,
  // PAYLOAD_KEYS_INVALID, MASTER_KEY_INVALID, DATA_FOLDER.
  static Result<std::unique_ptr<Process>> start(const DataFolder& folder,
                                                std::unique_ptr<store::Store> store,
                                                const ProcessOptions& options, Log& log);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] const temporal::Client& client() const { return client_; }
  [[nodiscard]] service::SecretVault& vault() { return vault_; }
  // For what must not outlive this.
  worker::WorkerParts worker_parts();
  ApiHostParts api_parts();
  // Nothing for an empty address. Errors: HTTP_LISTEN.
  Result<std::unique_ptr<HealthHost>> start_health(const std::string& address,
                                                   std::function<Result<void>()> check_worker = {});

 private:
  struct Connected {
    std::unique_ptr<store::Store> store;
    temporal::Runtime runtime;
    temporal::Client client;
    service::MasterKeys keys;
  };
  Process(Connected connected, const CommonOptions& common, Log& log);

  Log& log_;
  const std::unique_ptr<store::Store> store_;
  const temporal::Runtime runtime_;
  const temporal::Client client_;
  const SystemClock clock_;
  const actions::ActionRegistry actions_;
  service::SecretVault vault_;
  StoredSecrets secrets_;
  SystemRandom random_;
  metrics::Metrics metrics_;
};

}  // namespace fermata::cli
