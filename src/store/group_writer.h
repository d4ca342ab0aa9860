#pragma once
// GroupWriter: what many activations and actions have to write, in one transaction. Each waits for
// at most one transaction before its own. When a transaction of several fails, each is tried alone,
// so that one that cannot be written does not hold the others. INVARIANT: what is submitted later
// is not committed earlier, and whoever waits for a row of the ledger hears of it after the rows
// that failed before it.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <variant>
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

  // `done` is called once, from the writer's thread, when the rows are committed or that failed. It
  // must not wait.
  void submit(projection::RowBatch batch, Done done);
  // The same for a row of the ledger. False: somebody else was faster.
  using PutDone = std::function<void(Result<bool>)>;
  void put(InvocationPut put, PutDone done);
  // Waits for it.
  Result<bool> put(InvocationPut put);

 private:
  struct Rows {
    projection::RowBatch batch;
    Done done;
    std::uint64_t order = 0;
  };
  struct Put {
    InvocationPut put;
    PutDone done;
    std::uint64_t order = 0;
  };
  struct Work {
    std::vector<Rows> rows;
    std::vector<Put> puts;
    [[nodiscard]] std::size_t size() const { return rows.size() + puts.size(); }
  };
  void run();
  void gather(std::unique_lock<std::mutex>& lock);
  void write(Work& work);
  void write_each(Work& work);
  // `in_vain`: of the tries before this one, all that waited for the database and got nothing.
  Result<std::vector<bool>> write_alone(std::span<const projection::RowBatch> rows,
                                        std::span<const InvocationPut> put,
                                        std::vector<Error>& in_vain);

  Store& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Work queue_;
  std::uint64_t submitted_ = 0;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace fermata::store
