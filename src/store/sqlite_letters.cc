// Dead letters and webhooks.
#include "foundation/format.h"
#include "store/sqlite_connection.h"

namespace fermata::store {

Result<void> SqliteStore::put_letters(std::span<const LetterRow> rows) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  for (const LetterRow& row : rows) {
    TRY(Statement insert,
        writer_->prepare("INSERT INTO workflow_dead_letters (tenant, letter_id, source, fields, "
                         "code, message, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
                         "NOTHING"));
    insert.bind(row.tenant.text).bind(row.letter_id).bind(row.source).bind_json(row.fields);
    TRY_DO(insert.bind(row.code).bind(row.message).bind(row.created_at).run());
  }
  return transaction.commit();
}

Result<std::vector<LetterRow>> SqliteStore::letters(const TenantId& tenant,
                                                    const LetterFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_dead_letters WHERE tenant = ?1 AND (?2 = 0 OR reprocessed_at IS "
      "NULL) AND (?3 IS NULL OR (created_at, letter_id) < (?3, ?4)) ORDER BY created_at DESC, "
      "letter_id DESC LIMIT ?5",
      kLetterColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(std::int64_t{filter.is_open ? 1 : 0});
  select.bind(filter.after ? std::optional(filter.after->first) : std::nullopt)
      .bind(filter.after ? std::optional(filter.after->second) : std::nullopt)
      .bind(static_cast<std::int64_t>(filter.limit));
  return read_all<LetterRow>(select, [](Statement& row) { return read_letter(row); });
}

Result<std::size_t> SqliteStore::count_letters(std::size_t most) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare("SELECT count(*) FROM (SELECT 1 FROM workflow_dead_letters "
                       "WHERE reprocessed_at IS NULL LIMIT ?)"));
  TRY(const bool has_row, select.bind(static_cast<std::int64_t>(most)).step());
  return has_row ? static_cast<std::size_t>(select.number(0)) : 0;
}

Result<LetterRow> SqliteStore::letter(const TenantId& tenant, const std::string& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_dead_letters WHERE tenant = ? AND letter_id = ?", kLetterColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(id).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no dead letter `{}`", id));
  return read_letter(select);
}

Result<void> SqliteStore::mark_reprocessed(const TenantId& tenant, const std::string& letter,
                                           const EventId& event, TimeMs at) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_dead_letters SET reprocessed_at = ?, event_id = ? WHERE "
                       "tenant = ? AND letter_id = ?"));
  return update.bind(at).bind(event.text).bind(tenant.text).bind(letter).run();
}

Result<void> SqliteStore::put_webhook(const WebhookRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare("INSERT INTO workflow_webhooks (tenant, name, event_name, secret_name, "
                       "tolerance_ms, updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, "
                       "name) DO UPDATE SET event_name = excluded.event_name, secret_name = "
                       "excluded.secret_name, tolerance_ms = excluded.tolerance_ms, updated_at = "
                       "excluded.updated_at"));
  put.bind(row.tenant.text).bind(row.name).bind(row.event_name).bind(row.secret_name);
  return put.bind(row.tolerance_ms).bind(row.updated_at).run();
}

Result<std::vector<WebhookRow>> SqliteStore::webhooks(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_webhooks WHERE tenant = ? ORDER BY name", kWebhookColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text);
  return read_all<WebhookRow>(select, [](Statement& row) { return read_webhook(row); });
}

Result<WebhookRow> SqliteStore::webhook(const TenantId& tenant, const std::string& name) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_webhooks WHERE tenant = ? AND name = ?", kWebhookColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(name).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no webhook `{}`", name));
  return read_webhook(select);
}

Result<void> SqliteStore::delete_webhook(const TenantId& tenant, const std::string& name) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement remove,
      writer_->prepare("DELETE FROM workflow_webhooks WHERE tenant = ? AND name = ?"));
  return remove.bind(tenant.text).bind(name).run();
}

}  // namespace fermata::store
