#include "redis/reply.h"

#include <charconv>

#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::redis {
namespace {

// A stream's entries nest three deep; nothing that we ask for is deeper.
constexpr int kDepthMax = 8;

Error broken(std::string_view what) {
  return make_error(ErrorKind::Internal, "REDIS_PROTOCOL",
                    format("the Redis server answered with {}", what),
                    "is it a Redis server that listens there?");
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void append_command(std::string& out, const Command& command) {
  out += format("*{}\r\n", command.size());
  for (const std::string& word : command) {
    out += format("${}\r\n", word.size());
    out += word;
    out += "\r\n";
  }
}

std::optional<std::string_view> ReplyReader::line(std::size_t& at) const {
  const std::size_t end = buffer_.find("\r\n", at);
  if (end == std::string::npos) return std::nullopt;
  const std::string_view text = std::string_view(buffer_).substr(at, end - at);
  at = end + 2;
  return text;
}

// Depth is bounded by kDepthMax, not by what the server sends.
Result<std::optional<Reply>> ReplyReader::read(std::size_t& at, int depth) const {
  if (depth > kDepthMax) return broken("lists in lists without end");
  if (at >= buffer_.size()) return std::optional<Reply>{};
  const char mark = buffer_[at];
  std::size_t next = at + 1;
  const auto head = line(next);
  if (!head) return std::optional<Reply>{};
  Reply reply;
  if (mark == '+' || mark == '-') {
    reply.kind = mark == '+' ? Reply::Kind::Text : Reply::Kind::Error;
    reply.text = *head;
    at = next;
    return std::optional(std::move(reply));
  }
  const auto count = number_of(*head);
  if (!count || (mark != ':' && *count < -1)) return broken("a length that is no number");
  if (mark == ':') {
    reply.kind = Reply::Kind::Number;
    reply.number = *count;
  } else if (mark == '$' && *count >= 0) {
    const auto size = static_cast<std::size_t>(*count);
    if (size > limits::kRedisReplyBytesMax) return broken("a value of too many bytes");
    if (buffer_.size() < next + size + 2) return std::optional<Reply>{};
    reply.kind = Reply::Kind::Text;
    reply.text = buffer_.substr(next, size);
    next += size + 2;
  } else if (mark == '*' && *count >= 0) {
    if (static_cast<std::size_t>(*count) > limits::kRedisReplyItemsMax)
      return broken("a list of too many items");
    reply.kind = Reply::Kind::Array;
    for (std::int64_t i = 0; i < *count; ++i) {
      TRY(auto item, read(next, depth + 1));
      if (!item) return std::optional<Reply>{};
      reply.items.push_back(*std::move(item));
    }
  } else if (mark != '$' && mark != '*') {
    return broken("something that is not its protocol");
  }
  at = next;
  return std::optional(std::move(reply));
}

Result<std::optional<Reply>> ReplyReader::next() {
  std::size_t at = 0;
  TRY(auto reply, read(at, 0));
  if (reply) buffer_.erase(0, at);
  if (buffer_.size() > 2 * limits::kRedisReplyBytesMax) return broken("more bytes than we take");
  return reply;
}

}  // namespace fermata::redis
