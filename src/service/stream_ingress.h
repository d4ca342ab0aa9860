#pragma once
// StreamIngress: events out of a Redis stream. A message is acknowledged only when its event is
// stored, or when it is kept as a dead letter; until then it stays pending, and whoever finds it
// left behind takes it over. The event's id makes a message that is read twice one event.
// Back-pressure: nothing is read while the batch before is not stored, or while more events wait to
// be routed than can be kept in sight.

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "foundation/log.h"
#include "redis/stream.h"
#include "service/letters.h"

namespace fermata::service {

struct IngressOptions {
  redis::Options redis;
  std::string stream = "fermata:events";
  std::string group = "fermata";
  std::string consumer;  // unique among all processes
  TenantId tenant;
  std::size_t consumers = 1;  // threads, each with a connection
  std::size_t batch = 200;
  // What nobody acknowledged for so long was left by a dead consumer.
  std::int64_t claim_idle_ms = 30'000;
  std::size_t unrouted_max = 10'000;
  // More than so many unread messages are said in the log: a stream that is trimmed loses them.
  std::int64_t lag_alarm = 1'000;
};

class StreamIngress {
 public:
  struct Parts {
    store::EventStore& store;
    EventRouter& router;
    const Clock& clock;
    Log& log;
    metrics::Metrics* metrics = nullptr;
  };
  StreamIngress(Parts parts, IngressOptions options);
  StreamIngress(const StreamIngress&) = delete;
  StreamIngress& operator=(const StreamIngress&) = delete;
  // Finishes the batch under way when that is possible at once; else it stays pending.
  ~StreamIngress();

 private:
  void run(const std::string& consumer);
  // Until the connection breaks or it is told to stop.
  Result<void> serve(redis::StreamGroup& group);
  Result<bool> is_held_back();
  // Tells of what waits in the stream, and of what was trimmed from it unread. Gives whether it
  // lags.
  Result<bool> measure(redis::StreamGroup& group, bool was_lagging);
  Result<void> handle(redis::StreamGroup& group, std::vector<redis::StreamMessage> messages);
  // What there is to say about each message: nothing, stored; or why it never will be.
  using Refusals = std::vector<std::optional<Error>>;
  Result<Refusals> store_all(const std::vector<redis::StreamMessage>& messages);
  Result<void> accept(const std::vector<EventRequest>& requests,
                      const std::vector<std::size_t>& places, Refusals& refusals);
  [[nodiscard]] std::string letter_id(const redis::StreamMessage& message) const;
  // False: it is time to stop.
  bool pause(std::int64_t ms);
  bool is_stopping();

  Parts parts_;
  const IngressOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fermata::service
