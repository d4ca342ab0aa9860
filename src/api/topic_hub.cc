#include "api/topic_hub.h"

#include <algorithm>

#include "api/render.h"
#include "foundation/format.h"
#include "json/text.h"
#include "store/run_views.h"

namespace fermata::api {
namespace {

constexpr std::int64_t kPeriodMs = 1'000;
// Rows that a hub remembers, and that one message holds.
constexpr std::size_t kChangesMax = 500;
// Runs that are looked at: the newest, and the newest of those that have not ended.
constexpr std::size_t kNewest = 100;
constexpr std::size_t kActive = 500;
constexpr std::size_t kTasks = 500;
const std::vector<std::string> kActiveStatuses = {"RUNNING", "WAITING", "PAUSED"};

}  // namespace

void TopicHub::see(const std::string& id, const std::string& mark, const json::Value& row) {
  next_[id] = mark;
  const auto known = marks_.find(id);
  if (known != marks_.end() && known->second == mark) return;
  ++told_;
  std::erase_if(changes_, [&](const Change& change) { return change.id == id; });
  changes_.push_back({number_, id, json::to_text(row)});
}

Result<void> TopicHub::look_at_runs(store::Store& store) {
  store::RunFilter newest;
  newest.limit = kNewest;
  store::RunFilter active;
  active.statuses = kActiveStatuses;
  active.limit = kActive;
  TRY(auto rows, store.views().runs(tenant_, newest));
  TRY(auto more, store.views().runs(tenant_, active));
  std::move(more.begin(), more.end(), std::back_inserter(rows));
  // What had not ended when it was last seen, and is not among these now.
  std::vector<std::string> gone;
  for (const auto& [id, mark] : marks_) {
    const bool is_there = std::ranges::any_of(
        rows, [&](const store::RunView& view) { return view.launch.run_id.text == id; });
    if (!is_there && mark.ends_with('+')) gone.push_back(id);
  }
  TRY(auto ended, store.views().runs_by_id(tenant_, gone));
  std::move(ended.begin(), ended.end(), std::back_inserter(rows));
  for (const store::RunView& view : rows) {
    const bool is_active = !view.run.completed_at;
    see(view.launch.run_id.text,
        format("{} {}{}", view.run.sequence, view.run.status, is_active ? "+" : ""),
        render_head(view));
  }
  return {};
}

Result<void> TopicHub::look_at_tasks(store::Store& store) {
  store::TaskFilter filter;
  filter.limit = kTasks;
  TRY(const auto rows, store.tasks(tenant_, filter));
  for (const store::TaskRow& task : rows) {
    const std::string id = task.wait.task_id.value_or(task.wait.wait_id.text);
    see(id,
        format("{} {} {}", task.wait.sequence, task.claimed_by.value_or(""),
               task.due_at.value_or(0)),
        render(task));
  }
  for (const auto& [id, mark] : marks_) {
    if (next_.contains(id) || mark.empty()) continue;
    changes_.push_back(
        {number_, id, json::to_text(json::Object{{"taskId", id}, {"status", "CLOSED"}})});
    ++told_;
  }
  return {};
}

Result<void> TopicHub::look(const Parts& parts) {
  const TimeMs now = parts.clock.now();
  if (now < look_at_) return {};
  look_at_ = now + kPeriodMs;
  const bool is_first = number_ == 0;
  number_ = std::max(number_ + 1, now);
  next_.clear();
  told_ = 0;
  switch (kind_) {
    case TopicKind::Runs:
      TRY_DO(look_at_runs(parts.store));
      break;
    case TopicKind::Tasks:
      TRY_DO(look_at_tasks(parts.store));
      break;
    case TopicKind::System:
      see("system", json::to_text(parts.system), parts.system);
      break;
  }
  marks_ = std::move(next_);
  next_.clear();
  // What was there before anybody listened is no change; of too many nobody is told one by one.
  const bool is_flood = kind_ != TopicKind::System && (is_first || told_ >= kChangesMax);
  if (is_flood) {
    changes_.clear();
    known_from_ = number_;
  }
  if (is_first && kind_ == TopicKind::System) known_from_ = number_ - 1;
  while (changes_.size() > kChangesMax) {
    known_from_ = std::max(known_from_, changes_.front().number);
    changes_.pop_front();
  }
  return {};
}

std::optional<HubNews> TopicHub::news(const std::optional<std::int64_t>& after) const {
  if (number_ == 0) return std::nullopt;
  const bool is_all = kind_ == TopicKind::System && !after;
  if (!is_all && (!after || *after < known_from_)) return HubNews{"\"dirty\":true", 0, number_};
  HubNews news;
  news.until = after.value_or(0);
  for (const Change& change : changes_) {
    if (!is_all && change.number <= *after) continue;
    news.text += (news.rows++ == 0 ? "\"rows\":[" : ",") + change.row;
    news.until = std::max(news.until, change.number);
  }
  if (news.rows == 0) return std::nullopt;
  news.text += "]";
  return news;
}

}  // namespace fermata::api
