// What the client sends and what it makes of answers, against a server that may do anything.
#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "http/raw_server.h"
#include "http/redirect.h"
#include "http/utf8.h"

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

TEST(HttpClient, ARequestCannotBeSplit) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  for (const std::string method :
       {"", "get", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "A B", "AAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_EQ(code_of({.method = method, .url = server.url("/")}), "HTTP_REQUEST_INVALID");
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"", "x"},
      {"A B", "x"},
      {"A\r\nB", "x"},
      {"A", "x\r\nB: y"},
      {"A", "x\ny"},
      {"A:", "x"},
      {"A", std::string("x\0y", 3)},
      {"content-length", "0"},
      {"Transfer-Encoding", "chunked"}};
  for (const auto& [name, value] : headers)
    EXPECT_EQ(code_of({.url = server.url("/"), .headers = {{name, value}}}), "HTTP_REQUEST_INVALID")
        << name;
  EXPECT_EQ(code_of({.method = "HEAD", .url = server.url("/"), .body = "x"}),
            "HTTP_REQUEST_INVALID");
  EXPECT_EQ(code_of({.url = server.url("/ HTTP/1.1\r\nX: y")}), "HTTP_URL_INVALID");
  EXPECT_EQ(code_of({.url = server.url(std::string("/a\0b", 4))}), "HTTP_URL_INVALID");
  EXPECT_EQ(code_of({.url = server.url("/")}), "status 200");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, AHeaderIsSentOnceHoweverItIsWritten) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  ClientRequest request = post_to(server.url("/"));
  request.headers["content-type"] = "text/plain";
  EXPECT_FALSE(request.headers.emplace("Content-Type", "application/json").second);
  EXPECT_EQ(code_of(request), "status 200");
  EXPECT_THAT(server.requests()[0],
              AllOf(HasSubstr("content-type: text/plain\r\n"), Not(HasSubstr("Content-Type"))));
}

TEST(HttpClient, AWriteOfNothingHasALength) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  EXPECT_EQ(code_of({.method = "POST", .url = server.url("/")}), "status 200");
  EXPECT_EQ(code_of({.url = server.url("/")}), "status 200");
  EXPECT_THAT(server.requests()[0],
              AllOf(HasSubstr("Content-Length: 0\r\n"), Not(HasSubstr("Content-Type"))));
  EXPECT_THAT(server.requests()[1], Not(HasSubstr("Content-Length")));
}

TEST(HttpClient, OpensNoConnectionToARefusedAddress) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  EXPECT_EQ(send({.url = server.url("/")}, {}).error().code, "HTTP_ADDRESS_REFUSED");
  // Nothing listens there: it looks the same.
  EXPECT_EQ(send({.url = "http://127.0.0.1:1/"}, {}).error().code, "HTTP_ADDRESS_REFUSED");
  EXPECT_EQ(send({.url = "http://[::1]:1/"}, {}).error().code, "HTTP_ADDRESS_REFUSED");
  EXPECT_EQ(send({.url = "http://[::ffff:127.0.0.1]:1/"}, {}).error().code, "HTTP_ADDRESS_REFUSED");
  EXPECT_EQ(code_of({.url = server.url("/")}), "status 200");
  EXPECT_EQ(server.connections(), 1);
  // On the way of a redirect, too.
  RawServer inside([](const std::string&) { return answer_text("200 OK"); });
  RawServer outside([&](const std::string&) {
    return redirect_to(302, "http://127.0.0.2:" + std::to_string(inside.port()) + "/");
  });
  EXPECT_EQ(code_of({.url = outside.url("/")}), "HTTP_ADDRESS_REFUSED");
  EXPECT_EQ(code_of({.url = inside.url("/")}), "status 200");
  EXPECT_EQ(inside.connections(), 1);
}

TEST(HttpClient, HeadersComeAsText) {
  RawServer server([](const std::string&) {
    return answer_text("200 OK", "X-Name: Zo\xC3\xAB\r\nX-Old: Zo\xEB\r\n");
  });
  const auto answer = send({.url = server.url("/")}, kLoopback);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->headers.at("x-name"), "Zo\xC3\xAB");
  EXPECT_EQ(answer->headers.at("x-old"), "Zo\xC3\xAB");
}

TEST(HttpClient, ErrorsNameNoPassword) {
  const auto refused = send({.url = "http://ada:l0ve@127.0.0.1:1/x"}, kLoopback);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("/x"), Not(HasSubstr("l0ve"))));
  const auto longest = send({.url = "http://127.0.0.1:1/" + std::string(9'000, 'x')}, kLoopback);
  EXPECT_LT(longest.error().message.size(), 1'000U);
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (const char* text : {"", "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"})
    EXPECT_TRUE(is_clean_utf8(text)) << text;
  for (const char* text : {"\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF0\x9F\x98", "a\x80"})
    EXPECT_FALSE(is_clean_utf8(text)) << text;
  EXPECT_FALSE(is_clean_utf8(std::string_view("a\0b", 3)));
  EXPECT_EQ(field_text(std::string_view("a\0\xFC", 3)), "a\xC3\xBC");
}

TEST(AddressPolicies, JudgeMappedAndSpecialAddresses) {
  for (const char* address : {"127.0.0.1",         "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",   "169.254.169.254",
                              "fd00::1",           "::1",
                              "100.100.100.200",   "172.31.0.1",
                              "192.168.1.1",       "192.0.0.8",
                              "192.88.99.1",       "198.18.0.1",
                              "198.19.255.255",    "203.0.113.9",
                              "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1",
                              "64:ff9b:1::1",      "64:ff9b:1::808:808",
                              "2002:7f00:1::",     "2002:808:808::1",
                              "2001::1",           "2001:0:808:808::1",
                              "2001:db8::1",       "::8.8.8.8",
                              "::ffff:0:8.8.8.8",  "fec0::1",
                              "fe80::1",           "100::1",
                              "5f00::1",           "3fff::1"})
    EXPECT_FALSE(is_allowed(address, {})) << address;
  for (const char* address : {"93.184.216.34", "::ffff:93.184.216.34", "64:ff9b::93.184.216.34",
                              "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"})
    EXPECT_TRUE(is_allowed(address, {})) << address;
  EXPECT_TRUE(is_allowed("10.1.2.3", {{"10.0.0.0/8"}}));
  EXPECT_TRUE(is_allowed("64:ff9b::10.1.2.3", {{"10.0.0.0/8"}}));
  EXPECT_TRUE(is_allowed("::1", {{"::1/128"}}));
  EXPECT_FALSE(is_allowed("::1", {{"0.0.0.0/0"}}));
  EXPECT_TRUE(is_allowed("2002:808:808::1", {{"2002::/16"}}));
  for (const char* address : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255",
                              "::", "ff02::1", "64:ff9b::224.0.0.1", "::ffff:0.0.0.0"})
    EXPECT_FALSE(is_allowed(address, {{"0.0.0.0/0", "::/0"}})) << address;
  EXPECT_FALSE(is_allowed("not an address", {}));
}

}  // namespace
}  // namespace fermata::http
