#include "cli/temporal_options.h"

#include "cli/host.h"
#include "foundation/limits.h"
#include "temporal/payload_codec.h"

namespace fermata::cli {
namespace {

// Keys and certificates.
constexpr std::size_t kSecretFileBytesMax = 256 * limits::kKiB;

// The file's text; empty without a file.
Result<std::string> text_of(const std::string& file) {
  if (file.empty()) return std::string();
  return read_file(file, kSecretFileBytesMax);
}

}  // namespace

Result<temporal::Runtime> start_runtime(const TemporalOptions& options, Log& log) {
  if (!options.metrics_address.empty() && !options.otlp_url.empty())
    return make_error(ErrorKind::Invalid, "TEMPORAL_RUNTIME",
                      "metrics are served or sent to a collector, not both",
                      "leave out --metrics-address or --otlp-url");
  temporal::RuntimeOptions runtime;
  runtime.prometheus_address = options.metrics_address;
  runtime.otlp_url = options.otlp_url;
  runtime.log = &log;
  if (!options.payload_keys_file.empty()) {
    TRY(const std::string keys, read_file(options.payload_keys_file, kSecretFileBytesMax));
    TRY(runtime.codec, temporal::PayloadCodec::read(keys));
  }
  return temporal::Runtime::create(runtime);
}

Result<temporal::Client> connect(const temporal::Runtime& runtime, const TemporalOptions& options,
                                 const std::string& address) {
  temporal::ClientOptions client;
  client.address = options.address.empty() ? address : options.address;
  client.target_namespace = options.target_namespace;
  client.api_key = options.api_key;
  if (!options.api_key_file.empty()) {
    TRY(client.api_key, read_token_file(options.api_key_file, kSecretFileBytesMax));
  }
  temporal::TlsOptions tls;
  TRY(tls.server_root_ca_pem, text_of(options.tls_ca_file));
  TRY(tls.client_certificate_pem, text_of(options.tls_certificate_file));
  TRY(tls.client_key_pem, text_of(options.tls_key_file));
  tls.domain = options.tls_server_name;
  const bool is_secure = options.has_tls || !client.api_key.empty() ||
                         !tls.server_root_ca_pem.empty() || !tls.client_certificate_pem.empty() ||
                         !tls.domain.empty();
  if (is_secure) client.tls = std::move(tls);
  return temporal::Client::connect(runtime, client);
}

}  // namespace fermata::cli
