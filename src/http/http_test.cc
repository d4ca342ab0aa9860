// Server and client against each other, on real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "http/client.h"
#include "http/raw_client.h"
#include "http/server.h"

namespace fermata::http {
namespace {

const AddressPolicy kLoopback{{"127.0.0.1/32"}};

// So many pieces; every other one has to be waited for.
class Pieces final : public BodyStream {
 public:
  explicit Pieces(int count) : left_(count) {}
  ~Pieces() override {
    if (waker_.joinable()) waker_.join();
  }
  Next next(std::string& bytes) override {
    if (left_ == 0) return Next::End;
    is_waiting_ = !is_waiting_;
    if (is_waiting_) {
      if (waker_.joinable()) waker_.join();
      waker_ = std::thread(wake_);
      return Next::Wait;
    }
    bytes += "piece " + std::to_string(left_--) + ";";
    return Next::Bytes;
  }
  void on_ready(const std::function<void()>& wake) override { wake_ = wake; }

 private:
  int left_;
  bool is_waiting_ = false;
  std::function<void()> wake_;
  std::thread waker_;
};

// Breaks off.
class Half final : public BodyStream {
 public:
  Next next(std::string& bytes) override {
    if (std::exchange(is_begun_, true)) return Next::Cut;
    bytes += "half";
    return Next::Bytes;
  }

 private:
  bool is_begun_ = false;
};

// Never has anything.
class Silence final : public BodyStream {
 public:
  Next next(std::string&) override { return Next::Wait; }
  [[nodiscard]] std::string_view heartbeat() const override { return ": still here\n\n"; }
};

// Never ends; counts what was taken, and says when it is gone.
class Flood final : public BodyStream {
 public:
  struct Seen {
    std::atomic<int> taken{0};
    std::promise<void> gone;
  };
  explicit Flood(Seen& seen) : seen_(seen) {}
  ~Flood() override { seen_.gone.set_value(); }
  Next next(std::string& bytes) override {
    ++seen_.taken;
    bytes.assign(100'000, 'x');
    return Next::Bytes;
  }

 private:
  Seen& seen_;
};

class HttpTest : public testing::Test {
 protected:
  void SetUp() override {
    Router router;
    router.add("GET", "/echo/{word}", [](const Request& r) {
      return Response{
          200, {{"X-Word", r.params.at("word")}}, r.query.contains("q") ? r.query.at("q") : ""};
    });
    router.add("POST", "/size", [](const Request& r) {
      return Response{200, {}, std::to_string(r.body.size())};
    });
    router.add("GET", "/away", [](const Request&) {
      return Response{302, {{"Location", "/away"}}, ""};
    });
    router.add("GET", "/big", [](const Request&) {
      return Response{200, {}, std::string(10'000, 'x')};
    });
    router.add("GET", "/pieces", [](const Request&) {
      return Response{200, {}, "", std::make_shared<Pieces>(5)};
    });
    router.add("GET", "/cut", [](const Request&) {
      return Response{200, {}, "", std::make_shared<Half>()};
    });
    router.add("GET", "/slow", [this](const Request&) {
      slow_.begun.set_value();
      slow_.go_on.get_future().wait();
      return Response{200, {}, "slow"};
    });
    router.add("GET", "/silence", [](const Request&) {
      return Response{200, {}, "", std::make_shared<Silence>()};
    });
    router.add("GET", "/flood", [this](const Request&) {
      return Response{200, {}, "", std::make_shared<Flood>(flood_)};
    });
    ServerOptions options;
    options.heartbeat_ms = 20;
    options.write_ms = 300;
    options.streams_max = 2;
    options.body_bytes_max = 1'000;
    options.header_bytes_max = 8'192;
    options.header_ms = 300;
    auto started = Server::start(options, std::move(router));
    ASSERT_TRUE(started.has_value()) << started.error().message;
    server_ = *std::move(started);
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }

  [[nodiscard]] int connected(const std::string& bytes) const {
    return connect_raw(server_->port(), bytes);
  }
  [[nodiscard]] std::string raw(const std::string& bytes) const {
    return ask_raw(server_->port(), bytes);
  }

  Flood::Seen flood_;
  struct Slow {
    std::promise<void> begun;
    std::promise<void> go_on;
  };
  Slow slow_;

  std::unique_ptr<Server> server_;
};

TEST_F(HttpTest, RoutesWithParametersAndQuery) {
  const auto answer = send({.url = url("/echo/a%20b?q=x%26y")}, kLoopback);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.at("x-word"), "a b");
  EXPECT_EQ(answer->body, "x&y");
}

TEST_F(HttpTest, TellsUnknownAddressesFromWrongMethods) {
  EXPECT_EQ(send({.url = url("/nowhere")}, kLoopback)->status, 404);
  const auto wrong = send({.method = "DELETE", .url = url("/size")}, kLoopback);
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->headers.at("allow"), "POST");
}

TEST_F(HttpTest, RefusesWhatIsTooLargeOrMalformed) {
  EXPECT_EQ(
      send({.method = "POST", .url = url("/size"), .body = std::string(999, 'x')}, kLoopback)->body,
      "999");
  EXPECT_EQ(
      send({.method = "POST", .url = url("/size"), .body = std::string(5'000, 'x')}, kLoopback)
          ->status,
      413);
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n"),
              testing::StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(raw("POST /size HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n0\r\n\r\n"),
              testing::StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(raw("nonsense\r\n\r\n"), testing::StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpTest, CutsWhoeverTricklesAHeader) {
  EXPECT_EQ(raw("GET / HTTP/1.1\r\nX: "), "");
}

TEST_F(HttpTest, TheClientBoundsSizeAndRedirects) {
  EXPECT_EQ(send({.url = url("/big"), .response_bytes_max = 100}, kLoopback).error().code,
            "HTTP_TOO_LARGE");
  EXPECT_EQ(send({.url = url("/away")}, kLoopback).error().code, "HTTP_TOO_MANY_REDIRECTS");
  EXPECT_EQ(send({.url = "file:///etc/passwd"}, kLoopback).error().code, "HTTP_URL_INVALID");
}

TEST_F(HttpTest, TheClientRefusesPrivateAddresses) {
  EXPECT_EQ(send({.url = url("/echo/x")}, {}).error().code, "HTTP_ADDRESS_REFUSED");
}

TEST_F(HttpTest, AStreamComesPieceByPieceAndEnds) {
  EXPECT_THAT(raw("GET /pieces HTTP/1.1\r\n\r\n"),
              testing::EndsWith("\r\n\r\n8\r\npiece 5;\r\n8\r\npiece 4;\r\n8\r\npiece 3;\r\n8\r\n"
                                "piece 2;\r\n8\r\npiece 1;\r\n0\r\n\r\n"));
  EXPECT_THAT(raw("GET /pieces HTTP/1.0\r\n\r\n"),
              testing::EndsWith("\r\n\r\npiece 5;piece 4;piece 3;piece 2;piece 1;"));
}

TEST_F(HttpTest, AStreamThatCannotGoOnHasNoEnd) {
  const std::string answer = raw("GET /cut HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n4\r\nhalf\r\n"));
}

TEST_F(HttpTest, ASilentStreamShowsThatItIsAlive) {
  const int fd = connected("GET /silence HTTP/1.0\r\n\r\n");
  const std::string twice = ": still here\n\n: still here\n\n";
  EXPECT_THAT(read_until(fd, twice), testing::HasSubstr(twice));
  close(fd);
}

TEST_F(HttpTest, WhoDoesNotReadIsCutOffAndNothingPilesUp) {
  const int fd = connected("GET /flood HTTP/1.1\r\n\r\n");
  // Only the sockets' buffers fill; then the source rests until patience ends.
  EXPECT_EQ(flood_.gone.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_LT(flood_.taken, 1'000);
  close(fd);
}

TEST_F(HttpTest, StreamsAreBoundedAndEndWithTheServer) {
  const int one = connected("GET /silence HTTP/1.1\r\n\r\n");
  const int two = connected("GET /silence HTTP/1.1\r\n\r\n");
  read_until(one, "still here");
  read_until(two, "still here");
  EXPECT_EQ(send({.url = url("/silence")}, kLoopback)->status, 429);
  server_->stop();
  read_until(one, "");
  read_until(two, "");
  close(one);
  close(two);
}

TEST_F(HttpTest, WhatHasComeIsAnsweredByAServerThatStops) {
  const int slow = connected("GET /slow HTTP/1.1\r\n\r\n");
  const int half = connected("POST /size HTTP/1.1\r\nContent-Length: 4\r\n\r\nab");
  const int idle = connected("GET /echo/x HTTP/1.1\r\n\r\n");
  read_until(idle, "\r\n\r\n");
  const int pieces = connected("GET /pieces HTTP/1.1\r\n\r\n");
  read_until(pieces, "piece 5");
  slow_.begun.get_future().wait();
  std::thread stopping([this] { server_->stop(); });
  // Who waits for nothing is sent away at once, and by then nobody is let in.
  EXPECT_EQ(read_until(idle, ""), "");
  const int late = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(server_->port());
  EXPECT_NE(connect(late, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::send(half, "cd", 2, MSG_NOSIGNAL), 2);
  EXPECT_THAT(read_until(half, ""), testing::AllOf(testing::HasSubstr("Connection: close"),
                                                   testing::EndsWith("\r\n\r\n4")));
  slow_.go_on.set_value();
  EXPECT_THAT(read_until(slow, ""), testing::EndsWith("\r\n\r\nslow"));
  EXPECT_THAT(read_until(pieces, ""), testing::EndsWith("0\r\n\r\n"));
  stopping.join();
  for (const int fd : {slow, half, idle, pieces, late}) close(fd);
}

}  // namespace
}  // namespace fermata::http
