#include "store/group_writer.h"

#include <future>
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
    queue_.rows.push_back({std::move(batch), std::move(done), ++submitted_});
  }
  wake_.notify_one();
}

void GroupWriter::put(InvocationPut put, PutDone done) {
  {
    const std::scoped_lock lock(mutex_);
    queue_.puts.push_back({std::move(put), std::move(done), ++submitted_});
  }
  wake_.notify_one();
}

Result<bool> GroupWriter::put(InvocationPut put) {
  std::promise<Result<bool>> made;
  this->put(std::move(put), [&](Result<bool> result) { made.set_value(std::move(result)); });
  return made.get_future().get();
}

void GroupWriter::run() {
  while (true) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock,
                 [this] { return is_stopping_ || !queue_.rows.empty() || !queue_.puts.empty(); });
      if (queue_.rows.empty() && queue_.puts.empty()) return;
      std::swap(work, queue_);
    }
    write(work);
  }
}

void GroupWriter::write(Work& work) {
  std::vector<projection::RowBatch> batches;
  batches.reserve(work.rows.size());
  for (Rows& rows : work.rows) batches.push_back(std::move(rows.batch));
  std::vector<InvocationPut> puts;
  puts.reserve(work.puts.size());
  for (Put& put : work.puts) puts.push_back(std::move(put.put));
  const auto written = store_.write(batches, puts);
  // Of a database that is away each would only wait in its turn.
  const bool is_away = !written.has_value() && written.error().code == "STORE_UNAVAILABLE";
  if (!written.has_value() && !is_away && batches.size() + puts.size() > 1) {
    for (std::size_t i = 0; i < batches.size(); ++i) work.rows[i].batch = std::move(batches[i]);
    for (std::size_t i = 0; i < puts.size(); ++i) work.puts[i].put = std::move(puts[i]);
    write_each(work);
    return;
  }
  if (!written.has_value()) {
    for (const Rows& rows : work.rows) rows.done(written.error());
    for (const Put& put : work.puts) put.done(written.error());
    return;
  }
  // Puts first: an action waits behind each.
  for (std::size_t i = 0; i < puts.size(); ++i) work.puts[i].done((*written)[i]);
  for (const Rows& rows : work.rows) rows.done({});
}

// In the order in which they came: who waits for the one relies on what came before it.
void GroupWriter::write_each(Work& work) {
  auto rows = work.rows.begin();
  auto put = work.puts.begin();
  while (rows != work.rows.end() || put != work.puts.end()) {
    if (put == work.puts.end() || (rows != work.rows.end() && rows->order < put->order)) {
      const auto written = store_.write(std::span(&rows->batch, 1), {});
      rows++->done(written.has_value() ? Result<void>() : Result<void>(written.error()));
    } else {
      const auto written = store_.write({}, std::span(&put->put, 1));
      put++->done(written.has_value() ? Result<bool>(written->front())
                                      : Result<bool>(written.error()));
    }
  }
}

}  // namespace fermata::store
