#pragma once
// Spool: runs whose rows lag behind their history because the database was away, in a file that a
// crash leaves. Each worker process has one of its own and takes over what dead ones left.
// INVARIANT: a run is on disk before its task is acknowledged, until its rows were made again.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "foundation/ids.h"
#include "foundation/result.h"

namespace fermata::worker {

class Spool {
 public:
  struct Entry {
    RunId run;
    std::uint64_t mark = 0;
  };

  // In FOLDER/lagging-N, the first that no living process holds. Errors: DATA_FOLDER.
  static Result<std::unique_ptr<Spool>> open(const std::string& folder);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  // On disk when it returns. The run is not due before the result is gone: until then its history
  // may lack what is being acknowledged. The result must not outlive the spool.
  Result<std::shared_ptr<void>> mark(const RunId& run);
  [[nodiscard]] std::vector<Entry> due() const;
  [[nodiscard]] std::size_t size() const;
  // Forgets the run, unless it was marked again.
  void done(const Entry& entry);

 private:
  struct State {
    std::uint64_t mark = 0;
    int held = 0;
  };
  explicit Spool(int file) : file_(file) {}
  Result<void> append(const RunId& run);

  int file_;
  mutable std::mutex mutex_;
  std::map<RunId, State> runs_;
  std::uint64_t marks_ = 0;
};

}  // namespace fermata::worker
