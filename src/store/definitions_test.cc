// Drafts, versions, key-value pairs and secrets on real databases, the same for each kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "store/open.h"
#include "store/test_database.h"
#include "store/test_rows.h"

namespace fermata::store {
namespace {

const TenantId kTenant("t");

class DefinitionsTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_ = *open(database_->location());
};

INSTANTIATE_TEST_SUITE_P(On, DefinitionsTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(DefinitionsTest, ADraftIsSavedOnlyOverTheOneThatWasSeen) {
  DefinitionRow draft;
  draft.tenant = kTenant;
  draft.workflow_id = WorkflowId("w");
  draft.draft = json::Object{{"n", 1}};
  draft.updated_at = 7;
  EXPECT_EQ(store_->save_draft(draft, 3).error().code, "DRAFT_CONFLICT");
  EXPECT_EQ(store_->save_draft(draft, 0).value(), 1);
  EXPECT_EQ(store_->save_draft(draft, 0).error().code, "DRAFT_CONFLICT");
  draft.schema_mode = "inferred";
  EXPECT_EQ(store_->save_draft(draft, 1).value(), 2);
  EXPECT_EQ(store_->save_draft(draft, 1).error().code, "DRAFT_CONFLICT");
  EXPECT_EQ(store_->save_draft(draft, std::nullopt).value(), 3);
  Publication first{{kTenant, draft.workflow_id, 1, draft.draft, "h", 5}, {}, draft, 2};
  EXPECT_EQ(store_->publish(first).error().code, "DRAFT_CONFLICT");
  EXPECT_EQ(store_->definition(kTenant, draft.workflow_id)->published_version, 0);
  first.expected_draft = 3;
  first.version.notes = json::Object{{"message", "m"}};
  ASSERT_TRUE(store_->publish(first).has_value());
  const auto row = store_->definition(kTenant, draft.workflow_id);
  EXPECT_EQ(row->draft_version, 4);
  EXPECT_EQ(row->published_version, 1);
  EXPECT_EQ(row->schema_mode, "inferred");
  EXPECT_EQ(row->created_at, 7);
  EXPECT_EQ(store_->versions(kTenant, draft.workflow_id)->front().notes, first.version.notes);
}

TEST_P(DefinitionsTest, AWorkflowWithRunsIsNotRemoved) {
  DefinitionRow draft;
  draft.tenant = kTenant;
  draft.workflow_id = WorkflowId("w");
  draft.draft = json::Object{};
  const Publication one{{kTenant, draft.workflow_id, 1, draft.draft, "h", 5}, {}, draft, {}};
  const Publication two{{kTenant, draft.workflow_id, 2, draft.draft, "h", 6}, {}, draft, {}};
  ASSERT_TRUE(store_->put_bundle({.publications = {one, two}}).has_value());
  EXPECT_EQ(store_->versions(kTenant, draft.workflow_id)->front().version, 2);
  EXPECT_EQ(store_->put_bundle({.publications = {one}}).error().code, "STORE_CONFLICT");
  // All of it or nothing.
  BundleRows rows;
  rows.schemas = {{one.version.tenant, "payload.New.v1", json::Object{}, 1}};
  rows.event_types = {{one.version.tenant, "NEW", "payload.New.v1", "", 1}};
  rows.publications = {one};
  EXPECT_EQ(store_->put_bundle(rows).error().code, "STORE_CONFLICT");
  EXPECT_TRUE(store_->schemas(one.version.tenant)->empty());
  EXPECT_TRUE(store_->event_types(one.version.tenant)->empty());
  rows.publications.clear();
  EXPECT_TRUE(store_->put_bundle(rows).has_value());
  EXPECT_EQ(store_->event_types(one.version.tenant)->size(), 1U);
  rows.schemas.clear();
  EXPECT_EQ(store_->put_bundle(rows).error().code, "STORE_CONFLICT");
  EXPECT_EQ(store_->remove_definition(TenantId("other"), draft.workflow_id).error().code,
            "NOT_FOUND");
  LaunchRow run = launch_row("r1", 0);
  run.workflow_id = draft.workflow_id;
  ASSERT_TRUE(store_->insert_launch(run).has_value());
  EXPECT_EQ(store_->remove_definition(kTenant, draft.workflow_id).error().code, "WORKFLOW_IN_USE");
  EXPECT_TRUE(store_->version(kTenant, draft.workflow_id, 1).has_value());
  draft.workflow_id = WorkflowId("unused");
  ASSERT_TRUE(store_->save_draft(draft, std::nullopt).has_value());
  ASSERT_TRUE(store_->remove_definition(kTenant, draft.workflow_id).has_value());
  EXPECT_EQ(store_->definition(kTenant, draft.workflow_id).error().code, "NOT_FOUND");
}

TEST_P(DefinitionsTest, AKeyIsWrittenOnlyOverTheRevisionThatWasSeen) {
  const auto put = [&](std::optional<json::Value> value, std::optional<std::int64_t> expected,
                       const std::string& writer = "") {
    return *store_->put_key_value(
        {kTenant, "s", "k", std::move(value), expected, writer, /*now=*/5});
  };
  EXPECT_FALSE(put(json::Value(1), 1).is_done);
  EXPECT_EQ(put(json::Value(1), 0).revision, 1);
  EXPECT_FALSE(put(json::Value(2), 0).is_done);
  EXPECT_EQ(put(json::Value(2), 1, "w1").revision, 2);
  // The same try again, after its answer was lost.
  const KeyValueOutcome again = put(json::Value(2), 1, "w1");
  EXPECT_TRUE(again.is_done);
  EXPECT_EQ(again.revision, 2);
  EXPECT_EQ(store_->key_value(kTenant, "s", "k").value()->value, json::Value(2));
  EXPECT_FALSE(store_->key_value(TenantId("other"), "s", "k")->has_value());
  EXPECT_FALSE(store_->key_value(kTenant, "other", "k")->has_value());
  EXPECT_TRUE(put(std::nullopt, 2, "w2").is_done);
  EXPECT_TRUE(put(std::nullopt, 2, "w2").is_done);
  EXPECT_FALSE(store_->key_value(kTenant, "s", "k")->has_value());
  // A key that comes again does not get a revision that it had.
  EXPECT_EQ(put(json::Value(nullptr), 0).revision, 4);
  EXPECT_EQ(store_->key_value(kTenant, "s", "k").value()->value, json::Value(nullptr));
}

TEST_P(DefinitionsTest, KeysAreListedInOrderByPrefix) {
  for (const char* key : {"b/2", "b/10", "a", "b", "b%", "B/1", "\xc3\xa9"}) {
    ASSERT_TRUE(
        store_->put_key_value({kTenant, "s", key, json::Value(key), {}, "", 1}).has_value());
  }
  const auto keys = [&](const KeyValueFilter& filter) {
    std::vector<std::string> found;
    const auto rows = store_->key_values(kTenant, filter);
    for (const KeyValueRow& row : *rows) found.push_back(row.key);
    return found;
  };
  EXPECT_THAT(keys({.space = "s", .prefix = "b/"}), testing::ElementsAre("b/10", "b/2"));
  EXPECT_THAT(keys({.space = "s", .prefix = "b/", .after = "b/10"}), testing::ElementsAre("b/2"));
  EXPECT_THAT(keys({.space = "s", .limit = 3}), testing::ElementsAre("B/1", "a", "b"));
  EXPECT_THAT(keys({.space = "t"}), testing::IsEmpty());
}

TEST_P(DefinitionsTest, WritersOfOneKeyDoNotOverwriteEachOther) {
  constexpr int kWriters = 4;
  constexpr int kRounds = 10;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([this] {
      for (int round = 0; round < kRounds;) {
        const auto seen = *store_->key_value(kTenant, "s", "n");
        const std::int64_t count = seen ? seen->value.to_number<std::int64_t>() : 0;
        const std::int64_t revision = seen ? seen->revision : 0;
        if (store_->put_key_value({kTenant, "s", "n", json::Value(count + 1), revision, "", 1})
                ->is_done)
          ++round;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_->key_value(kTenant, "s", "n").value()->value, json::Value(kWriters * kRounds));
}

TEST_P(DefinitionsTest, SecretsAreOfOneTenant) {
  SecretRow row{kTenant, "API", "sealed", "k1", "for the shop", 1, 1};
  ASSERT_TRUE(store_->put_secret(row).has_value());
  row.sealed = "other";
  row.created_at = row.updated_at = 2;
  ASSERT_TRUE(store_->put_secret(row).has_value());
  const auto found = store_->secret(kTenant, "API");
  EXPECT_EQ(found->sealed, "other");
  EXPECT_EQ(found->created_at, 1);
  EXPECT_EQ(found->updated_at, 2);
  EXPECT_EQ(store_->secret(TenantId("other"), "API").error().code, "NOT_FOUND");
  EXPECT_EQ(store_->secrets(kTenant)->size(), 1U);
  EXPECT_EQ(store_->secrets_not_of("k2", 10)->size(), 1U);
  EXPECT_EQ(store_->secrets_not_of("k1", 10)->size(), 0U);
  EXPECT_EQ(store_->remove_secret(TenantId("other"), "API").error().code, "NOT_FOUND");
  ASSERT_TRUE(store_->remove_secret(kTenant, "API").has_value());
  EXPECT_EQ(store_->secret(kTenant, "API").error().code, "NOT_FOUND");
}

}  // namespace
}  // namespace fermata::store
