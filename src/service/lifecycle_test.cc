// Drafts, versions, archives, sealed secrets and bundles on a real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "definition/test_catalog.h"
#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "json/parse.h"
#include "json/text.h"
#include "service/bundle.h"
#include "service/definition_cache.h"
#include "service/secret_vault.h"
#include "store/sqlite.h"

namespace fermata::service {
namespace {

using testing::ElementsAre;

const TenantId kTenant("t");
const WorkflowId kId("w");

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return 1'700'000'000'000; }
};

// A store that goes with its folder.
class Database {
 public:
  ~Database() {
    store_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }
  [[nodiscard]] store::Store& store() { return *store_; }

 private:
  static std::string new_folder() {
    std::string folder =
        (std::filesystem::temp_directory_path() / "fermata-lifecycle-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
    return folder;
  }
  std::string folder_ = new_folder();
  std::unique_ptr<store::Store> store_ = *store::open_sqlite({.file = folder_ + "/fermata.db"});
};

json::Value document(std::string_view more, std::string_view steps = "") {
  std::string text = R"({"id":"w","version":1,"name":"W",)" + std::string(more) + R"("steps":[)" +
                     R"({"id":"a","type":"control.return"})" + std::string(steps) + "]}";
  return *json::parse(text);
}
json::Value plain(std::string_view steps = "") {
  return document(R"("payloadSchemaRef":"payload.Any.v1",)", steps);
}

class LifecycleTest : public testing::Test {
 protected:
  Result<Published> publish(const json::Value& definition) {
    return catalog_.publish({kTenant, kId, definition, std::nullopt, "because"});
  }
  static std::vector<std::string> codes(const std::vector<definition::Finding>& findings) {
    std::vector<std::string> found;
    for (const auto& finding : findings) found.push_back(finding.code);
    return found;
  }

  Database database_;
  store::Store& store_ = database_.store();
  const definition::TestCatalog actions_;
  const StoppedClock clock_;
  Catalog catalog_{store_, actions_, clock_};
  Bundles bundles_{store_, actions_, clock_};
};

TEST_F(LifecycleTest, SecretsThatNobodyHasAreWarnedOf) {
  const Catalog of_home(store_, actions_, clock_, {TenantId("home"), {"IN_THE_AIR"}});
  CHECK(store_.put_secret({kTenant, "STORED", "sealed", "k", "", 0, 0}).has_value(), "not stored");
  const json::Value asking = plain(
      R"(,{"id":"b","type":"action.call","config":{"actionId":"reports.build","version":1,
          "inputMapping":{"a":{"$secret":"STORED"},"b":{"$secret":"IN_THE_AIR"}}}})");
  const auto findings_for = [&](const TenantId& tenant) {
    std::vector<std::string> said;
    const auto checked = of_home.check(tenant, asking);
    for (const auto& finding : checked->findings)
      if (finding.code == "UNKNOWN_SECRET" && finding.severity == definition::Severity::Warning)
        said.push_back(finding.message);
    return said;
  };
  EXPECT_THAT(findings_for(kTenant), ElementsAre("there is no secret `IN_THE_AIR`"));
  EXPECT_THAT(findings_for(TenantId("home")), ElementsAre("there is no secret `STORED`"));
  EXPECT_EQ(publish(asking)->version, 1);
}

TEST_F(LifecycleTest, CalledVersionsThatAreNotThereAreWarnedOf) {
  const auto calling = [](std::string_view id, int version) {
    return plain(format(R"(,{{"id":"b","type":"control.callWorkflow","workflowId":"{}",)"
                        R"("workflowVersion":{}}})",
                        id, version));
  };
  const auto is_warned = [&](const TenantId& tenant, const json::Value& definition) {
    const auto found = codes(catalog_.check(tenant, definition)->findings);
    return std::ranges::find(found, "UNKNOWN_WORKFLOW") != found.end();
  };
  EXPECT_TRUE(is_warned(kTenant, calling("other", 1)));
  // Two that call each other: one of them is first.
  ASSERT_EQ(publish(calling("other", 1))->version, 1);
  json::Value other = calling("w", 1);
  other.get_object()["id"] = "other";
  EXPECT_FALSE(is_warned(kTenant, other));
  EXPECT_TRUE(is_warned(TenantId("u"), other));
  ASSERT_EQ(catalog_.publish({kTenant, WorkflowId("other"), other, std::nullopt, ""})->version, 1);
  EXPECT_FALSE(is_warned(kTenant, calling("other", 1)));
  EXPECT_TRUE(is_warned(kTenant, calling("other", 2)));
}

TEST_F(LifecycleTest, ADraftAndAVersionHaveOneLimit) {
  json::Value large = plain();
  large.get_object()["description"] = std::string(limits::kDefinitionBytesMax, 'x');
  EXPECT_EQ(publish(large).error().code, "DEFINITION_TOO_LARGE");
  EXPECT_EQ(catalog_.save_draft({kTenant, kId, large, {}, {}}).error().code,
            "DEFINITION_TOO_LARGE");
}

TEST_F(LifecycleTest, AVersionIsCompiledOnce) {  // D35
  ASSERT_TRUE(publish(plain()).has_value());
  DefinitionCache cache(store_, actions_);
  const auto first = cache.load({kTenant, kId, 1, ""});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(cache.load({kTenant, kId, 1, ""})->get(), first->get());
}

TEST_F(LifecycleTest, ADraftMayHaveErrorsAndIsSavedOverTheOneThatWasSeen) {
  const auto first =
      catalog_.save_draft({kTenant, kId, *json::parse(R"({"id":"x","oops":1})"), 0, {}});
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->draft_version, 1);
  EXPECT_EQ(first->checked.program, nullptr);
  EXPECT_EQ(catalog_.save_draft({kTenant, kId, plain(), 0, {}}).error().code, "DRAFT_CONFLICT");
  EXPECT_EQ(catalog_.save_draft({kTenant, kId, plain(), 1, {}})->draft_version, 2);
  EXPECT_EQ(catalog_.save_draft({kTenant, kId, plain(), 1, {}}).error().code, "DRAFT_CONFLICT");
  EXPECT_EQ(catalog_.save_draft({kTenant, kId, plain(), 2, "other"}).error().code, "FIELD_INVALID");
}

TEST_F(LifecycleTest, PublishingTakesTheDraftThatWasSeen) {
  EXPECT_EQ(catalog_.publish({kTenant, kId, {}, {}, ""}).error().code, "NOT_FOUND");
  ASSERT_TRUE(
      catalog_.save_draft({kTenant, kId, *json::parse(R"({"oops":1})"), 0, {}}).has_value());
  const auto refused = catalog_.publish({kTenant, kId, {}, 1, ""});
  EXPECT_EQ(refused->version, 0);
  EXPECT_FALSE(refused->findings.empty());
  ASSERT_TRUE(catalog_.save_draft({kTenant, kId, plain(), 1, {}}).has_value());
  EXPECT_EQ(catalog_.publish({kTenant, kId, {}, 1, ""}).error().code, "DRAFT_CONFLICT");
  EXPECT_EQ(catalog_.publish({kTenant, kId, {}, 2, ""})->version, 1);
  // The same again is no new version.
  EXPECT_FALSE(catalog_.publish({kTenant, kId, {}, {}, ""})->is_new);
  EXPECT_EQ(publish(plain(R"(,{"id":"b","type":"control.return"})"))->version, 2);
  const auto versions = store_.versions(kTenant, kId);
  EXPECT_EQ(versions->size(), 2U);
  EXPECT_EQ(json::string_at(versions->front().notes.get_object(), "message"), "because");
  EXPECT_EQ(versions->front().hash, store_.version(kTenant, kId, 2)->hash);
}

TEST_F(LifecycleTest, AnInferredSchemaIsThatOfTheEvent) {
  ASSERT_TRUE(
      store_.put_schema({kTenant, "payload.Paid.v1", *json::parse(R"({"type":"object"})"), 1})
          .has_value());
  const json::Value triggered = document(R"("trigger":{"type":"event","eventName":"PAID"},)");
  const auto save = [&](const json::Value& definition) {
    return catalog_.save_draft({kTenant, kId, definition, {}, "inferred"})->checked;
  };
  EXPECT_THAT(codes(save(plain()).findings), testing::Contains("PAYLOAD_SCHEMA_NOT_INFERRED"));
  EXPECT_THAT(codes(save(triggered).findings), testing::Contains("PAYLOAD_SCHEMA_NOT_INFERRED"));
  ASSERT_TRUE(store_.put_event_type({kTenant, "PAID", "payload.Paid.v1", "", 1}).has_value());
  const auto checked = save(triggered);
  ASSERT_NE(checked.program, nullptr) << testing::PrintToString(codes(checked.findings));
  const auto published = catalog_.publish({kTenant, kId, {}, {}, ""});
  ASSERT_EQ(published->version, 1) << testing::PrintToString(codes(published->findings));
  const auto version = store_.version(kTenant, kId, 1);
  // Pinned in the version: what the event is later does not matter.
  EXPECT_EQ(json::string_at(version->definition.get_object(), "payloadSchemaRef"),
            "payload.Paid.v1");
  EXPECT_EQ(json::to_text(version->notes.at("payloadSchema")),
            R"({"mode":"inferred","ref":"payload.Paid.v1"})");
}

TEST_F(LifecycleTest, OnlyWhatNothingDependsOnIsRemoved) {
  ASSERT_TRUE(publish(plain())->is_new);
  EXPECT_EQ(catalog_.remove(kTenant, kId).error().code, "WORKFLOW_IN_USE");
  ASSERT_TRUE(catalog_.set_archived(kTenant, kId, true).has_value());
  const WorkflowId caller("caller");
  json::Value calls = plain(
      R"(,{"id":"c","type":"control.callWorkflow","workflowId":"w","workflowVersion":1,"inputMapping":{}})");
  calls.get_object()["id"] = "caller";
  const auto called = catalog_.publish({kTenant, caller, calls, {}, ""});
  ASSERT_TRUE(called->is_new) << testing::PrintToString(codes(called->findings));
  EXPECT_EQ(catalog_.remove(kTenant, kId).error().message, "workflow `w` is called by `caller`");
  ASSERT_TRUE(catalog_.set_archived(kTenant, caller, true).has_value());
  ASSERT_TRUE(catalog_.remove(kTenant, caller).has_value());
  ASSERT_TRUE(catalog_.remove(kTenant, kId).has_value());
  EXPECT_EQ(catalog_.remove(kTenant, kId).error().code, "NOT_FOUND");
}

TEST_F(LifecycleTest, ABundleMakesTheSameElsewhereAndTwiceChangesNothing) {
  ASSERT_TRUE(publish(plain())->is_new);
  ASSERT_TRUE(publish(plain(R"(,{"id":"b","type":"control.return"})"))->is_new);
  const auto bundle = bundles_.write(kTenant, {"w"});
  ASSERT_TRUE(bundle.has_value()) << bundle.error().message;
  EXPECT_EQ(bundles_.write(kTenant, {"nope"}).error().code, "NOT_FOUND");
  const TenantId other("other");
  const auto imported = bundles_.read(other, *bundle);
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  EXPECT_EQ(imported->versions_new, 2U);
  EXPECT_EQ(imported->workflows_new, 1U);
  const auto there = store_.version(other, kId, 2);
  EXPECT_EQ(there->hash, store_.version(kTenant, kId, 2)->hash);
  EXPECT_EQ(store_.definition(other, kId)->published_version, 2);
  const auto again = bundles_.read(other, *bundle);
  EXPECT_EQ(again->versions_new, 0U);
  EXPECT_EQ(again->versions_kept, 2U);
  // A version of its own: refused as a whole, and nothing is deleted.
  const TenantId third("third");
  ASSERT_TRUE(
      catalog_.publish({third, kId, plain(R"(,{"id":"z","type":"control.return"})"), {}, ""})
          ->is_new);
  EXPECT_EQ(bundles_.read(third, *bundle).error().code, "BUNDLE_CONFLICT");
  EXPECT_EQ(store_.versions(third, kId)->size(), 1U);
}

TEST_F(LifecycleTest, ABundleNamesWhatElseItNeedsAndThatIsNotBelieved) {
  const json::Value definition = document(
      R"("payloadSchemaRef":"payload.WorkflowClockTrigger.v1","trigger":{"type":"recurring","cron":"0 9 * * *","timezone":"UTC","dayFilter":"business","calendar":"works"},)",
      R"(,{"id":"c","type":"control.callWorkflow","workflowId":"callee","workflowVersion":3},
         {"id":"e","type":"event.wait","config":{"eventName":"PAID","correlationKey":{"$expr":"'k'"}}},
         {"id":"n","type":"action.call","config":{"actionId":"contacts.find","version":2,"inputMapping":{"email":{"$secret":"KEY"}}}})");
  const auto published = publish(definition);
  ASSERT_TRUE(published.has_value()) << published.error().message;
  ASSERT_TRUE(published->is_new) << testing::PrintToString(codes(published->findings));
  json::Value bundle = *bundles_.write(kTenant, {});
  EXPECT_EQ(
      json::to_text(bundle.at("requires")),
      R"({"actions":[{"id":"contacts.find","version":2}],"secrets":["KEY"],"events":["PAID"],)"
      R"("calendars":["works"],"workflows":["callee@3"]})");
  bundle.get_object()["requires"] = json::Object{};
  const TenantId other("other");
  const auto imported = bundles_.read(other, bundle);
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  EXPECT_EQ(imported->missing_secrets, std::vector<std::string>{"KEY"});
  EXPECT_EQ(imported->missing_calendars, std::vector<std::string>{"works"});
  EXPECT_EQ(imported->missing_workflows, std::vector<std::string>{"callee@3"});
  // What only a draft names counts as well.
  json::Value drafted = bundle;
  json::Object& workflow = drafted.at("workflows").at(0).get_object();
  workflow["versions"] = json::Array{};
  EXPECT_EQ(bundles_.read(TenantId("third"), drafted)->missing_secrets,
            std::vector<std::string>{"KEY"});
}

TEST_F(LifecycleTest, ABundleBringsNoSchemaThatIsNone) {
  ASSERT_TRUE(publish(plain())->is_new);
  json::Value bundle = *bundles_.write(kTenant, {});
  bundle.get_object()["payloadSchemas"] = *json::parse(R"([{"ref":"p.X.v1","schema":{"type":5}}])");
  const TenantId other("other");
  EXPECT_EQ(bundles_.read(other, bundle).error().code, "SCHEMA_INVALID");
  EXPECT_TRUE(store_.schemas(other)->empty());
  EXPECT_EQ(store_.definition(other, kId).error().code, "NOT_FOUND");
}

TEST_F(LifecycleTest, ABundleIsCheckedBeforeAnythingOfItIsTaken) {
  EXPECT_EQ(bundles_.read(kTenant, json::Value(1)).error().code, "BUNDLE_INVALID");
  ASSERT_TRUE(publish(plain())->is_new);
  json::Value bundle = *bundles_.write(kTenant, {});
  const TenantId other("other");
  json::Value edited = bundle;
  json::Object& version =
      edited.at("workflows").at(0).get_object()["versions"].get_array()[0].get_object();
  version["definition"].get_object()["name"] = "X";
  EXPECT_EQ(bundles_.read(other, edited).error().code, "BUNDLE_INVALID");
  // Honestly hashed, but of an action that is not here, and a secret that is missing.
  json::Value needs = plain(
      R"(,{"id":"n","type":"action.call","config":{"actionId":"not.here","version":1,"inputMapping":{"k":{"$secret":"KEY"}}}})");
  version["definition"] = needs;
  version["hash"] = json::hash(needs);
  const auto refused = bundles_.read(other, edited);
  ASSERT_TRUE(refused.has_value()) << refused.error().message;
  EXPECT_THAT(codes(refused->findings), testing::Contains("UNKNOWN_ACTION"));
  EXPECT_THAT(refused->missing_secrets, ElementsAre("KEY"));
  EXPECT_EQ(store_.definition(other, kId).error().code, "NOT_FOUND");
}

std::string hex_key(char digit) {
  return std::string(64, digit);
}

TEST_F(LifecycleTest, ASealedSecretOpensInItsPlaceOnly) {
  SecretVault vault(store_, *MasterKeys::read(hex_key('1')), clock_);
  ASSERT_TRUE(vault.put({kTenant, "API_KEY", "hunter2", ""}).has_value());
  EXPECT_EQ(*vault.open(kTenant, "API_KEY"), "hunter2");
  store::SecretRow row = *store_.secret(kTenant, "API_KEY");
  EXPECT_EQ(row.sealed.find("hunter2"), std::string::npos);
  row.name = "OTHER";
  ASSERT_TRUE(store_.put_secret(row).has_value());
  EXPECT_EQ(vault.open(kTenant, "OTHER").error().code, "SECRET_SEALED");
  row.name = "API_KEY";
  row.tenant = TenantId("other");
  ASSERT_TRUE(store_.put_secret(row).has_value());
  EXPECT_EQ(vault.open(row.tenant, "API_KEY").error().code, "SECRET_SEALED");
  for (const char* name : {"", "api", "1A", "A-B"})
    EXPECT_EQ(vault.put({kTenant, name, "v", ""}).error().code, "SECRET_INVALID") << name;
  EXPECT_EQ(vault.put({kTenant, "A", "", ""}).error().code, "SECRET_INVALID");
}

TEST_F(LifecycleTest, ANewMasterKeyTakesOver) {
  {
    SecretVault vault(store_, *MasterKeys::read(hex_key('1')), clock_);
    ASSERT_TRUE(vault.put({kTenant, "A", "one", ""}).has_value());
  }
  SecretVault both(store_, *MasterKeys::read(hex_key('2') + "\n" + hex_key('1') + "\n"), clock_);
  EXPECT_EQ(*both.reseal(), 1U);
  EXPECT_EQ(*both.reseal(), 0U);
  SecretVault newest(store_, *MasterKeys::read(hex_key('2')), clock_);
  EXPECT_EQ(*newest.open(kTenant, "A"), "one");
  SecretVault oldest(store_, *MasterKeys::read(hex_key('1')), clock_);
  EXPECT_EQ(oldest.open(kTenant, "A").error().code, "SECRET_SEALED");
  for (const char* text : {"", "\n", "12", "zz"})
    EXPECT_EQ(MasterKeys::read(text).error().code, "MASTER_KEY_INVALID");
}

}  // namespace
}  // namespace fermata::service
