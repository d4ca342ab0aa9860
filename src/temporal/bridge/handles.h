#pragma once
// The C bridge's handles, each freed by its owner in the order worker, client, runtime. Private to
// this library: the bridge header is included by files of this folder only.

#include <temporal-sdk-core-c-bridge.h>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/error.h"
#include "foundation/result.h"
#include "temporal/client.h"
#include "temporal/runtime.h"
#include "temporal/worker.h"

namespace fermata::temporal {

struct Runtime::Handle {
  TemporalCoreRuntime* raw = nullptr;
  std::shared_ptr<const PayloadCodec> codec;

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (raw != nullptr) temporal_core_runtime_free(raw);
  }

  // What Core may call back as long as it runs.
  void keep(std::shared_ptr<void> call) {
    const std::scoped_lock lock(mutex_);
    kept_.push_back(std::move(call));
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<void>> kept_;
};

struct Client::Handle {
  std::shared_ptr<Runtime::Handle> runtime;
  TemporalCoreConnection* raw = nullptr;
  ClientOptions options;

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (raw != nullptr) temporal_core_client_free(raw);
  }
};

namespace bridge {

inline TemporalCoreByteArrayRef lend(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Bytes that came from Core: copied out, and given back at once.
std::string take(Runtime::Handle& runtime, const TemporalCoreByteArray* bytes);

// One call on its way: the callback completes it, the caller waits. Lives on the caller's stack or
// heap until then.
struct PendingBytes {
  Runtime::Handle& runtime;
  std::promise<Result<std::string>> promise;
};

// One answer on its way; nobody waits. Deletes itself when Core has taken it.
struct PendingDone {
  Runtime::Handle& runtime;
  std::function<void(Result<void>)> done;
};
void on_taken(void* pending, const TemporalCoreByteArray* fail);

// One poll on its way. Deletes itself when there is a task, or there will be none.
struct PendingPoll {
  Runtime::Handle& runtime;
  std::function<void(Result<std::string>)> polled;
};
// Success bytes, or nothing at shutdown, or a failure text.
void on_poll(void* pending, const TemporalCoreByteArray* success,
             const TemporalCoreByteArray* fail);

// Core's answer to a call that gives nothing back.
void on_done(void* pending, const TemporalCoreByteArray* fail);

// The code of "there will be no more tasks": a poll after shutdown.
inline constexpr std::string_view kShutdown = "TEMPORAL_SHUTDOWN";

}  // namespace bridge
}  // namespace fermata::temporal
