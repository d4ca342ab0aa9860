#include "service/webhooks.h"

#include <gtest/gtest.h>

namespace fermata::service {
namespace {

constexpr TimeMs kNow = 1'614'265'330'000;
const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

SignedMessage example() {
  return {"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", R"({"test": 2432232314})"};
}

std::string verdict(const SignedMessage& message, TimeMs now = kNow) {
  const auto checked = check_signature(message, kSecret, now, 300'000);
  return checked.has_value() ? "taken" : checked.error().message;
}

// The example of the Standard Webhooks documents.
TEST(WebhookSignature, IsThatOfTheStandard) {
  EXPECT_EQ(sign(example(), kSecret), example().signature);
  EXPECT_EQ(verdict(example()), "taken");
  SignedMessage several = example();
  several.signature = "v1,AAAA v2,xyz " + several.signature;
  EXPECT_EQ(verdict(several), "taken");
}

TEST(WebhookSignature, CoversIdTimeAndBody) {
  for (std::string SignedMessage::*part :
       {&SignedMessage::id, &SignedMessage::timestamp, &SignedMessage::body}) {
    SignedMessage changed = example();
    changed.*part += part == &SignedMessage::timestamp ? "" : "x";
    if (part == &SignedMessage::timestamp) changed.timestamp.back() = '1';
    EXPECT_EQ(verdict(changed), "webhook-signature: none is right");
  }
  for (const char* signature : {"", "v1,", "v1,AAAA", "v1,g0hM9SsE",
                                "g0hM9SsE+OTPJTGt/tmIKtSyZlE3"
                                "uFJELVlNIOLJ1OE="}) {
    SignedMessage changed = example();
    changed.signature = signature;
    EXPECT_EQ(verdict(changed), "webhook-signature: none is right") << signature;
  }
}

TEST(WebhookSignature, IsRefusedWhenItIsOldOrFromTheFuture) {
  EXPECT_EQ(verdict(example(), kNow + 300'000), "taken");
  EXPECT_EQ(verdict(example(), kNow + 300'001), "webhook-timestamp: too far from now");
  EXPECT_EQ(verdict(example(), kNow - 300'001), "webhook-timestamp: too far from now");
  for (const char* timestamp : {"", "x", "-1", "99999999999999999999", "1614265330.5"}) {
    SignedMessage changed = example();
    changed.timestamp = timestamp;
    changed.signature = sign(changed, kSecret);
    EXPECT_NE(verdict(changed), "taken") << timestamp;
  }
}

TEST(WebhookSignature, TakesASecretThatIsNotBase64AsItIs) {
  SignedMessage message = example();
  message.signature = sign(message, "plain");
  EXPECT_TRUE(check_signature(message, "plain", kNow, 1'000).has_value());
  EXPECT_FALSE(check_signature(message, "plain2", kNow, 1'000).has_value());
}

}  // namespace
}  // namespace fermata::service
