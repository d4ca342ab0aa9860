#pragma once
// TopicHub: what changed lately of one tenant in what belongs to no single run: the list of runs,
// the inbox, the system. It asks the store once a second while somebody listens, remembers the
// newest changes under growing numbers, and says `dirty` to those who know less than it remembers:
// they fetch what they see, and go on from here. Numbers are times, so that those of another
// server, or of this one before a restart, mean the same.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "foundation/clock.h"
#include "json/value.h"
#include "store/store.h"

namespace fermata::api {

enum class TopicKind : std::uint8_t { Runs, Tasks, System };

// What one listener is told; nothing when there is no news.
struct HubNews {
  std::string text;  // members of a JSON object, without braces: "rows":[…] or "dirty":true
  std::size_t rows = 0;
  std::int64_t until = 0;
};

class TopicHub {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    // What a server knows of itself; asked for by the topic `system` only.
    const json::Value& system;
  };
  TopicHub(TopicKind kind, TenantId tenant) : kind_(kind), tenant_(std::move(tenant)) {}

  // At most once in a period; else it does nothing.
  Result<void> look(const Parts& parts);
  // What is newer than the number; without one: that everything is.
  [[nodiscard]] std::optional<HubNews> news(const std::optional<std::int64_t>& after) const;

 private:
  struct Change {
    std::int64_t number = 0;
    std::string id;
    std::string row;
  };
  // A row as it is now; told when it is not as it was.
  void see(const std::string& id, const std::string& mark, const json::Value& row);
  Result<void> look_at_runs(store::Store& store);
  Result<void> look_at_tasks(store::Store& store);

  const TopicKind kind_;
  const TenantId tenant_;
  std::int64_t number_ = 0;
  // Before this number changes are not known any more.
  std::int64_t known_from_ = 0;
  TimeMs look_at_ = 0;
  std::map<std::string, std::string> marks_;  // of rows, by id: as they were last seen
  std::map<std::string, std::string> next_;
  std::deque<Change> changes_;
  std::size_t told_ = 0;
};

}  // namespace fermata::api
