#pragma once
// TopicReader: one stream of many topics, as its reader sees it. A message says of each topic what
// is new and up to which number; its id says all the numbers, so that whoever comes back with it
// goes on where they were.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/topic_hub.h"
#include "http/message.h"
#include "store/run_views.h"

namespace fermata::api {

// `run:ID`, `runs`, `tasks` or `system`, and the last number that is known of it.
struct Topic {
  std::string name;
  std::optional<RunId> run;
  TopicKind kind = TopicKind::Runs;  // of those that are no run
  std::optional<std::int64_t> after;
  bool is_over = false;
};

struct TopicRequest {
  TenantId tenant;
  std::vector<Topic> topics;
  bool is_once = false;  // it ends after its first message
};

class TopicReader final : public http::BodyStream {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  // At most four messages in a second.
  static constexpr std::chrono::milliseconds kPeriod{250};
  static constexpr std::size_t kRowsMax = 500;

  explicit TopicReader(TopicRequest request) : request_(std::move(request)) {}

  Next next(std::string& bytes) override;
  void on_ready(const std::function<void()>& wake) override;
  [[nodiscard]] std::string_view heartbeat() const override { return ": alive\n\n"; }

  // For the feed's thread alone, but for `give`.
  [[nodiscard]] const TenantId& tenant() const { return request_.tenant; }
  [[nodiscard]] std::vector<Topic>& topics() { return request_.topics; }
  [[nodiscard]] bool is_once() const { return request_.is_once; }
  // Whether everything was taken, and its time has come.
  bool is_hungry(Instant now);
  // One message of these parts, each an object of its topic; not before `next_at` the next.
  void give(const std::string& parts, Instant next_at);

 private:
  [[nodiscard]] std::string id() const;

  TopicRequest request_;
  Instant next_at_;
  std::mutex mutex_;
  std::string text_;
  bool is_over_ = false;
  std::function<void()> wake_;
};

}  // namespace fermata::api
