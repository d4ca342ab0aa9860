#include "worker/key_turns.h"

#include <algorithm>

namespace fermata::worker {

bool KeyTurns::take(const Key& key, Waiting waiting) {
  std::deque<Waiting> lost;
  {
    const std::scoped_lock lock(mutex_);
    const auto [held, is_free] = held_.try_emplace(key);
    if (is_free) return true;
    std::deque<Waiting>& line = held->second.line;
    const auto same = std::ranges::find(line, waiting.visit, &Waiting::visit);
    if (same != line.end()) {
      lost.push_back(std::move(*same));
      line.erase(same);
    }
    const bool may_wait = !is_draining_ && !held->second.is_closed;
    (may_wait ? line : lost).push_back(std::move(waiting));
  }
  for (const Waiting& one : lost) one.told(Turn::Lost);
  return false;
}

void KeyTurns::give_back(const Key& key) {
  Waiting next;
  {
    const std::scoped_lock lock(mutex_);
    const auto held = held_.find(key);
    if (held == held_.end()) return;
    std::deque<Waiting>& line = held->second.line;
    if (line.empty()) {
      held_.erase(held);
      return;
    }
    next = std::move(line.front());
    line.pop_front();
  }
  next.told(Turn::Ours);
}

void KeyTurns::close(const Key& key) {
  std::deque<Waiting> lost;
  {
    const std::scoped_lock lock(mutex_);
    const auto held = held_.find(key);
    if (held == held_.end()) return;
    held->second.is_closed = true;
    lost = std::exchange(held->second.line, {});
  }
  for (const Waiting& one : lost) one.told(Turn::Lost);
}

void KeyTurns::drain() {
  std::deque<Waiting> lost;
  {
    const std::scoped_lock lock(mutex_);
    is_draining_ = true;
    for (auto& [key, held] : held_)
      for (Waiting& one : std::exchange(held.line, {})) lost.push_back(std::move(one));
  }
  for (const Waiting& one : lost) one.told(Turn::Lost);
}

}  // namespace fermata::worker
