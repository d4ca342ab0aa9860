#pragma once
// Line: work that is due at its time, done by several threads; work may add more.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace fermata::model {

class Line {
 public:
  void add(double after_ms, std::function<void()> work) {
    const std::scoped_lock lock(mutex_);
    const auto after = std::chrono::duration<double, std::milli>(after_ms);
    due_.emplace(Time::now() + std::chrono::duration_cast<Time::duration>(after), std::move(work));
    changed_.notify_all();
  }
  // Until there is nothing left and nobody at work.
  void play(std::size_t threads) {
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
  }

 private:
  using Time = std::chrono::steady_clock;

  void work() {
    std::unique_lock lock(mutex_);
    while (at_work_ > 0 || !due_.empty()) {
      if (due_.empty()) {
        changed_.wait(lock);
      } else if (const auto first = due_.begin(); first->first > Time::now()) {
        changed_.wait_until(lock, Time::time_point(first->first));
      } else {
        const auto job = std::move(due_.extract(first).mapped());
        ++at_work_;
        lock.unlock();
        job();
        lock.lock();
        --at_work_;
        changed_.notify_all();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Time::time_point, std::function<void()>> due_;
  int at_work_ = 0;
};

}  // namespace fermata::model
