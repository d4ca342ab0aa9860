#include "cli/arguments.h"

#include <cstdlib>

namespace fermata::cli {

CLI::App& CommandLine::group(const std::string& name, const std::string& what) {
  const auto known = app_.get_subcommands([&](CLI::App* one) { return one->get_name() == name; });
  if (!known.empty()) return *known.front();
  CLI::App* made = app_.add_subcommand(name, what);
  made->require_subcommand(1);
  return *made;
}

void add_database(CLI::App& command, std::string& data, std::string& database) {
  command.add_option("--database", database, "postgresql:// URL, or file of a SQLite database")
      ->envname("FERMATA_DATABASE");
  command.add_option("--data", data, "folder of the database and of Temporal's")
      ->envname("FERMATA_DATA");
}

void add_common(CLI::App& command, CommonOptions& options) {
  add_database(command, options.data, options.database);
  command.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->envname("FERMATA_LOG_LEVEL");
  command
      .add_option("--master-key-file", options.master_key_file,
                  "keys that seal secrets, 64 hexadecimal digits a line, the newest first")
      ->envname("FERMATA_MASTER_KEY_FILE");
  command.add_option(
      "--allow-private-http", options.allowed_private,
      "private addresses that http.request and email.send may reach, e.g. 127.0.0.1/32");
  command
      .add_option("--email-ca", options.email_ca,
                  "PEM file of the authorities that email servers are trusted by; the system's")
      ->envname("FERMATA_EMAIL_CA");
}

void add_temporal(CLI::App& command, TemporalOptions& options) {
  const auto add = [&](const char* flag, std::string& value, const char* what,
                       const char* variable) {
    command.add_option(flag, value, what)->envname(variable);
  };
  add("--temporal-address", options.address, "host:port", "FERMATA_TEMPORAL_ADDRESS");
  add("--temporal-namespace", options.target_namespace, "namespace", "FERMATA_TEMPORAL_NAMESPACE");
  add("--temporal-api-key-file", options.api_key_file,
      "file with the bearer token; FERMATA_TEMPORAL_API_KEY holds the token itself",
      "FERMATA_TEMPORAL_API_KEY_FILE");
  if (const char* key = std::getenv("FERMATA_TEMPORAL_API_KEY")) options.api_key = key;
  command.add_flag("--temporal-tls", options.has_tls, "TLS; the options below turn it on, too");
  add("--temporal-tls-ca", options.tls_ca_file, "PEM file of the authorities to trust",
      "FERMATA_TEMPORAL_TLS_CA");
  add("--temporal-tls-cert", options.tls_certificate_file, "PEM file of the client's certificate",
      "FERMATA_TEMPORAL_TLS_CERT");
  add("--temporal-tls-key", options.tls_key_file, "PEM file of its key",
      "FERMATA_TEMPORAL_TLS_KEY");
  add("--temporal-tls-name", options.tls_server_name, "expected name of the server",
      "FERMATA_TEMPORAL_TLS_NAME");
  add("--payload-keys", options.payload_keys_file,
      "file with keys that seal what Temporal keeps, the newest first", "FERMATA_PAYLOAD_KEYS");
  add("--metrics-address", options.metrics_address, "host:port to serve Prometheus metrics on",
      "FERMATA_METRICS_ADDRESS");
  add("--otlp-url", options.otlp_url, "OpenTelemetry collector (gRPC) to send metrics to",
      "FERMATA_OTLP_URL");
}

void add_server(CLI::App& command, ServerAddress& server) {
  command.add_option("--server", server.url, "address of the API")->envname("FERMATA_SERVER");
  command.add_option("--token", server.token, "token of the API")->envname("FERMATA_TOKEN");
  command.add_option("--server-ca", server.ca_file, "PEM file of the authorities to trust")
      ->envname("FERMATA_SERVER_CA");
  command.add_option("--data", server.data, "folder of a running `fermata dev`")
      ->envname("FERMATA_DATA");
}

}  // namespace fermata::cli
