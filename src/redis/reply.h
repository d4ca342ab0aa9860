#pragma once
// Reply: what a Redis server answers (RESP2), as a value; and the two ends of the protocol that
// make and read it. Pure: bytes in, values out. INVARIANT: reading never holds more than the
// limits.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result.h"

namespace fermata::redis {

struct Reply {
  enum class Kind : std::uint8_t { Null, Text, Error, Number, Array };
  Kind kind = Kind::Null;
  std::string text;  // of Text (bytes as they are) and Error
  std::int64_t number = 0;
  std::vector<Reply> items;

  [[nodiscard]] bool is_null() const { return kind == Kind::Null; }
  [[nodiscard]] bool is_error() const { return kind == Kind::Error; }
};

using Command = std::vector<std::string>;

// The command as bytes.
void append_command(std::string& out, const Command& command);

// Reads replies out of bytes that come in pieces.
class ReplyReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole reply; nothing while it is not all there. Error: REDIS_PROTOCOL.
  Result<std::optional<Reply>> next();

 private:
  Result<std::optional<Reply>> read(std::size_t& at, int depth) const;
  [[nodiscard]] std::optional<std::string_view> line(std::size_t& at) const;

  std::string buffer_;
};

}  // namespace fermata::redis
