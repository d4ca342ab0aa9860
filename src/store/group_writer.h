#pragma once
// GroupWriter: row batches of many activations in one transaction. A batch waits for at most one
// transaction before its own; its callback is called once, from the writer's thread, when its rows
// are committed or when that failed.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/store.h"

namespace fermata::store {

class GroupWriter {
 public:
  using Done = std::function<void(Result<void>)>;

  explicit GroupWriter(Store& store);
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;
  // Writes what was submitted, then stops.
  ~GroupWriter();

  void submit(projection::RowBatch batch, Done done);

 private:
  struct Item {
    projection::RowBatch batch;
    Done done;
  };
  void run();

  Store& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> queue_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace fermata::store
