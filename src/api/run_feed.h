#pragma once
// RunFeed: live streams. One thread asks the store, a few times a second, what changed in all that
// somebody watches, so it does not matter which process writes the rows. A reader who has not taken
// the last answer is not asked for: the store keeps what they miss, and nothing piles up here.
// Streams are of one run, row by row, or of many topics, in messages (topic_reader.h).

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "api/topic_hub.h"
#include "api/topic_reader.h"
#include "foundation/log.h"
#include "http/message.h"
#include "service/background.h"
#include "store/run_views.h"

namespace fermata::api {

class RunFeed {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    Log& log;
    // What the server knows of itself, for the topic `system`; may take a while.
    std::function<json::Value()> system;
  };
  explicit RunFeed(Parts parts);
  RunFeed(const RunFeed&) = delete;
  RunFeed& operator=(const RunFeed&) = delete;
  ~RunFeed();

  // Streams that are open.
  [[nodiscard]] std::size_t readers();
  // Server-sent events from here on: `run`, `step` and `wait`, each with its row as data and its
  // sequence number as id, in their order; `end` after the last of a run that has ended.
  std::shared_ptr<http::BodyStream> open(const store::Watch& from);
  // `batch` after `batch`, each with what is new of its topics; `end` once all of them are over.
  std::shared_ptr<http::BodyStream> open(TopicRequest request);

 private:
  class Reader;
  struct News;
  template <typename Kind>
  using Readers = std::vector<std::shared_ptr<Kind>>;
  // What is read of the store in one go, shared by all who ask for the same.
  using AllNews = std::map<store::Watch, std::shared_ptr<News>>;
  using HubKey = std::pair<TenantId, TopicKind>;
  struct Hub {
    TopicHub hub;
    TopicReader::Instant used_at;
  };

  void work();
  Result<void> ask(AllNews& all);
  // Whether there is more to give at once.
  Result<bool> give(const Readers<Reader>& readers, const Readers<TopicReader>& topic_readers);
  Result<void> serve(TopicReader& reader, const AllNews& all, TopicReader::Instant now);
  Result<std::optional<HubNews>> news_of(const TenantId& tenant, const Topic& topic,
                                         TopicReader::Instant now);
  // What a message says of a run.
  Result<void> make_part(const store::Watch& watch, News& news);
  std::chrono::milliseconds look_at_system();

  Parts parts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::weak_ptr<Reader>> readers_;
  std::vector<std::weak_ptr<TopicReader>> topic_readers_;
  json::Value system_;
  bool is_system_asked_ = false;
  bool is_stopping_ = false;
  std::map<HubKey, Hub> hubs_;  // of the thread alone
  json::Value system_seen_;     // the same
  std::unique_ptr<service::Background> system_watch_;
  std::thread thread_;
};

}  // namespace fermata::api
