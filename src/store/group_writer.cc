#include "store/group_writer.h"

#include <utility>

namespace fermata::store {

GroupWriter::GroupWriter(Store& store) : store_(store), thread_([this] { run(); }) {}

GroupWriter::~GroupWriter() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void GroupWriter::submit(projection::RowBatch batch, Done done) {
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back({std::move(batch), std::move(done)});
  }
  wake_.notify_one();
}

void GroupWriter::run() {
  while (true) {
    std::vector<Item> items;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      items.swap(queue_);
    }
    std::vector<projection::RowBatch> batches;
    batches.reserve(items.size());
    for (Item& item : items) batches.push_back(std::move(item.batch));
    const Result<void> written = store_.apply(batches);
    for (Item& item : items) item.done(written);
  }
}

}  // namespace fermata::store
