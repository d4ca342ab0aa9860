// Server and client against each other, on real sockets.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/client.h"
#include "http/server.h"

namespace fermata::http {
namespace {

const AddressPolicy kLoopback{{"127.0.0.1/32"}};

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
    ServerOptions options;
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

  // Sends these bytes and reads until the server closes.
  [[nodiscard]] std::string raw(const std::string& bytes) const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server_->port());
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t count = recv(fd, buffer, sizeof buffer, 0); count > 0;
         count = recv(fd, buffer, sizeof buffer, 0)) {
      answer.append(buffer, static_cast<std::size_t>(count));
    }
    close(fd);
    return answer;
  }

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

TEST(AddressPolicies, JudgeMappedAndSpecialAddresses) {
  EXPECT_FALSE(is_allowed("127.0.0.1", {}));
  EXPECT_FALSE(is_allowed("::ffff:127.0.0.1", {}));
  EXPECT_FALSE(is_allowed("::ffff:10.1.2.3", {}));
  EXPECT_FALSE(is_allowed("169.254.169.254", {}));
  EXPECT_FALSE(is_allowed("fd00::1", {}));
  EXPECT_TRUE(is_allowed("93.184.216.34", {}));
  EXPECT_TRUE(is_allowed("10.1.2.3", {{"10.0.0.0/8"}}));
  EXPECT_FALSE(is_allowed("0.0.0.0", {{"0.0.0.0/0"}}));
  EXPECT_FALSE(is_allowed("not an address", {}));
}

}  // namespace
}  // namespace fermata::http
