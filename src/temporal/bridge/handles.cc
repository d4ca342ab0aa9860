#include "temporal/bridge/handles.h"

namespace fermata::temporal::bridge {

std::string take(Runtime::Handle& runtime, const TemporalCoreByteArray* bytes) {
  if (bytes == nullptr) return {};
  std::string text(reinterpret_cast<const char*>(bytes->data), bytes->size);
  temporal_core_byte_array_free(runtime.raw, bytes);
  return text;
}

void on_poll(void* pending, const TemporalCoreByteArray* success,
             const TemporalCoreByteArray* fail) {
  const std::unique_ptr<PendingPoll> call(static_cast<PendingPoll*>(pending));
  if (success != nullptr) {
    call->polled(take(call->runtime, success));
  } else if (fail != nullptr) {
    call->polled(make_error(ErrorKind::Unavailable, "TEMPORAL_WORKER", take(call->runtime, fail)));
  } else {
    call->polled(make_error(ErrorKind::Unavailable, kShutdown, "worker is shut down"));
  }
}

void on_taken(void* pending, const TemporalCoreByteArray* fail) {
  const std::unique_ptr<PendingDone> call(static_cast<PendingDone*>(pending));
  if (fail == nullptr) {
    call->done({});
  } else {
    call->done(make_error(ErrorKind::Unavailable, "TEMPORAL_WORKER", take(call->runtime, fail)));
  }
}

void on_done(void* pending, const TemporalCoreByteArray* fail) {
  auto& call = *static_cast<PendingBytes*>(pending);
  // The promise may end the call's life: nothing is touched after set_value.
  if (fail != nullptr) {
    call.promise.set_value(
        make_error(ErrorKind::Unavailable, "TEMPORAL_WORKER", take(call.runtime, fail)));
  } else {
    call.promise.set_value(std::string());
  }
}

}  // namespace fermata::temporal::bridge
