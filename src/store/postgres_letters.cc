// Dead letters and webhooks.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {

Result<void> PostgresStore::put_letters(std::span<const LetterRow> rows) {
  Columns columns(7);
  for (const LetterRow& row : rows) {
    columns.bind(row.tenant.text).bind(row.letter_id).bind(row.source).bind_json(row.fields);
    columns.bind(row.code).bind(row.message).bind(row.created_at);
  }
  TRY(const PostgresRows done,
      run_alone(kEveryTenant,
                "INSERT INTO workflow_dead_letters (tenant, letter_id, source, fields, code, "
                "message, created_at) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], "
                "$4::json[], $5::text[], $6::text[], $7::bigint[]) ON CONFLICT DO NOTHING",
                std::move(columns).finish()));
  return {};
}

Result<std::vector<LetterRow>> PostgresStore::letters(const TenantId& tenant,
                                                      const LetterFilter& filter) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_dead_letters WHERE tenant = $1 AND ($2::bigint = 0 OR "
      "reprocessed_at IS NULL) AND ($3::bigint IS NULL OR (created_at, letter_id) < ($3, "
      "$4::text)) ORDER BY created_at DESC, letter_id DESC LIMIT $5",
      kLetterColumns);
  Params params;
  params.bind(tenant.text).bind(std::int64_t{filter.is_open ? 1 : 0});
  params.bind(filter.after ? std::optional(filter.after->first) : std::nullopt);
  params.bind(filter.after ? std::optional(filter.after->second) : std::nullopt);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, params.bind(static_cast<std::int64_t>(filter.limit))));
  return read_all<LetterRow>(rows, [](const PostgresRow& row) { return read_letter(row); });
}

Result<std::size_t> PostgresStore::count_letters(std::size_t most) {
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant,
                "SELECT count(*) FROM (SELECT 1 FROM workflow_dead_letters WHERE reprocessed_at IS "
                "NULL LIMIT $1) AS open",
                Params().bind(static_cast<std::int64_t>(most))));
  return static_cast<std::size_t>(rows[0].number(0));
}

Result<LetterRow> PostgresStore::letter(const TenantId& tenant, const std::string& id) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_dead_letters WHERE tenant = $1 AND letter_id = $2", kLetterColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(id)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no dead letter `{}`", id));
  return read_letter(rows[0]);
}

Result<void> PostgresStore::mark_reprocessed(const TenantId& tenant, const std::string& letter,
                                             const EventId& event, TimeMs at) {
  TRY(const PostgresRows done,
      run_alone(tenant,
                "UPDATE workflow_dead_letters SET reprocessed_at = $1, event_id = $2 WHERE tenant "
                "= $3 AND letter_id = $4",
                Params().bind(at).bind(event.text).bind(tenant.text).bind(letter)));
  return {};
}

Result<void> PostgresStore::put_webhook(const WebhookRow& row) {
  Params put;
  put.bind(row.tenant.text).bind(row.name).bind(row.event_name).bind(row.secret_name);
  put.bind(row.tolerance_ms).bind(row.updated_at);
  TRY(const PostgresRows done,
      run_alone(row.tenant,
                "INSERT INTO workflow_webhooks (tenant, name, event_name, secret_name, "
                "tolerance_ms, updated_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, "
                "name) DO UPDATE SET event_name = excluded.event_name, secret_name = "
                "excluded.secret_name, tolerance_ms = excluded.tolerance_ms, updated_at = "
                "excluded.updated_at",
                put));
  return {};
}

Result<std::vector<WebhookRow>> PostgresStore::webhooks(const TenantId& tenant) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_webhooks WHERE tenant = $1 ORDER BY name", kWebhookColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text)));
  return read_all<WebhookRow>(rows, [](const PostgresRow& row) { return read_webhook(row); });
}

Result<WebhookRow> PostgresStore::webhook(const TenantId& tenant, const std::string& name) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_webhooks WHERE tenant = $1 AND name = $2", kWebhookColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(name)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no webhook `{}`", name));
  return read_webhook(rows[0]);
}

Result<void> PostgresStore::delete_webhook(const TenantId& tenant, const std::string& name) {
  TRY(const PostgresRows done,
      run_alone(tenant, "DELETE FROM workflow_webhooks WHERE tenant = $1 AND name = $2",
                Params().bind(tenant.text).bind(name)));
  return {};
}

}  // namespace fermata::store
