#include "temporal/payload_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "temporal/sealing.h"
#include "temporal/worker.h"

namespace fermata::temporal {
namespace {

const std::string kOld(64, 'a');
const std::string kNew(64, 'b');
constexpr const char* kSecret = "the order of ada";

std::shared_ptr<const PayloadCodec> codec(const std::string& keys) {
  return *PayloadCodec::read(keys);
}
Payload plain() {
  return to_payload(json::Object{{"text", kSecret}});
}

TEST(PayloadCodec, WhatItSealsItOpensAndNobodyElseReads) {
  const auto keys = codec(kNew + "\n" + kOld + "\n");
  const Payload sealed = keys->seal(plain());
  EXPECT_EQ(sealed.data.find(kSecret), std::string::npos);
  EXPECT_EQ(sealed.metadata_at("encoding"), "binary/encrypted");
  EXPECT_EQ(keys->open(sealed), plain());
  EXPECT_EQ(to_json(sealed).error().code, "PAYLOAD_SEALED");
  // The same twice tells nobody that it is the same.
  EXPECT_NE(keys->seal(plain()).data, sealed.data);
}

TEST(PayloadCodec, TheNewestKeySealsAndOlderOnesOpen) {
  const Payload before = codec(kOld)->seal(plain());
  const auto rotated = codec(kNew + "\n" + kOld);
  EXPECT_EQ(rotated->open(before), plain());
  const Payload after = rotated->seal(plain());
  EXPECT_NE(after.metadata_at("encryption-key-id"), before.metadata_at("encryption-key-id"));
  EXPECT_EQ(codec(kNew)->open(after), plain());
  EXPECT_EQ(codec(kOld)->open(after), after);
}

TEST(PayloadCodec, WhatWasChangedOrMovedToAnotherKeyStaysSealed) {
  const auto keys = codec(kNew + "\n" + kOld);
  const Payload sealed = keys->seal(plain());
  for (std::size_t i = 0; i < sealed.data.size(); ++i) {
    Payload changed = sealed;
    changed.data[i] = static_cast<char>(changed.data[i] ^ 1);
    EXPECT_EQ(keys->open(changed), changed);
  }
  Payload cut = sealed;
  cut.data.resize(10);
  EXPECT_EQ(keys->open(cut), cut);
  const Payload other = codec(kOld)->seal(plain());
  Payload moved = sealed;
  moved.metadata = other.metadata;
  EXPECT_EQ(keys->open(moved), moved);
}

TEST(PayloadCodec, WhatWasNeverSealedStaysReadable) {
  EXPECT_EQ(codec(kNew)->open(plain()), plain());
  EXPECT_EQ(codec(kNew)->open(to_payload(nullptr)), to_payload(nullptr));
}

TEST(PayloadCodec, KeysHaveTheirForm) {
  for (const std::string& text :
       {std::string(), std::string("\n"), kOld.substr(1), kOld + "00", std::string(64, 'x')})
    EXPECT_EQ(PayloadCodec::read(text).error().code, "PAYLOAD_KEYS_INVALID") << text;
}

TEST(Sealing, NoCommandCarriesPlaintext) {
  const auto keys = codec(kNew);
  Failure failure;
  failure.message = kSecret;
  failure.details = {plain()};
  failure.cause.emplace_back().message = kSecret;
  Completion completion;
  completion.status =
      std::vector<Command>{ScheduleActivity{.arguments = {plain()}},
                           ScheduleLocalActivity{.arguments = {plain()}},
                           StartChild{.input = {plain()}, .memo = {{"m", plain()}}},
                           SignalExternal{.arguments = {plain()}},
                           CompleteWorkflow{plain()},
                           FailWorkflow{failure},
                           ContinueAsNew{.arguments = {plain()}, .memo = {{"m", plain()}}},
                           QueryResult{.query_id = "q", .answer = plain()},
                           QueryResult{.query_id = "q", .answer = failure},
                           UpdateResponse{.protocol_instance_id = "u", .response = plain()},
                           ModifyMemo{.memo = {{"m", plain()}}}};
  EXPECT_NE(encode_completion(completion).find(kSecret), std::string::npos);
  EXPECT_EQ(encode_completion(sealed(keys.get(), completion)).find(kSecret), std::string::npos);
  completion.status = TaskFailure{failure};
  EXPECT_EQ(encode_completion(sealed(keys.get(), completion)).find(kSecret), std::string::npos);
}

TEST(Sealing, AnActivationIsOpenedAndSaysWhichKeyIsMissing) {
  const auto keys = codec(kNew);
  Failure failure;
  failure.message = kSecret;
  failure.details = {plain()};
  const auto sealed_failure =
      std::get<Failure>(sealed(keys.get(), ActivityCompletion{"token", failure}).result);
  EXPECT_EQ(sealed_failure.message.find(kSecret), std::string::npos);
  Activation activation;
  activation.jobs = {InitializeWorkflow{.arguments = {keys->seal(plain())}},
                     ResolveActivity{.outcome = ActivityFailed{sealed_failure}},
                     SignalWorkflow{.input = {keys->seal(plain()), plain()}}};
  Activation strange = activation;
  open(keys.get(), activation);
  EXPECT_EQ(activation.missing_key, "");
  EXPECT_EQ(std::get<InitializeWorkflow>(activation.jobs[0]).arguments.front(), plain());
  const auto& opened =
      std::get<ActivityFailed>(std::get<ResolveActivity>(activation.jobs[1]).outcome).failure;
  EXPECT_EQ(opened.message, kSecret);
  EXPECT_EQ(opened.details.front(), plain());
  EXPECT_EQ(std::get<SignalWorkflow>(activation.jobs[2]).input.front(), plain());
  const auto old = codec(kOld);
  for (const PayloadCodec* other : {old.get(), static_cast<const PayloadCodec*>(nullptr)}) {
    open(other, strange);
    EXPECT_EQ(strange.missing_key, keys->seal(plain()).metadata_at("encryption-key-id"));
  }
}

}  // namespace
}  // namespace fermata::temporal
