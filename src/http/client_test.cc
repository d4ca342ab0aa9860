// What the client sends and what it makes of answers, against a server that may do anything.
#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "http/raw_server.h"
#include "http/redirect.h"

namespace fermata::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const AddressPolicy kLoopback{{"127.0.0.1/32"}};
const std::string kSecrets = "X-Api-Key: k3y\r\n";

std::string redirect_to(int status, const std::string& location) {
  return answer_text(std::to_string(status) + " Moved", "Location: " + location + "\r\n");
}

ClientRequest post_to(const std::string& url) {
  return {.method = "POST",
          .url = url,
          .headers = {{"X-Api-Key", "k3y"}, {"Idempotency-Key", "one"}},
          .body = "pay"};
}

std::string code_of(const ClientRequest& request) {
  const auto answer = send(request, kLoopback);
  return answer.has_value() ? "status " + std::to_string(answer->status) : answer.error().code;
}

TEST(HttpClient, WaitsNoLongerThanItWasTold) {
  RawServer silent([](const std::string&) { return std::string(); });
  for (const std::int64_t timeout_ms :
       {std::int64_t{50}, std::int64_t{0}, std::int64_t{-1}, std::int64_t{-4'294'967'296}}) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(code_of({.url = silent.url("/"), .timeout_ms = timeout_ms}), "HTTP_TIMEOUT");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  }
}

TEST(HttpClient, WaitsOverAllRedirectsTogether) {
  RawServer slow([](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    return redirect_to(302, "/again");
  });
  EXPECT_EQ(code_of({.url = slow.url("/"), .timeout_ms = 300, .redirects_max = 1'000}),
            "HTTP_TIMEOUT");
}

TEST(HttpClient, BoundsAllRedirectsTogetherAndHeaders) {
  RawServer wordy([](const std::string& request) {
    return request.starts_with("GET /last ")
               ? answer_text("200 OK", "", std::string(600, 'x'))
               : answer_text("302 Found", "Location: /last\r\n", std::string(600, 'x'));
  });
  EXPECT_EQ(code_of({.url = wordy.url("/"), .response_bytes_max = 1'300}), "status 200");
  EXPECT_EQ(code_of({.url = wordy.url("/"), .response_bytes_max = 1'000}), "HTTP_TOO_LARGE");
  RawServer proud([](const std::string&) {
    std::string headers;
    for (int i = 0; i < 100; ++i)
      headers += "X-" + std::to_string(i) + ": " + std::string(1'000, 'x') + "\r\n";
    return answer_text("200 OK", headers);
  });
  EXPECT_EQ(code_of({.url = proud.url("/")}), "HTTP_TOO_LARGE");
}

TEST(HttpClient, ARedirectAtTheSameOriginTakesEverythingAlong) {
  RawServer server([](const std::string& request) {
    return request.starts_with("POST /old ") ? redirect_to(308, "n w?a=b c")
                                             : answer_text("200 OK");
  });
  ClientRequest request = post_to(server.url("/old"));
  request.url.insert(7, "ada:l%40ve@");
  EXPECT_EQ(code_of(request), "status 200");
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_THAT(server.requests()[1],
              AllOf(StartsWith("POST /n%20w?a=b+c HTTP/1.1\r\n"), HasSubstr(kSecrets),
                    HasSubstr("Idempotency-Key: one\r\n"),
                    HasSubstr("Authorization: Basic YWRhOmxAdmU=\r\n"), HasSubstr("\r\n\r\npay")));
}

TEST(HttpClient, ARedirectElsewhereTakesNothingAlong) {
  RawServer other([](const std::string&) { return answer_text("200 OK"); });
  RawServer server([&](const std::string& request) {
    return redirect_to(request.starts_with("POST") ? 307 : 302, other.url("/"));
  });
  EXPECT_EQ(code_of(post_to(server.url("/"))), "HTTP_REDIRECT_REFUSED");
  EXPECT_EQ(code_of({.method = "DELETE", .url = server.url("/")}), "HTTP_REDIRECT_REFUSED");
  EXPECT_EQ(code_of({.url = server.url("/"), .body = "a body"}), "HTTP_REDIRECT_REFUSED");
  EXPECT_THAT(other.requests(), SizeIs(0));
  ClientRequest read = post_to(server.url("/"));
  read.method = "GET";
  read.body.clear();
  read.url.insert(7, "ada:love@");
  EXPECT_EQ(code_of(read), "status 200");
  ASSERT_THAT(other.requests(), SizeIs(1));
  EXPECT_THAT(other.requests()[0],
              AllOf(Not(HasSubstr("Api-Key")), Not(HasSubstr("Idempotency-Key")),
                    Not(HasSubstr("Authorization"))));
}

TEST(HttpClient, AWriteDoesNotBecomeARead) {
  RawServer server([](const std::string& request) {
    if (request.find(" /303 ") != std::string::npos) return redirect_to(303, "/done");
    return redirect_to(request.find(" /301 ") != std::string::npos ? 301 : 302, "/login");
  });
  for (const char* path : {"/301", "/302"})
    EXPECT_EQ(code_of(post_to(server.url(path))), "HTTP_REDIRECT_REFUSED");
  RawServer done([](const std::string& request) {
    return request.find(" /done ") != std::string::npos ? answer_text("200 OK")
                                                        : redirect_to(303, "/done");
  });
  ClientRequest request = post_to(done.url("/"));
  request.headers["content-type"] = "text/plain";
  EXPECT_EQ(code_of(request), "status 200");
  EXPECT_EQ(code_of({.method = "HEAD", .url = done.url("/")}), "status 200");
  ASSERT_THAT(done.requests(), SizeIs(4));
  EXPECT_THAT(done.requests()[1],
              AllOf(StartsWith("GET /done "), Not(HasSubstr("pay")), Not(HasSubstr("ontent-"))));
  EXPECT_THAT(done.requests()[3], StartsWith("HEAD /done "));
}

TEST(HttpClient, NothingGoesFromHttpsToHttp) {
  Hop hop{"GET", *parse_url("https://a.example/x"), {}, ""};
  EXPECT_EQ(next_hop(hop, 302, "http://a.example/x").error().code, "HTTP_REDIRECT_REFUSED");
  EXPECT_EQ(next_hop(hop, 302, "ftp://a.example/x").error().code, "HTTP_URL_INVALID");
  hop.headers["X-Api-Key"] = "k3y";
  EXPECT_THAT(next_hop(hop, 302, "https://A.example:443/y")->headers, SizeIs(1));
  EXPECT_THAT(next_hop(hop, 302, "//a.example:8443/y")->headers, SizeIs(0));
  hop.url = *parse_url("http://a.example/x");
  EXPECT_THAT(next_hop(hop, 302, "https://a.example/x")->headers, SizeIs(0));
}

TEST(HttpClient, OnlyRedirectsAreFollowed) {
  RawServer server([](const std::string& request) {
    return redirect_to(std::stoi(request.substr(5, 3)), "/200");
  });
  for (const int status : {200, 201, 300, 304, 305})
    EXPECT_EQ(code_of({.url = server.url("/" + std::to_string(status))}),
              "status " + std::to_string(status));
}

TEST(HttpClient, AWriteOfNothingHasALength) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  EXPECT_EQ(code_of({.method = "POST", .url = server.url("/")}), "status 200");
  EXPECT_EQ(code_of({.url = server.url("/")}), "status 200");
  EXPECT_THAT(server.requests()[0],
              AllOf(HasSubstr("Content-Length: 0\r\n"), Not(HasSubstr("Content-Type"))));
  EXPECT_THAT(server.requests()[1], Not(HasSubstr("Content-Length")));
}

TEST(HttpClient, ErrorsNameNoPassword) {
  const auto refused = send({.url = "http://ada:l0ve@127.0.0.1:1/x"}, kLoopback);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("/x"), Not(HasSubstr("l0ve"))));
  const auto longest = send({.url = "http://127.0.0.1:1/" + std::string(9'000, 'x')}, kLoopback);
  EXPECT_LT(longest.error().message.size(), 1'000U);
}

}  // namespace
}  // namespace fermata::http
