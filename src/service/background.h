#pragma once
// Background: one thread that does the same thing again and again, until the object goes.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace fermata::service {

class Background {
 public:
  // How long to rest after it was done, unless somebody wakes it.
  using Round = std::function<std::chrono::milliseconds()>;

  explicit Background(Round round);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  // The round that is under way ends first.
  ~Background();

  void wake();

 private:
  void run();

  Round round_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_awake_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace fermata::service
