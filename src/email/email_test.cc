// What a message is on the wire; that it arrives is seen in tests/e2e.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "email/message.h"
#include "json/base64.h"

namespace fermata::email {
namespace {

using testing::HasSubstr;
using testing::Not;

Message message() {
  Message made;
  made.id = "abc123";
  made.at = 1'893'924'030'000;  // 2030-01-06T10:00:30Z
  made.from = {"", "shop@example.com"};
  made.to = {{"", "ada@example.org"}};
  made.subject = "Your order";
  made.text = "Dear Ada,\n.\nyours";
  return made;
}

TEST(EmailMessage, IsPlainAndTheSameEachTime) {
  const std::string wire = *to_wire(message());
  EXPECT_EQ(wire,
            "Date: Sun, 06 Jan 2030 10:00:30 +0000\r\nFrom: shop@example.com\r\nTo: "
            "ada@example.org\r\nMessage-ID: <abc123@example.com>\r\nSubject: Your order\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\nRGVhciBBZGEsCi4KeW91cnM=\r\n");
  EXPECT_EQ(*to_wire(message()), wire);
}

TEST(EmailMessage, TellsNobodyOfTheHiddenOnes) {
  Message hidden = message();
  hidden.bcc = {{"", "boss@example.com"}};
  EXPECT_THAT(*to_wire(hidden), Not(HasSubstr("boss")));
  hidden.to.clear();
  EXPECT_TRUE(to_wire(hidden).has_value());
  hidden.bcc.clear();
  EXPECT_EQ(to_wire(hidden).error().code, "EMAIL_INVALID");
}

TEST(EmailMessage, NestsItsParts) {
  Message rich = message();
  rich.html = "<p>\xc3\xa4</p>";
  rich.attachments = {{"r\xc3\xa9sum\xc3\xa9 \"1\".txt", "text/plain", std::string(100, 'x')}};
  const std::string wire = *to_wire(rich);
  const auto mixed = wire.find("multipart/mixed; boundary=\"m_abc123\"");
  const auto alternative = wire.find("multipart/alternative; boundary=\"a_abc123\"");
  const auto attached = wire.find("filename*=UTF-8''r%C3%A9sum%C3%A9%20%221%22.txt");
  ASSERT_NE(attached, std::string::npos);
  EXPECT_LT(mixed, alternative);
  EXPECT_LT(alternative, wire.find("text/plain; charset"));
  EXPECT_LT(wire.find("--a_abc123--"), attached);
  EXPECT_TRUE(wire.ends_with("--m_abc123--\r\n"));
  std::size_t longest = 0;
  for (std::size_t at = 0; at < wire.size();) {
    const std::size_t end = wire.find("\r\n", at);
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  EXPECT_LE(longest, 78U);
}

TEST(EmailMessage, EncodesWordsBetweenCharacters) {
  Message foreign = message();
  foreign.subject = "";
  for (int i = 0; i < 40; ++i) foreign.subject += "\xc3\xbc";
  const std::string wire = *to_wire(foreign);
  std::string decoded;
  for (std::size_t at = wire.find("=?UTF-8?B?"); at != std::string::npos;
       at = wire.find("=?UTF-8?B?", at + 1)) {
    const std::size_t begin = at + 10;
    const std::string word = *json::from_base64(wire.substr(begin, wire.find("?=", begin) - begin));
    EXPECT_EQ(word.size() % 2, 0U);
    decoded += word;
  }
  EXPECT_EQ(decoded, foreign.subject);
}

TEST(EmailMessage, LetsNobodyWriteHeadersOfTheirOwn) {
  const std::vector<std::string> evils = {"x\r\nBcc: all@example.com", "x\nBcc: a@b.c", "x\rY",
                                          std::string("x\0y", 3)};
  for (const std::string& evil : evils) {
    Message forged = message();
    forged.subject = evil;
    EXPECT_EQ(to_wire(forged).error().code, "EMAIL_INVALID");
    forged = message();
    forged.attachments = {{evil, "text/plain", "a"}};
    EXPECT_EQ(to_wire(forged).error().code, "EMAIL_INVALID");
    forged.attachments = {{"a", "text/plain;" + evil, "a"}};
    EXPECT_EQ(to_wire(forged).error().code, "EMAIL_INVALID");
    EXPECT_FALSE(read_address(evil + " <a@b.c>").has_value());
    EXPECT_FALSE(read_address("a@b.c" + evil).has_value());
  }
}

TEST(EmailAddress, IsReadOrRefused) {
  EXPECT_EQ(read_address(" ada@example.org ")->mailbox, "ada@example.org");
  const auto named = read_address("\"Ada L.\" <ada+x@example.org>");
  EXPECT_EQ(named->name, "Ada L.");
  EXPECT_EQ(named->mailbox, "ada+x@example.org");
  for (const char* text :
       {"", "ada", "@b.c", "a@", "a@b@c", "a b@c.d", "a@b..c", ".a@b.c", "<a@b.c", "a@b.c>",
        "a@b.c,d@e.f", "\xc3\xa4@b.c", "a@b.c> <d@e.f", "a@[127.0.0.1]"})
    EXPECT_FALSE(read_address(text).has_value()) << text;
  Message quoted = message();
  quoted.to = {*read_address(R"(A "B" \ C <a@b.c>)")};
  EXPECT_THAT(*to_wire(quoted), HasSubstr(R"(To: "A \"B\" \\ C" <a@b.c>)"));
}

}  // namespace
}  // namespace fermata::email
