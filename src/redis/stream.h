#pragma once
// StreamGroup: one consumer of a consumer group on a Redis stream. A message that was read stays
// pending until it is acknowledged; what a consumer left pending is claimed by another one after a
// while. So each message is handled at least once, whoever dies. Errors as in client.h.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "redis/client.h"

namespace fermata::redis {

struct StreamMessage {
  std::string id;
  std::vector<std::pair<std::string, std::string>> fields;  // empty: the entry is gone
  std::uint64_t deliveries = 1;                             // how often it was taken, this time too
};

struct StreamNames {
  std::string stream;
  std::string group;
  std::string consumer;  // unique among all processes
};

struct StreamDepth {
  std::int64_t pending = 0;         // read, not acknowledged
  std::optional<std::int64_t> lag;  // not read by anyone in the group; not always known
  bool is_all_read = false;
};

class StreamGroup {
 public:
  StreamGroup(Client client, StreamNames names)
      : client_(std::move(client)), names_(std::move(names)) {}

  // Makes stream and group when they are missing; the group begins with the oldest message.
  Result<void> ensure();
  // New messages; waits at most `blocks_ms` for the first.
  Result<std::vector<StreamMessage>> read(std::size_t count, std::int64_t blocks_ms);
  // Messages that someone took at least `idle_ms` ago and did not acknowledge: ours from now on.
  Result<std::vector<StreamMessage>> claim(std::int64_t idle_ms, std::size_t count);
  // They are still worked on: nobody shall claim them for a while.
  Result<void> keep(const std::vector<std::string>& ids);
  Result<void> acknowledge(const std::vector<std::string>& ids);
  // Forgets consumers that hold nothing and were not heard of for `idle_ms`.
  Result<void> forget_consumers(std::int64_t idle_ms);
  // REDIS_REFUSED when there is no such stream or group.
  Result<StreamDepth> depth();
  // How many messages were trimmed from the stream before anybody in the group read them, since the
  // last time that somebody asked. Always 0 before Redis 7, which does not count.
  Result<std::int64_t> take_trimmed();

 private:
  Result<void> count_deliveries(std::vector<StreamMessage>& messages);
  // The call; once more when stream or group had to be made again.
  Result<Reply> call(const Command& command, std::int64_t blocks_ms = 0);

  Client client_;
  StreamNames names_;
  std::string claim_cursor_ = "0-0";
};

}  // namespace fermata::redis
