#pragma once
// KeyTurns: of this process's calls with one idempotency key, one at a time. The ledger's lease
// says the same between processes; inside one it cannot, when the database was away for longer than
// the lease and Temporal has given up the call that holds it. Safe from any thread; never waits.

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "foundation/ids.h"

namespace fermata::worker {

class KeyTurns {
 public:
  using Key = std::pair<TenantId, std::string>;
  enum class Turn { Ours, Lost };
  struct Waiting {
    // Who asks: a later call of the same visit takes the place of one that waits, since nobody
    // hears that one's answer any more.
    std::string visit;
    std::function<void(Turn)> told;  // once; must not wait
  };

  // True: it is the caller's turn, until give_back. False: `waiting` is told when it is.
  bool take(const Key& key, Waiting waiting);
  void give_back(const Key& key);
  // It is kept for longer than anybody should wait: until it is given back, whoever asks has lost.
  void close(const Key& key);
  // Whoever waits has lost, and so has whoever would have to.
  void drain();

 private:
  struct Held {
    std::deque<Waiting> line;
    bool is_closed = false;
  };
  std::mutex mutex_;
  bool is_draining_ = false;
  std::map<Key, Held> held_;
};

}  // namespace fermata::worker
