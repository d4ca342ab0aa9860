#pragma once
// RunFeed: live streams of runs. One thread asks the store, a few times a second, what changed in
// all runs that somebody watches, so it does not matter which process writes their rows. A reader
// who has not taken the last answer is not asked for: the store keeps what they miss, and nothing
// piles up here.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "foundation/log.h"
#include "http/message.h"
#include "store/run_views.h"

namespace fermata::api {

class RunFeed {
 public:
  RunFeed(store::Store& store, Log& log);
  RunFeed(const RunFeed&) = delete;
  RunFeed& operator=(const RunFeed&) = delete;
  ~RunFeed();

  // Server-sent events from here on: `run`, `step` and `wait`, each with its row as data and its
  // sequence number as id, in their order; `end` after the last of a run that has ended.
  // Streams that are open.
  [[nodiscard]] std::size_t readers();
  std::shared_ptr<http::BodyStream> open(const store::Watch& from);

 private:
  class Reader;
  using Readers = std::vector<std::shared_ptr<Reader>>;

  void work();
  Readers waiting_readers();
  // Whether there is more to give at once.
  Result<bool> give(const Readers& readers);

  store::Store& store_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::weak_ptr<Reader>> readers_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace fermata::api
