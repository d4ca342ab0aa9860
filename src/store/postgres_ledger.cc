// The ledger of action invocations.
#include <set>

#include "foundation/format.h"
#include "store/invocation_words.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

constexpr std::string_view kReplace =
    "UPDATE workflow_action_invocations AS old SET status = new.status, attempt = new.attempt, "
    "lease_owner = new.lease_owner, lease_expires_at = new.lease_expires_at, "
    "output_json = new.output_json, error_json = new.error_json, completed_at = new.completed_at "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], "
    "$7::json[], $8::json[], $9::bigint[], $10::bigint[], $11::text[]) "
    "AS new (tenant, idempotency_key, status, attempt, lease_owner, lease_expires_at, "
    "output_json, error_json, completed_at, expected_attempt, expected_status) "
    "WHERE old.tenant = new.tenant AND old.idempotency_key = new.idempotency_key "
    "AND old.attempt = new.expected_attempt AND old.status = new.expected_status "
    "RETURNING old.tenant, old.idempotency_key";
constexpr std::string_view kInsert =
    "INSERT INTO workflow_action_invocations (tenant, idempotency_key, run_id, step_path, "
    "iteration, action_id, action_version, status, attempt, lease_owner, lease_expires_at, "
    "input_json, input_hash, output_json, error_json, started_at, completed_at, is_authored) "
    "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
    "$7::bigint[], $8::text[], $9::bigint[], $10::text[], $11::bigint[], $12::json[], "
    "$13::text[], $14::json[], $15::json[], $16::bigint[], $17::bigint[], "
    "$18::bigint[]) "
    "ON CONFLICT (tenant, idempotency_key) DO NOTHING RETURNING tenant, idempotency_key";

using Key = std::pair<std::string, std::string>;
using Puts = std::vector<const InvocationPut*>;

Key key_of(const InvocationRow& row) {
  return {postgres_text(row.tenant.text), postgres_text(row.idempotency_key)};
}

Result<std::set<Key>> keys_of(Result<PostgresRows> answer) {
  TRY(const PostgresRows rows, std::move(answer));
  std::set<Key> keys;
  for (int i = 0; i < rows.size(); ++i) keys.emplace(rows[i].text(0), rows[i].text(1));
  return keys;
}

Result<std::set<Key>> replace(PostgresConnection& connection, const Puts& puts) {
  if (puts.empty()) return std::set<Key>();
  Columns columns(11);
  for (const InvocationPut* put : puts) {
    const InvocationRow& row = put->row;
    columns.bind(row.tenant.text).bind(row.idempotency_key).bind(word_of(row.status));
    columns.bind(row.attempt).bind(row.lease_owner).bind(row.lease_expires_at);
    columns.bind(row.output).bind(row.error).bind(row.completed_at);
    columns.bind(put->expected_attempt).bind(word_of(put->expected_status));
  }
  return keys_of(connection.run(kReplace, std::move(columns).finish()));
}

Result<std::set<Key>> insert(PostgresConnection& connection, const Puts& puts) {
  if (puts.empty()) return std::set<Key>();
  Columns columns(18);
  for (const InvocationPut* put : puts) {
    const InvocationRow& row = put->row;
    columns.bind(row.tenant.text).bind(row.idempotency_key).bind(row.run_id.text);
    columns.bind(row.step_path).bind(row.iteration).bind(row.action_id);
    columns.bind(static_cast<std::int64_t>(row.action_version)).bind(word_of(row.status));
    columns.bind(row.attempt).bind(row.lease_owner).bind(row.lease_expires_at);
    columns.bind_json(row.input).bind(row.input_hash).bind(row.output).bind(row.error);
    columns.bind(row.started_at).bind(row.completed_at);
    columns.bind(std::int64_t{row.is_authored ? 1 : 0});
  }
  return keys_of(connection.run(kInsert, std::move(columns).finish()));
}

}  // namespace

Result<std::vector<InvocationRow>> PostgresStore::invocations(const TenantId& tenant,
                                                              const RunId& run) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_action_invocations WHERE tenant = $1 AND run_id = $2 "
      "ORDER BY started_at, idempotency_key",
      kInvocationColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(run.text)));
  return read_all<InvocationRow>(
      rows, [&](const PostgresRow& row) { return read_invocation(row, tenant); });
}

Result<std::optional<InvocationRow>> PostgresStore::invocation(const TenantId& tenant,
                                                               const std::string& key) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_action_invocations WHERE tenant = $1 AND idempotency_key = $2",
      kInvocationColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(key)));
  if (rows.empty()) return std::optional<InvocationRow>{};
  return std::optional(read_invocation(rows[0], tenant));
}

Result<std::vector<bool>> put_invocations(PostgresConnection& connection,
                                          std::span<const InvocationPut> puts) {
  std::vector<bool> made(puts.size(), false);
  std::vector<std::size_t> left(puts.size());
  for (std::size_t i = 0; i < puts.size(); ++i) left[i] = i;
  // One statement changes a row once: a key that comes again waits for the next round.
  while (!left.empty()) {
    std::map<Key, std::size_t> round;
    std::vector<std::size_t> later;
    for (const std::size_t i : left) {
      if (!round.emplace(key_of(puts[i].row), i).second) later.push_back(i);
    }
    Puts known;
    for (const auto& [key, i] : round)
      if (puts[i].expected_attempt > 0) known.push_back(&puts[i]);
    TRY(const std::set<Key> replaced, replace(connection, known));
    Puts fresh;
    for (const auto& [key, i] : round)
      if (!replaced.contains(key)) fresh.push_back(&puts[i]);
    TRY(const std::set<Key> inserted, insert(connection, fresh));
    for (const auto& [key, i] : round) made[i] = replaced.contains(key) || inserted.contains(key);
    left = std::move(later);
  }
  return made;
}

}  // namespace fermata::store
