// The server and those who send what they should not, read what they were not given, or do not
// read.
#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "http/client.h"
#include "http/raw_client.h"

namespace fermata::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const AddressPolicy kLoopback{{"127.0.0.1/32"}};
constexpr std::size_t kHugeBytes = 32 * limits::kMiB;

class HttpServer : public testing::Test {
 protected:
  void start(const ServerOptions& options) {
    Router router;
    router.add("GET", "/word/{word}", [](const Request& r) {
      const auto late = r.headers.find("x-late");
      return Response{200,
                      {{"X-Word", r.params.at("word")}},
                      late == r.headers.end() ? "nothing late" : late->second};
    });
    router.add("POST", "/size", [](const Request& r) {
      const auto late = r.headers.find("x-late");
      return Response{
          200,
          {},
          std::to_string(r.body.size()) + (late == r.headers.end() ? "" : " " + late->second)};
    });
    router.add("GET", "/nothing", [](const Request&) { return Response{204, {}, "none"}; });
    router.add("GET", "/throws",
               [](const Request&) -> Response { throw std::runtime_error("an odd thing"); });
    router.add("GET", "/huge", [this](const Request&) {
      asked_.set_value();
      return Response{200, {}, std::string(kHugeBytes, 'x')};
    });
    auto started = Server::start(options, std::move(router));
    ASSERT_TRUE(started.has_value()) << started.error().message;
    server_ = *std::move(started);
  }
  void SetUp() override {
    start({.header_bytes_max = 8'192, .body_bytes_max = 1'000, .write_ms = 300});
  }
  [[nodiscard]] std::string ask(const std::string& bytes) const {
    return ask_raw(server_->port(), bytes);
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }

  std::promise<void> asked_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, CutsWhoReadsNoPlainAnswer) {
  const int fd = connect_raw(server_->port(), "GET /huge HTTP/1.1\r\n\r\n");
  asked_.get_future().wait();
  // An answer under way is waited for, up to ten seconds.
  const auto begun = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(8));
  EXPECT_LT(read_until(fd, "").size(), kHugeBytes);
  close(fd);
}

TEST_F(HttpServer, WaitsForWhoReadsSlowly) {
  const int fd = connect_raw(server_->port(), "GET /huge HTTP/1.1\r\nConnection: close\r\n\r\n");
  // Longer than one piece may take, and each piece in time.
  std::string answer;
  const auto begun = std::chrono::steady_clock::now();
  std::string buffer(kHugeBytes / 64, '\0');
  while (true) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), MSG_WAITALL);
    if (count <= 0) break;
    answer.append(buffer, 0, static_cast<std::size_t>(count));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  close(fd);
  EXPECT_GT(answer.size(), kHugeBytes);
  EXPECT_GT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(300));
}

TEST_F(HttpServer, CutsWhoTricklesABody) {
  start({.body_ms = 200});
  EXPECT_EQ(ask("POST /size HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), "");
}

TEST_F(HttpServer, TellsOneConnectionTooManySo) {
  start({.connections_max = 2});
  const int one = connect_raw(server_->port(), "GET /word/a HTTP/1.1\r\n\r\n");
  const int two = connect_raw(server_->port(), "GET /word/a HTTP/1.1\r\n\r\n");
  read_until(one, "nothing late");
  read_until(two, "nothing late");
  EXPECT_THAT(ask("GET /word/a HTTP/1.1\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("CONNECTIONS_TOO_MANY"),
                    HasSubstr("Connection: close")));
  close(one);
  // As soon as the server has seen that.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < until) {
    const auto answer =
        send({.url = url("/word/a"), .headers = {{"Connection", "close"}}}, kLoopback);
    if (answer.has_value()) status = answer->status;
  }
  EXPECT_EQ(status, 200);
  close(two);
}

TEST_F(HttpServer, BoundsWhatStandsBetweenChunks) {
  const std::string head = "POST /size HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string endless(100'000, 'x');
  EXPECT_THAT(ask(head + "5;a=" + endless), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask(head + "0\r\nX: " + endless), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask(head + "5\r\nabcde\r\nxyz\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask(head + "3e9\r\n" + endless), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServer, BoundsAHeaderWhoseFieldsComeOneByOne) {
  const int fd = connect_raw(server_->port(), "GET /word/a HTTP/1.1\r\n");
  for (int i = 0; i < 12; ++i) {
    // So that it is a packet of its own.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::string field = "X-" + std::to_string(i) + ": " + std::string(1'000, 'x') + "\r\n";
    static_cast<void>(::send(fd, field.data(), field.size(), MSG_NOSIGNAL));
  }
  static_cast<void>(::send(fd, "\r\n", 2, MSG_NOSIGNAL));
  EXPECT_THAT(read_until(fd, "\r\n\r\n"), StartsWith("HTTP/1.1 431"));
  close(fd);
}

TEST_F(HttpServer, TakesNoBodyForARequest) {
  const std::string hidden = "\r\n\r\nGET /word/hidden HTTP/1.1\r\nConnection: close\r\n\r\n";
  for (const char* encoding : {"identity", "chunked, identity", "gzip, chunked", "xchunked"}) {
    const std::string answer =
        ask("POST /size HTTP/1.1\r\nTransfer-Encoding: " + std::string(encoding) + hidden);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400"), Not(HasSubstr("hidden")))) << encoding;
  }
  EXPECT_THAT(ask("POST /size HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked"
                  "\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  for (const char* lengths :
       {"Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3, 4", "Content-Length: -1",
        "Content-Length: +3", "Content-Length: 3x", "Content-Length : 3",
        "Content-Length:", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\n"
        "Transfer-Encoding: chunked"})
    EXPECT_THAT(ask("POST /size HTTP/1.1\r\n" + std::string(lengths) + hidden),
                StartsWith("HTTP/1.1 400"))
        << lengths;
}

TEST_F(HttpServer, TakesNoTrailerForAHeader) {
  EXPECT_THAT(ask("POST /size HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\nab\r\n0\r\nX-Late: evil\r\n\r\n"),
              EndsWith("\r\n\r\n2"));
}

TEST_F(HttpServer, AnswersWhatComesTogetherInOrder) {
  const std::string answers =
      ask("GET /word/a HTTP/1.1\r\n\r\nPOST /size HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"
          "GET /word/b HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::size_t first = answers.find("X-Word: a");
  const std::size_t second = answers.find("\r\n\r\n2HTTP/1.1");
  const std::size_t third = answers.find("X-Word: b");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(HttpServer, LeavesOutBodiesThatMustNotBe) {
  const std::string after = "GET /word/a HTTP/1.1\r\nConnection: close\r\n\r\n";
  EXPECT_THAT(ask("HEAD /size HTTP/1.1\r\n\r\n" + after),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("\r\n\r\nHTTP/1.1 200")));
  const std::string nothing = ask("GET /nothing HTTP/1.1\r\n\r\n" + after);
  EXPECT_THAT(nothing, AllOf(StartsWith("HTTP/1.1 204"), HasSubstr("\r\n\r\nHTTP/1.1 200")));
  EXPECT_THAT(nothing.substr(0, nothing.find("\r\n\r\n")), Not(HasSubstr("Content-Length")));
}

TEST_F(HttpServer, LetsNobodyWriteHeadersOfItsAnswer) {
  EXPECT_THAT(ask("GET /word/a%0d%0aX-Evil:%20b HTTP/1.1\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), Not(HasSubstr("\r\nX-Evil"))));
}

TEST_F(HttpServer, RefusesAddressesThatAreNoText) {
  for (const char* target : {"/word/%zz", "/word/%4", "/word/%", "/word/%00", "/word/%ff",
                             "/word/\xFF", "/word/a?q=%zz", "/word/a?%00=1", "/word/a?q=%c3"})
    EXPECT_THAT(ask("GET " + std::string(target) + " HTTP/1.1\r\nConnection: close\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("REQUEST_MALFORMED")))
        << target;
  EXPECT_THAT(ask("GET /word/%C3%A4%2F HTTP/1.1\r\nConnection: close\r\n\r\n"),
              HasSubstr("X-Word: \xC3\xA4/\r\n"));
}

TEST_F(HttpServer, AsksForABodyThatIsHeldBack) {
  const std::string head = "POST /size HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n";
  const int fd = connect_raw(server_->port(), head + "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(read_until(fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  send_raw(fd, "ab");
  EXPECT_THAT(read_until(fd, ""), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\n2")));
  close(fd);
  EXPECT_THAT(ask(head + "Content-Length: 2000\r\n\r\n"), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServer, TellsWhoSendsTooMuchBeforeItHangsUp) {
  const std::size_t bytes = 8 * limits::kMiB;
  EXPECT_THAT(ask("POST /size HTTP/1.1\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                  std::string(bytes, 'x')),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("BODY_TOO_LARGE")));
}

TEST_F(HttpServer, GoesOnAfterAHandlerThrew) {
  EXPECT_THAT(
      ask("GET /throws HTTP/1.1\r\n\r\nGET /word/a HTTP/1.1\r\nConnection: close\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("SERVER_FAULT"), HasSubstr("HTTP/1.1 200")));
  const auto begun = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(8));
}

}  // namespace
}  // namespace fermata::http
