// dev, server, worker, domain-worker
#include "cli/arguments.h"

namespace fermata::cli {
namespace {

// What a studio and a busy integration together do not reach. `dev` has one caller, its owner.
constexpr std::int64_t kServerRate = 500;

void add_stream(CLI::App& command, StreamOptions& stream) {
  command.add_option("--redis", stream.redis_url, "redis[s]:// address of a stream with events")
      ->envname("FERMATA_REDIS");
  command.add_option("--redis-ca", stream.redis_ca, "PEM file of the authorities to trust")
      ->envname("FERMATA_REDIS_CA");
  command.add_option("--redis-stream", stream.stream, "key of the stream")
      ->envname("FERMATA_REDIS_STREAM");
  command.add_option("--redis-consumers", stream.consumers, "how many read it in this process")
      ->check(CLI::Range(1, 64));
  command
      .add_option("--redis-claim-ms", stream.claim_ms,
                  "when a message counts as left behind by a reader that died")
      ->check(CLI::Range(100, 3'600'000));
}

void add_oidc(CLI::App& command, OidcFlags& oidc) {
  const auto add = [&](const char* name, std::string& value, const char* about, const char* env) {
    command.add_option(name, value, about)->envname(env);
  };
  add("--oidc-issuer", oidc.issuer, "OpenID Connect issuer whose tokens are taken",
      "FERMATA_OIDC_ISSUER");
  add("--oidc-audience", oidc.audience, "whom its tokens must be for", "FERMATA_OIDC_AUDIENCE");
  add("--oidc-keys", oidc.keys_url, "address of its key set, when discovery does not say",
      "FERMATA_OIDC_KEYS");
  add("--oidc-ca", oidc.ca_file, "PEM file of the authorities to trust", "FERMATA_OIDC_CA");
  add("--oidc-role-claim", oidc.role_claim, "claim with the caller's roles, or its path",
      "FERMATA_OIDC_ROLE_CLAIM");
  command.add_option("--oidc-role", oidc.roles, "WORD=ROLE: what a word of that claim grants")
      ->envname("FERMATA_OIDC_ROLE")
      ->delimiter(',');
  add("--oidc-tenant-claim", oidc.tenant_claim, "claim with the caller's tenant, or its path",
      "FERMATA_OIDC_TENANT_CLAIM");
  add("--oidc-tenant", oidc.tenant, "the tenant of all its callers, without that claim",
      "FERMATA_OIDC_TENANT");
  add("--oidc-name-claim", oidc.name_claim, "claim with the caller's name",
      "FERMATA_OIDC_NAME_CLAIM");
}

void add_front(CLI::App& command, FrontOptions& front) {
  add_oidc(command, front.oidc);
  command
      .add_option("--task-hook", front.task_hook, "address that new and overdue tasks are told to")
      ->envname("FERMATA_TASK_HOOK");
  auto* const certificate =
      command.add_option("--tls-cert", front.tls_cert, "PEM file: certificate with its chain")
          ->envname("FERMATA_TLS_CERT");
  auto* const key =
      command.add_option("--tls-key", front.tls_key, "PEM file: the certificate's key")
          ->envname("FERMATA_TLS_KEY");
  certificate->needs(key);
  key->needs(certificate);
  command
      .add_option("--rate", front.rate_per_second,
                  "requests a second of one caller; 0: without a limit")
      ->envname("FERMATA_RATE")
      ->check(CLI::Range(0, 1'000'000));
  command.add_option("--rate-burst", front.rate_burst, "requests of one caller at once")
      ->envname("FERMATA_RATE_BURST")
      ->check(CLI::Range(0, 1'000'000));
}

void add_health(CLI::App& command, std::string& address) {
  command
      .add_option("--health-address", address,
                  "HOST:PORT to serve /healthz, /readyz and /metrics on, without a token")
      ->envname("FERMATA_HEALTH_ADDRESS");
}

}  // namespace

void add_processes(CommandLine& line) {
  {
    auto [command, dev] = line.add<DevOptions>(
        line.app(), "dev", "everything on one machine, on embedded defaults", run_dev);
    add_common(command, dev.common);
    add_stream(command, dev.stream);
    add_front(command, dev.front);
    command.add_option("--port", dev.port, "port of the API; 0 takes a free one");
    add_temporal(command, dev.temporal);
    command.add_option("--dynamic-config", dev.dynamic_config, "key=value for the dev server");
    command.add_flag("!--no-worker", dev.has_worker, "start no worker");
    command.add_flag("--print-json", dev.prints_json, "print one JSON line when ready");
  }
  {
    auto [command, server] =
        line.add<ServerOptions>(line.app(), "server", "the API, without a worker", run_server);
    add_common(command, server.common);
    server.front.rate_per_second = kServerRate;
    add_front(command, server.front);
    add_temporal(command, server.temporal);
    command.add_option("--listen", server.listen, "address of the API")->envname("FERMATA_LISTEN");
    command.add_option("--port", server.port, "port of the API; 0 takes a free one");
    add_health(command, server.health_address);
    command.add_option("--token-file", server.token_file, "file with the token that callers bring")
        ->envname("FERMATA_TOKEN_FILE");
    command.add_flag("--print-json", server.prints_json, "print one JSON line when ready");
  }
  {
    auto [command, worker] =
        line.add<WorkerOptions>(line.app(), "worker", "a worker on the authored queue", run_worker);
    add_common(command, worker.common);
    add_stream(command, worker.stream);
    add_temporal(command, worker.temporal);
    command.add_option("--crash-file", worker.crash_file,
                       "for proofs: die at each boundary that this file does not name");
    command.add_flag("!--without-rows", worker.writes_rows,
                     "for measuring: project nothing of what runs do");
    add_health(command, worker.health_address);
  }
  {
    auto [command, worker] = line.add<DomainWorkerOptions>(
        line.app(), "domain-worker", "actions on task queues of their own", run_domain_worker);
    add_common(command, worker.common);
    add_temporal(command, worker.temporal);
    command.add_option("--queue", worker.queues, "a task queue; may be repeated")->required();
    command.add_option("--tenant", worker.tenant, "whose secrets and pairs the actions see");
    command.add_flag(
        "--open-any-secret", worker.opens_any_secret,
        "open each {\"$secret\": NAME} in what other workflows send, whoever wrote it");
    command.add_option("--actions", worker.threads, "how many run at once")
        ->check(CLI::Range(1, 1'000));
    add_health(command, worker.health_address);
  }
}

}  // namespace fermata::cli
