#pragma once
// TemporalOptions: which Temporal server a command talks to, and how. Everything that `fermata
// worker`, `server`, `rebuild` and `replay-check` have in common on this.

#include <string>

#include "foundation/log.h"
#include "foundation/result.h"
#include "temporal/client.h"
#include "temporal/runtime.h"

namespace fermata::cli {

struct TemporalOptions {
  std::string address;  // host:port; empty: the default of the command
  std::string target_namespace = "default";
  std::string api_key;       // bearer token; needs TLS, and turns it on
  std::string api_key_file;  // the same from a file
  bool has_tls = false;      // with the system's authorities, unless these say more
  std::string tls_ca_file;   // PEM
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string tls_server_name;    // expected name, when it is not the address
  std::string metrics_address;    // host:port to serve Core's metrics on, for Prometheus
  std::string otlp_url;           // OpenTelemetry collector (gRPC)
  std::string payload_keys_file;  // keys for what Temporal keeps; empty: it is not sealed
};

// Errors: TEMPORAL_RUNTIME, FILE_UNREADABLE, PAYLOAD_KEYS_INVALID.
Result<temporal::Runtime> start_runtime(const TemporalOptions& options, Log& log);
// `address` is what an empty options.address stands for. Errors: FILE_UNREADABLE,
// TEMPORAL_UNAVAILABLE, TEMPORAL_DENIED.
Result<temporal::Client> connect(const temporal::Runtime& runtime, const TemporalOptions& options,
                                 const std::string& address);

}  // namespace fermata::cli
