#include "service/background.h"

namespace fermata::service {

Background::Background(Round round) : round_(std::move(round)), thread_([this] { run(); }) {}

Background::~Background() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Background::wake() {
  {
    const std::scoped_lock lock(mutex_);
    is_awake_ = true;
  }
  changed_.notify_all();
}

void Background::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    is_awake_ = false;
    lock.unlock();
    const std::chrono::milliseconds rest = round_();
    lock.lock();
    changed_.wait_for(lock, rest, [&] { return is_stopping_ || is_awake_; });
  }
}

}  // namespace fermata::service
