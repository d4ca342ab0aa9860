#include "store/group_writer.h"

#include <future>
#include <utility>

namespace fermata::store {
namespace {

// It is waited for in vain, each time for as long as we wait.
bool is_out_of_reach(const Error& error) {
  return error.code == "STORE_UNAVAILABLE" || error.code == "STORE_BUSY";
}

}  // namespace

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
      wake_.wait(lock, [this] { return is_stopping_ || queue_.size() > 0; });
      if (queue_.size() == 0) return;
      gather(lock);
      std::swap(work, queue_);
    }
    write(work);
  }
}

// Whoever is ready to run submits first, so that busy processors make fewer and larger
// transactions. On idle ones nobody is, and nothing is waited for.
void GroupWriter::gather(std::unique_lock<std::mutex>& lock) {
  constexpr int kYieldsMax = 8;
  std::size_t before = 0;
  for (int i = 0; i < kYieldsMax && queue_.size() > before; ++i) {
    before = queue_.size();
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
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

// One row may be locked or refused; of two in a row it is the database, and the others would only
// wait in their turn.
Result<std::vector<bool>> GroupWriter::write_alone(std::span<const projection::RowBatch> rows,
                                                   std::span<const InvocationPut> put,
                                                   std::vector<Error>& in_vain) {
  constexpr std::size_t kTries = 2;
  if (in_vain.size() == kTries) return in_vain.back();
  auto written = store_.write(rows, put);
  if (written.has_value()) {
    in_vain.clear();
  } else if (is_out_of_reach(written.error())) {
    in_vain.push_back(written.error());
  }
  return written;
}

// In the order in which they came: who waits for the one relies on what came before it.
void GroupWriter::write_each(Work& work) {
  auto rows = work.rows.begin();
  auto put = work.puts.begin();
  std::vector<Error> in_vain;
  while (rows != work.rows.end() || put != work.puts.end()) {
    if (put == work.puts.end() || (rows != work.rows.end() && rows->order < put->order)) {
      const auto written = write_alone(std::span(&rows->batch, 1), {}, in_vain);
      rows++->done(written.has_value() ? Result<void>() : Result<void>(written.error()));
    } else {
      const auto written = write_alone({}, std::span(&put->put, 1), in_vain);
      put++->done(written.has_value() ? Result<bool>(written->front())
                                      : Result<bool>(written.error()));
    }
  }
}

}  // namespace fermata::store
