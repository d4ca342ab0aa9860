#include "cli/doors.h"

#include <unistd.h>

#include <cstdlib>

#include "cli/host.h"
#include "foundation/format.h"
#include "http/client.h"
#include "json/text.h"
#include "service/webhooks.h"

namespace fermata::cli {

namespace {

service::IngressOptions ingress_options(const StreamOptions& options) {
  service::IngressOptions ingress;
  ingress.redis.url = options.redis_url;
  ingress.redis.ca_file = options.redis_ca;
  ingress.stream = options.stream;
  ingress.consumer = format("{}-{}", getpid(), SystemRandom::token().substr(0, 8));
  ingress.tenant = home_tenant();
  ingress.consumers = options.consumers;
  ingress.claim_idle_ms = options.claim_ms;
  return ingress;
}

}  // namespace

StreamDoor::StreamDoor(const StreamOptions& options, const ApiHostParts& parts)
    : definitions_(parts.store, parts.actions),
      launcher_(parts.store, parts.client, parts.clock, parts.random),
      events_({parts.store, std::make_shared<service::TemporalSignals>(parts.client), definitions_,
               parts.clock, &parts.metrics},
              launcher_, parts.random),
      ingress_({parts.store, events_, parts.clock, parts.log, &parts.metrics},
               ingress_options(options)) {}

std::unique_ptr<StreamDoor> open_stream(const StreamOptions& options, const ApiHostParts& parts) {
  if (options.redis_url.empty()) return nullptr;
  parts.log.info("events come from a stream", {{"stream", options.stream}});
  return std::make_unique<StreamDoor>(options, parts);
}

Result<void> HttpTaskHook::send(const std::string& id, const json::Value& message) {
  service::SignedMessage told;
  told.id = id;
  told.timestamp = std::to_string(clock_.now() / 1'000);
  told.body = json::to_text(message);
  http::ClientRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers = {{"Content-Type", "application/json"},
                     {"webhook-id", told.id},
                     {"webhook-timestamp", told.timestamp}};
  if (const char* secret = std::getenv("FERMATA_SECRET_TASK_HOOK"))
    request.headers["webhook-signature"] = service::sign(told, secret);
  request.body = told.body;
  // The sweep waits for it.
  request.connect_timeout_ms = 2'000;
  request.timeout_ms = 5'000;
  // The operator's own address, which may well be a private one.
  TRY(const auto answered, http::send(request, {{"0.0.0.0/0", "::/0"}}));
  if (answered.status < 300) return {};
  return make_error(ErrorKind::Unavailable, "TASK_HOOK_REFUSED",
                    format("the task hook answered {}", answered.status));
}

}  // namespace fermata::cli
