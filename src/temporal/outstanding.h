#pragma once
// Outstanding: counts what was begun and is not done yet, so that one may wait until there is
// nothing. Safe from any thread.

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace fermata::temporal {

class Outstanding {
 public:
  void add(std::size_t count = 1) {
    const std::scoped_lock lock(mutex_);
    count_ += count;
  }
  // Once for each that was added.
  void done() {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void await_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
};

}  // namespace fermata::temporal
