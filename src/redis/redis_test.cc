#include <gtest/gtest.h>

#include "foundation/format.h"
#include "redis/stream.h"
#include "redis/test_redis.h"

namespace fermata::redis {
namespace {

Client connected(const TestRedis& server) {
  auto client = Client::connect({.url = server.url()});
  EXPECT_TRUE(client.has_value()) << client.error().message;
  return *std::move(client);
}

StreamGroup group_of(const TestRedis& server, const std::string& consumer) {
  return {connected(server), {"events", "fermata", consumer}};
}

std::vector<std::string> ids_of(const std::vector<StreamMessage>& messages) {
  std::vector<std::string> ids;
  for (const StreamMessage& message : messages) ids.push_back(message.id);
  return ids;
}

void add(Client& client, int count) {
  for (int i = 0; i < count; ++i)
    ASSERT_TRUE(client.call({"XADD", "events", "*", "n", std::to_string(i)}).has_value());
}

TEST(ReplyReader, TakesRepliesInPiecesOfAnySize) {
  const std::string bytes = "*3\r\n$3\r\na\r\n\r\n:-7\r\n*2\r\n$-1\r\n+OK\r\n-ERR no\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    ReplyReader reader;
    std::vector<Reply> got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(std::string_view(bytes).substr(at, piece));
      while (true) {
        const auto reply = reader.next();
        ASSERT_TRUE(reply.has_value());
        if (!*reply) break;
        got.push_back(**reply);
      }
    }
    ASSERT_EQ(got.size(), 2U) << piece;
    EXPECT_EQ(got[0].items[0].text, "a\r\n");
    EXPECT_EQ(got[0].items[1].number, -7);
    EXPECT_TRUE(got[0].items[2].items[0].is_null());
    EXPECT_TRUE(got[1].is_error());
  }
}

TEST(ReplyReader, RefusesWhatIsNotTheProtocol) {
  for (const std::string_view bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*99999999999\r\n", "$99999999999\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "$-5\r\n"}) {
    ReplyReader reader;
    reader.feed(bytes);
    const auto reply = reader.next();
    ASSERT_FALSE(reply.has_value()) << bytes;
    EXPECT_EQ(reply.error().code, "REDIS_PROTOCOL");
  }
}

TEST(RedisUrl, IsTakenApartOrRefused) {
  const auto full = parse_url("rediss://ada:p:w@example.org:7000/3");
  ASSERT_TRUE(full.has_value());
  EXPECT_TRUE(full->is_tls);
  EXPECT_EQ(full->user + "|" + full->password + "|" + full->host + "|" + full->port + "|" +
                full->database,
            "ada|p:w|example.org|7000|3");
  const auto six = parse_url("redis://[::1]");
  ASSERT_TRUE(six.has_value());
  EXPECT_EQ(six->host + "|" + six->port, "::1|6379");
  for (const std::string_view url : {"http://x", "redis://", "redis://h/x", "redis://[::1"})
    EXPECT_FALSE(parse_url(url).has_value()) << url;
}

TEST(RedisClient, SpeaksOverTlsOnlyToAServerThatItTrusts) {
  const TestRedis server(TestRedis::Tls::Yes);
  auto client = Client::connect({.url = server.url(), .ca_file = server.ca_file()});
  ASSERT_TRUE(client.has_value()) << client.error().message;
  const std::string large(300'000, 'x');
  ASSERT_TRUE(client->call({"SET", "k", large}).has_value());
  EXPECT_EQ(client->call({"GET", "k"})->text, large);
  const auto untrusted = Client::connect({.url = server.url()});
  ASSERT_FALSE(untrusted.has_value());
  EXPECT_NE(untrusted.error().message.find("certificate"), std::string::npos)
      << untrusted.error().message;
}

TEST(RedisClient, SaysNoAndGoesOn) {
  const TestRedis server;
  Client client = connected(server);
  ASSERT_TRUE(client.call({"SET", "k", "v"}).has_value());
  const auto refused = client.call({"XLEN", "k"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "REDIS_REFUSED");
  EXPECT_EQ(client.call({"GET", "k"})->text, "v");
}

TEST(RedisClient, TellsThatTheServerIsGoneAndConnectsAgain) {
  TestRedis server;
  Client client = connected(server);
  server.kill();
  const auto gone = client.call({"PING"});
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code, "REDIS_UNAVAILABLE");
  EXPECT_EQ(client.call({"PING"}).error().code, "REDIS_UNAVAILABLE");
  server.start();
  EXPECT_TRUE(connected(server).call({"PING"}).has_value());
}

TEST(StreamGroup, ReadsWhatCameBeforeTheGroupWasMade) {
  const TestRedis server;
  Client client = connected(server);
  add(client, 3);
  StreamGroup group = group_of(server, "one");
  const auto read = group.read(10, 1);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->front().fields, (std::vector<std::pair<std::string, std::string>>{{"n", "0"}}));
  EXPECT_TRUE(group.read(10, 1)->empty());
}

TEST(StreamGroup, ClaimsWhatAConsumerLeftAndCountsHowOftenItWasTaken) {
  const TestRedis server;
  Client client = connected(server);
  add(client, 4);
  StreamGroup dead = group_of(server, "dead");
  const auto taken = dead.read(4, 1);
  ASSERT_EQ(taken->size(), 4U);
  ASSERT_TRUE(dead.acknowledge({taken->front().id}).has_value());
  StreamGroup other = group_of(server, "other");
  EXPECT_TRUE(other.claim(60'000, 10)->empty());
  const auto claimed = other.claim(0, 10);
  ASSERT_TRUE(claimed.has_value()) << claimed.error().message;
  ASSERT_EQ(claimed->size(), 3U);
  EXPECT_EQ(claimed->front().deliveries, 2U);
  EXPECT_EQ(other.depth()->pending, 3);
  ASSERT_TRUE(other.acknowledge(ids_of(*claimed)).has_value());
  EXPECT_EQ(other.depth()->pending, 0);
}

TEST(StreamGroup, KeepsWhatItWorksOnWithoutTakingItAgain) {
  const TestRedis server;
  Client client = connected(server);
  add(client, 1);
  StreamGroup group = group_of(server, "slow");
  const auto taken = group.read(1, 1);
  ASSERT_TRUE(group.keep(ids_of(*taken)).has_value());
  EXPECT_EQ(group_of(server, "other").claim(0, 10)->front().deliveries, 2U);
}

TEST(StreamGroup, ForgetsOnlyConsumersThatHoldNothing) {
  const TestRedis server;
  Client client = connected(server);
  add(client, 1);
  StreamGroup idle = group_of(server, "idle");
  StreamGroup holder = group_of(server, "holder");
  StreamGroup self = group_of(server, "self");
  ASSERT_EQ(holder.read(1, 1)->size(), 1U);
  ASSERT_TRUE(idle.read(1, 1)->empty());
  ASSERT_TRUE(self.forget_consumers(0).has_value());
  const auto left = client.call({"XINFO", "CONSUMERS", "events", "fermata"});
  ASSERT_EQ(left->items.size(), 1U);
  EXPECT_EQ(left->items[0].items[1].text, "holder");
}

TEST(StreamGroup, MakesStreamAndGroupAgainWhenTheyAreGone) {
  const TestRedis server;
  Client client = connected(server);
  add(client, 1);
  StreamGroup group = group_of(server, "one");
  ASSERT_EQ(group.read(1, 1)->size(), 1U);
  ASSERT_TRUE(client.call({"FLUSHALL"}).has_value());
  add(client, 2);
  const auto read = group.read(10, 1);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->size(), 2U);
}

TEST(StreamGroup, KeepsWhatWasPendingOverAPowerCutOfTheServer) {
  TestRedis server;
  Client client = connected(server);
  add(client, 2);
  ASSERT_EQ(group_of(server, "before").read(2, 1)->size(), 2U);
  server.kill();
  server.start();
  StreamGroup after = group_of(server, "after");
  const auto claimed = after.claim(0, 10);
  ASSERT_TRUE(claimed.has_value()) << claimed.error().message;
  EXPECT_EQ(claimed->size(), 2U);
}

}  // namespace
}  // namespace fermata::redis
