#include "api/run_feed.h"

#include <algorithm>
#include <map>

#include "api/render.h"
#include "foundation/format.h"
#include "json/text.h"
#include "store/run_views.h"

namespace fermata::api {
namespace {

constexpr std::chrono::milliseconds kPeriod(250);
// While somebody catches up.
constexpr std::chrono::milliseconds kHurry(10);
// After the store said no.
constexpr std::chrono::milliseconds kRest(1'000);
// Runs in one question.
constexpr std::size_t kWatchesMax = 500;
// Of a run that changes faster than a message holds only sums are told, this often.
constexpr std::chrono::milliseconds kSumsPeriod(1'000);
// Nobody listened for so long: what was known is forgotten.
constexpr std::chrono::minutes kHubKept(10);
constexpr std::chrono::milliseconds kSystemPeriod(2'000);

bool is_terminal(const std::string& status) {
  return status == "SUCCEEDED" || status == "FAILED" || status == "CANCELED";
}

std::string event_text(std::string_view name, std::uint64_t sequence, const json::Value& data) {
  return format("id: {}\nevent: {}\ndata: {}\n\n", sequence, name, json::to_text(data));
}

// All rows in the order of their numbers; those of a kind are in order already.
std::string text_of(const store::Changes& changes) {
  std::multimap<std::uint64_t, std::string> events;
  if (changes.run) {
    json::Value run = render(*changes.run);
    run.get_object().erase("input");
    events.emplace(changes.run->run.sequence, event_text("run", changes.run->run.sequence, run));
  }
  for (const auto& row : changes.steps)
    events.emplace(row.sequence, event_text("step", row.sequence, render(row)));
  for (const auto& row : changes.waits)
    events.emplace(row.sequence, event_text("wait", row.sequence, render(row)));
  std::string text;
  for (const auto& [sequence, event] : events) text += event;
  return text;
}

}  // namespace

class RunFeed::Reader final : public http::BodyStream {
 public:
  explicit Reader(const store::Watch& from) : watch_(from) {}

  Next next(std::string& bytes) override {
    const std::scoped_lock lock(mutex_);
    if (text_ != nullptr) {
      bytes += *text_;
      text_.reset();
      return Next::Bytes;
    }
    return is_over_ ? Next::End : Next::Wait;
  }
  void on_ready(const std::function<void()>& wake) override {
    const std::scoped_lock lock(mutex_);
    wake_ = wake;
  }
  [[nodiscard]] std::string_view heartbeat() const override { return ": alive\n\n"; }

  // What they know, when they have taken everything that was given.
  std::optional<store::Watch> hungry() {
    const std::scoped_lock lock(mutex_);
    return text_ == nullptr && !is_over_ ? std::optional(watch_) : std::nullopt;
  }
  void give(std::shared_ptr<const std::string> text, std::int64_t until, bool is_over) {
    std::function<void()> wake;
    {
      const std::scoped_lock lock(mutex_);
      if (!text->empty()) text_ = std::move(text);
      watch_.after = until;
      is_over_ = is_over;
      wake = wake_;
    }
    if (wake) wake();
  }

 private:
  std::mutex mutex_;
  store::Watch watch_;
  // Shared by all who know the same.
  std::shared_ptr<const std::string> text_;
  bool is_over_ = false;
  std::function<void()> wake_;
};

// What changed in a run since somebody's number; made into text once for all who know the same.
struct RunFeed::News {
  store::Changes changes;
  std::shared_ptr<const std::string> events;  // row by row
  std::string part;                           // of a message: members of an object
  bool has_part = false;
  bool is_sums = false;
  std::size_t rows = 0;
  std::int64_t until = 0;
  bool is_over = false;  // nothing comes any more
};

RunFeed::RunFeed(Parts parts)
    : parts_(std::move(parts)),
      system_watch_(std::make_unique<service::Background>([this] { return look_at_system(); })),
      thread_([this] { work(); }) {}

RunFeed::~RunFeed() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<http::BodyStream> RunFeed::open(const store::Watch& from) {
  auto reader = std::make_shared<Reader>(from);
  {
    const std::scoped_lock lock(mutex_);
    readers_.push_back(reader);
  }
  wake_.notify_all();
  return reader;
}

std::shared_ptr<http::BodyStream> RunFeed::open(TopicRequest request) {
  bool has_system = false;
  for (const Topic& topic : request.topics)
    has_system = has_system || (!topic.run && topic.kind == TopicKind::System);
  auto reader = std::make_shared<TopicReader>(std::move(request));
  {
    const std::scoped_lock lock(mutex_);
    topic_readers_.push_back(reader);
    is_system_asked_ = is_system_asked_ || has_system;
  }
  if (has_system) system_watch_->wake();
  wake_.notify_all();
  return reader;
}

// Those that are still there; the others are forgotten.
template <typename Kind>
static std::vector<std::shared_ptr<Kind>> alive_of(std::vector<std::weak_ptr<Kind>>& all) {
  std::vector<std::shared_ptr<Kind>> alive;
  std::erase_if(all, [&](const std::weak_ptr<Kind>& weak) {
    auto reader = weak.lock();
    if (reader == nullptr) return true;
    alive.push_back(std::move(reader));
    return false;
  });
  return alive;
}

std::size_t RunFeed::readers() {
  const std::scoped_lock lock(mutex_);
  return alive_of(readers_).size() + alive_of(topic_readers_).size();
}

void RunFeed::work() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    auto readers = alive_of(readers_);
    auto topic_readers = alive_of(topic_readers_);
    if (readers.empty() && topic_readers.empty()) {
      wake_.wait(lock,
                 [&] { return is_stopping_ || !readers_.empty() || !topic_readers_.empty(); });
      continue;
    }
    system_seen_ = system_;
    lock.unlock();
    const Result<bool> given = give(readers, topic_readers);
    if (!given.has_value())
      parts_.log.warn("live streams cannot read the store", {{"code", given.error().code}});
    readers.clear();
    topic_readers.clear();
    lock.lock();
    const auto pause = !given.has_value() ? kRest : *given ? kHurry : kPeriod;
    wake_.wait_for(lock, pause, [&] { return is_stopping_; });
  }
}

std::chrono::milliseconds RunFeed::look_at_system() {
  {
    const std::scoped_lock lock(mutex_);
    if (!is_system_asked_) return kSystemPeriod;
    is_system_asked_ = false;
  }
  json::Value seen = parts_.system();
  const std::scoped_lock lock(mutex_);
  system_ = std::move(seen);
  return kSystemPeriod;
}

Result<void> RunFeed::ask(AllNews& all) {
  for (auto next = all.begin(); next != all.end();) {
    auto asked = next;
    std::vector<store::Watch> watches;
    for (; next != all.end() && watches.size() < kWatchesMax; ++next)
      watches.push_back(next->first);
    TRY(auto found, parts_.store.views().changes(watches));
    for (store::Changes& changes : found) {
      News& news = *(asked++)->second;
      // A run that is no more has nothing more to tell.
      news.is_over = !changes.has_more && (changes.status.empty() || is_terminal(changes.status));
      news.until = changes.until;
      news.changes = std::move(changes);
    }
  }
  return {};
}

Result<bool> RunFeed::give(const Readers<Reader>& readers,
                           const Readers<TopicReader>& topic_readers) {
  const auto now = std::chrono::steady_clock::now();
  AllNews all;
  std::vector<std::pair<std::shared_ptr<Reader>, store::Watch>> hungry;
  for (const auto& reader : readers) {
    const auto watch = reader->hungry();
    if (!watch) continue;
    hungry.emplace_back(reader, *watch);
    all[*watch] = nullptr;
  }
  Readers<TopicReader> hungry_topics;
  for (const auto& reader : topic_readers) {
    if (!reader->is_hungry(now)) continue;
    hungry_topics.push_back(reader);
    for (const Topic& topic : reader->topics())
      if (topic.run && !topic.is_over)
        all[{reader->tenant(), *topic.run, topic.after.value_or(-1)}] = nullptr;
  }
  for (auto& [watch, news] : all) news = std::make_shared<News>();
  TRY_DO(ask(all));
  bool has_more = false;
  for (const auto& [reader, watch] : hungry) {
    News& news = *all[watch];
    if (news.events == nullptr) {
      auto text = std::make_shared<std::string>(text_of(news.changes));
      if (news.is_over) *text += "event: end\ndata: {}\n\n";
      news.events = std::move(text);
    }
    has_more = has_more || news.changes.has_more;
    if (!news.events->empty()) reader->give(news.events, news.changes.until, news.is_over);
  }
  for (const auto& reader : hungry_topics) TRY_DO(serve(*reader, all, now));
  std::erase_if(hubs_, [&](const auto& entry) { return entry.second.used_at + kHubKept < now; });
  return has_more;
}

Result<void> RunFeed::make_part(const store::Watch& watch, News& news) {
  if (news.has_part) return {};
  news.has_part = true;
  const store::Changes& changes = news.changes;
  json::Object part;
  if (changes.run) {
    json::Value run = render(*changes.run);
    run.get_object().erase("input");
    part["run"] = std::move(run);
  }
  news.rows = changes.steps.size() + changes.waits.size() + (changes.run ? 1 : 0);
  news.is_sums = changes.has_more || news.rows > TopicReader::kRowsMax;
  if (news.is_sums) {
    // Rows come faster than they are read: sums, and where to look.
    TRY(const auto reach, parts_.store.views().reach(watch));
    TRY(const auto sums, parts_.store.views().aggregates(watch.tenant, watch.run));
    std::int64_t first = reach.first_block.value_or(reach.step_number);
    for (const auto& row : changes.steps)
      first = std::min(first, static_cast<std::int64_t>(row.step_number));
    part["dirty"] = json::Object{{"fromStep", first}, {"toStep", reach.step_number}};
    json::Array aggregates;
    for (const store::PathSums& path : sums) aggregates.push_back(render(path));
    part["aggregates"] = std::move(aggregates);
    news.until = std::max(changes.until, reach.sequence);
    news.rows = 1;
  } else if (news.rows > 0) {
    json::Array steps;
    for (const auto& row : changes.steps) steps.push_back(render(row));
    json::Array waits;
    for (const auto& row : changes.waits) waits.push_back(render(row));
    part["steps"] = std::move(steps);
    part["waits"] = std::move(waits);
  }
  // What changed while the sums were made comes before the end.
  if (news.is_over && !news.is_sums) part["end"] = true;
  if (part.empty()) return {};
  const std::string text = json::to_text(json::Value(std::move(part)));
  news.part = text.substr(1, text.size() - 2);
  return {};
}

Result<std::optional<HubNews>> RunFeed::news_of(const TenantId& tenant, const Topic& topic,
                                                TopicReader::Instant now) {
  Hub& entry =
      hubs_.try_emplace({tenant, topic.kind}, Hub{TopicHub(topic.kind, tenant), now}).first->second;
  entry.used_at = now;
  if (topic.kind == TopicKind::System) {
    const std::scoped_lock lock(mutex_);
    is_system_asked_ = true;
    if (system_seen_.is_null()) return std::optional<HubNews>();
  }
  TRY_DO(entry.hub.look({parts_.store, parts_.clock, system_seen_}));
  return entry.hub.news(topic.after);
}

Result<void> RunFeed::serve(TopicReader& reader, const AllNews& all, TopicReader::Instant now) {
  std::string parts;
  std::size_t rows = 0;
  auto next_at = now + TopicReader::kPeriod;
  bool is_early = false;
  for (Topic& topic : reader.topics()) {
    if (topic.is_over) continue;
    std::string part;
    std::size_t more = 0;
    std::int64_t until = 0;
    bool is_over = false;
    if (topic.run) {
      const store::Watch watch{reader.tenant(), *topic.run, topic.after.value_or(-1)};
      News& news = *all.at(watch);
      TRY_DO(make_part(watch, news));
      part = news.part;
      more = news.rows;
      until = news.until;
      is_over = news.is_over && !news.is_sums;
      if (news.is_sums) next_at = now + kSumsPeriod;
    } else {
      is_early = is_early || (topic.kind == TopicKind::System && system_seen_.is_null());
      TRY(const auto news, news_of(reader.tenant(), topic, now));
      if (news) {
        part = news->text;
        more = news->rows;
        until = news->until;
      }
    }
    // What does not fit any more waits for the next message.
    if (part.empty() || (rows > 0 && rows + more > TopicReader::kRowsMax)) continue;
    rows += more;
    topic.after = until;
    topic.is_over = is_over;
    const std::string name = json::to_text(json::Value(topic.name));
    parts +=
        format("{}{{\"topic\":{},\"seq\":\"{}\",{}}}", parts.empty() ? "" : ",", name, until, part);
  }
  // Who asks once is answered, also when there is nothing to say.
  if (!parts.empty() || (reader.is_once() && !is_early)) reader.give(parts, next_at);
  return {};
}

}  // namespace fermata::api
