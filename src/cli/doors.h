#pragma once
// Doors: events out of Redis, which a process with a worker takes in; and the hook that people's
// tasks are told to by a process with the API.

#include <memory>

#include "cli/api_host.h"
#include "cli/commands.h"
#include "service/stream_ingress.h"
#include "service/task_notices.h"

namespace fermata::cli {

// The stream's own path to store and Temporal; it reads as long as it lives.
class StreamDoor {
 public:
  // `options.redis_url` is not empty. All of `parts` must outlive it.
  StreamDoor(const StreamOptions& options, const ApiHostParts& parts);

 private:
  service::DefinitionCache definitions_;
  service::Launcher launcher_;
  service::EventRouter events_;
  service::StreamIngress ingress_;
};
// Nothing when no Redis address was told.
std::unique_ptr<StreamDoor> open_stream(const StreamOptions& options, const ApiHostParts& parts);

// Posts JSON to an address; signed as Standard Webhooks have it when FERMATA_SECRET_TASK_HOOK is
// set.
class HttpTaskHook final : public service::TaskHook {
 public:
  HttpTaskHook(std::string url, const Clock& clock) : url_(std::move(url)), clock_(clock) {}
  Result<void> send(const std::string& id, const json::Value& message) override;

 private:
  std::string url_;
  const Clock& clock_;
};

}  // namespace fermata::cli
