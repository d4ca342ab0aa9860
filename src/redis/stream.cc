#include "redis/stream.h"

namespace fermata::redis {
namespace {

// [[id, [field, value, …]], …]; an entry that was deleted has no fields.
std::vector<StreamMessage> read_entries(Reply& entries) {
  std::vector<StreamMessage> messages;
  for (Reply& entry : entries.items) {
    if (entry.items.size() != 2) continue;
    StreamMessage message;
    message.id = std::move(entry.items[0].text);
    std::vector<Reply>& cells = entry.items[1].items;
    for (std::size_t i = 0; i + 1 < cells.size(); i += 2)
      message.fields.emplace_back(std::move(cells[i].text), std::move(cells[i + 1].text));
    messages.push_back(std::move(message));
  }
  return messages;
}

// The value under a name in [name, value, …].
const Reply* member(const Reply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.items.size(); i += 2)
    if (pairs.items[i].text == name) return &pairs.items[i + 1];
  return nullptr;
}

// Looking and forgetting are one step: a consumer that took something between them would lose it.
constexpr const char* kForget = R"lua(
local gone = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local about = {}
  for i = 1, #consumer, 2 do about[consumer[i]] = consumer[i + 1] end
  if about['pending'] == 0 and about['idle'] >= tonumber(ARGV[2]) and about['name'] ~= ARGV[3] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about['name'])
    gone = gone + 1
  end
end
return gone
)lua";

// Counting and putting the group's counter right are one step. What is left of a stream whose first
// message lies behind the group's place is all unread.
constexpr const char* kTrimmed = R"lua(
local function map(list)
  local made = {}
  for i = 1, #list, 2 do made[list[i]] = list[i + 1] end
  return made
end
local function is_behind(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), tonumber(bs)
  return am > bm or (am == bm and as > bs)
end
local stream = map(redis.call('XINFO', 'STREAM', KEYS[1]))
local added, length, newest = stream['entries-added'], stream['length'], stream['last-generated-id']
for _, found in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = map(found)
  local read, last = group['entries-read'], group['last-delivered-id']
  if group['name'] == ARGV[1] and added and read and is_behind(newest, last) then
    local gone = added - read - length
    local is_past = length == 0 or is_behind(stream['first-entry'][1], last)
    if gone <= 0 or not is_past then return 0 end
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], length == 0 and newest or last, 'ENTRIESREAD', added - length)
    return gone
  end
end
return 0
)lua";

bool is_missing_group(const Error& error) {
  return error.code == "REDIS_REFUSED" && error.message.find("NOGROUP") != std::string::npos;
}

}  // namespace

Result<void> StreamGroup::ensure() {
  const auto made =
      client_.call({"XGROUP", "CREATE", names_.stream, names_.group, "0", "MKSTREAM"});
  if (!made.has_value() && made.error().message.find("BUSYGROUP") == std::string::npos)
    return made.error();
  return {};
}

Result<Reply> StreamGroup::call(const Command& command, std::int64_t blocks_ms) {
  auto reply = client_.call(command, blocks_ms);
  if (reply.has_value() || !is_missing_group(reply.error())) return reply;
  TRY_DO(ensure());
  return client_.call(command, blocks_ms);
}

Result<std::vector<StreamMessage>> StreamGroup::read(std::size_t count, std::int64_t blocks_ms) {
  TRY(Reply reply,
      call({"XREADGROUP", "GROUP", names_.group, names_.consumer, "COUNT", std::to_string(count),
            "BLOCK", std::to_string(blocks_ms), "STREAMS", names_.stream, ">"},
           blocks_ms));
  // [[stream, entries]], or null when nothing came.
  if (reply.items.empty() || reply.items[0].items.size() != 2) return std::vector<StreamMessage>{};
  return read_entries(reply.items[0].items[1]);
}

Result<std::vector<StreamMessage>> StreamGroup::claim(std::int64_t idle_ms, std::size_t count) {
  TRY(Reply reply, call({"XAUTOCLAIM", names_.stream, names_.group, names_.consumer,
                         std::to_string(idle_ms), claim_cursor_, "COUNT", std::to_string(count)}));
  if (reply.items.size() < 2) return std::vector<StreamMessage>{};
  claim_cursor_ = reply.items[0].text;
  std::vector<StreamMessage> messages = read_entries(reply.items[1]);
  TRY_DO(count_deliveries(messages));
  return messages;
}

Result<void> StreamGroup::count_deliveries(std::vector<StreamMessage>& messages) {
  std::vector<Command> commands;
  commands.reserve(messages.size());
  for (const StreamMessage& message : messages)
    commands.push_back({"XPENDING", names_.stream, names_.group, message.id, message.id, "1"});
  if (commands.empty()) return {};
  TRY(const auto replies, client_.call_all(commands));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    // [[id, consumer, idle, deliveries]]
    if (replies[i].items.size() == 1 && replies[i].items[0].items.size() == 4)
      messages[i].deliveries = static_cast<std::uint64_t>(replies[i].items[0].items[3].number);
  }
  return {};
}

Result<void> StreamGroup::keep(const std::vector<std::string>& ids) {
  Command command{"XCLAIM", names_.stream, names_.group, names_.consumer, "0"};
  command.insert(command.end(), ids.begin(), ids.end());
  // Without this it would count as taken once more.
  command.emplace_back("JUSTID");
  TRY(const Reply done, call(command));
  return {};
}

Result<void> StreamGroup::acknowledge(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  Command command{"XACK", names_.stream, names_.group};
  command.insert(command.end(), ids.begin(), ids.end());
  TRY(const Reply done, call(command));
  return {};
}

Result<void> StreamGroup::forget_consumers(std::int64_t idle_ms) {
  TRY(const Reply done, call({"EVAL", kForget, "1", names_.stream, names_.group,
                              std::to_string(idle_ms), names_.consumer}));
  return {};
}

Result<std::int64_t> StreamGroup::take_trimmed() {
  TRY(const Reply gone, client_.call({"EVAL", kTrimmed, "1", names_.stream, names_.group}));
  return gone.number;
}

Result<StreamDepth> StreamGroup::depth() {
  TRY(const Reply stream, client_.call({"XINFO", "STREAM", names_.stream}));
  TRY(const Reply groups, client_.call({"XINFO", "GROUPS", names_.stream}));
  const Reply* newest = member(stream, "last-generated-id");
  for (const Reply& group : groups.items) {
    const Reply* name = member(group, "name");
    if (name == nullptr || name->text != names_.group) continue;
    StreamDepth depth;
    if (const Reply* pending = member(group, "pending")) depth.pending = pending->number;
    const Reply* lag = member(group, "lag");
    if (lag != nullptr && lag->kind == Reply::Kind::Number) depth.lag = lag->number;
    const Reply* read = member(group, "last-delivered-id");
    depth.is_all_read = newest != nullptr && read != nullptr && newest->text == read->text;
    // The server's own count stays too high for ever once it has trimmed what was not read.
    if (depth.is_all_read) depth.lag = 0;
    return depth;
  }
  return make_error(ErrorKind::NotFound, "REDIS_REFUSED", "redis: there is no such group");
}

}  // namespace fermata::redis
