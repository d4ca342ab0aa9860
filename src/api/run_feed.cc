#include "api/run_feed.h"

#include <map>

#include "api/render.h"
#include "foundation/format.h"
#include "json/text.h"

namespace fermata::api {
namespace {

constexpr std::chrono::milliseconds kPeriod(250);
// While somebody catches up.
constexpr std::chrono::milliseconds kHurry(10);
// After the store said no.
constexpr std::chrono::milliseconds kRest(1'000);
// Runs in one question.
constexpr std::size_t kWatchesMax = 500;

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
  void on_ready(std::function<void()> wake) override {
    const std::scoped_lock lock(mutex_);
    wake_ = std::move(wake);
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

RunFeed::RunFeed(store::Store& store, Log& log)
    : store_(store), log_(log), thread_([this] { work(); }) {}

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

std::size_t RunFeed::readers() {
  const std::scoped_lock lock(mutex_);
  return waiting_readers().size();
}

RunFeed::Readers RunFeed::waiting_readers() {
  Readers alive;
  std::erase_if(readers_, [&](const std::weak_ptr<Reader>& weak) {
    auto reader = weak.lock();
    if (reader == nullptr) return true;
    alive.push_back(std::move(reader));
    return false;
  });
  return alive;
}

void RunFeed::work() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const Readers readers = waiting_readers();
    if (readers.empty()) {
      wake_.wait(lock, [&] { return is_stopping_ || !readers_.empty(); });
      continue;
    }
    lock.unlock();
    const Result<bool> given = give(readers);
    if (!given.has_value())
      log_.warn("live streams cannot read the store", {{"code", given.error().code}});
    lock.lock();
    const auto pause = !given.has_value() ? kRest : *given ? kHurry : kPeriod;
    wake_.wait_for(lock, pause, [&] { return is_stopping_; });
  }
}

Result<bool> RunFeed::give(const Readers& readers) {
  std::map<store::Watch, Readers> hungry;
  for (const auto& reader : readers) {
    if (const auto watch = reader->hungry()) hungry[*watch].push_back(reader);
  }
  bool has_more = false;
  for (auto next = hungry.begin(); next != hungry.end();) {
    const auto first = next;
    std::vector<store::Watch> watches;
    for (; next != hungry.end() && watches.size() < kWatchesMax; ++next)
      watches.push_back(next->first);
    TRY(const auto all, store_.views().changes(watches));
    auto asked = first;
    for (const store::Changes& changes : all) {
      const Readers& same = (asked++)->second;
      // A run that is no more has nothing more to tell.
      const bool is_over =
          !changes.has_more && (changes.status.empty() || is_terminal(changes.status));
      auto text = std::make_shared<std::string>(text_of(changes));
      if (is_over) *text += "event: end\ndata: {}\n\n";
      has_more = has_more || changes.has_more;
      if (text->empty()) continue;
      for (const auto& reader : same) reader->give(text, changes.until, is_over);
    }
  }
  return has_more;
}

}  // namespace fermata::api
