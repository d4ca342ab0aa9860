#include "store/audit_log.h"

#include "store/sql.h"

namespace fermata::store {
namespace {

constexpr std::string_view kColumns =
    "audit_id, actor, action, target_type, target_id, reason, outcome, code, created_id, at";

AuditRow read(const Cells& cells, const TenantId& tenant) {
  return {tenant,        cells.text(0), cells.text(1), cells.text(2), cells.text(3),  cells.text(4),
          cells.text(5), cells.text(6), cells.text(7), cells.text(8), cells.number(9)};
}

}  // namespace

Result<void> AuditLog::begin(const AuditRow& row) {
  Query insert{.tenant = row.tenant};
  insert.add("INSERT INTO workflow_audit (tenant, ")
      .add(kColumns)
      .add(") VALUES (?", row.tenant.text);
  for (const std::string* text :
       {&row.audit_id, &row.actor, &row.action, &row.target_type, &row.target_id, &row.reason,
        &row.outcome, &row.code, &row.created_id})
    insert.add(", ?", *text);
  return sql_.execute(insert.add(", ?)", row.at));
}

Result<void> AuditLog::end(const AuditRow& row) {
  Query update{.tenant = row.tenant};
  update.add("UPDATE workflow_audit SET outcome = ?", row.outcome)
      .add(", code = ?", row.code)
      .add(", created_id = ?", row.created_id)
      .add(" WHERE tenant = ?", row.tenant.text)
      .add(" AND audit_id = ?", row.audit_id);
  return sql_.execute(update);
}

Result<std::vector<AuditRow>> AuditLog::rows(const TenantId& tenant, const AuditFilter& filter) {
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kColumns).add(" FROM workflow_audit WHERE tenant = ?", tenant.text);
  if (filter.actor) query.add(" AND actor = ?", *filter.actor);
  if (filter.action) query.add(" AND action = ?", *filter.action);
  if (filter.target_id) {
    query.add(" AND (target_id = ?", *filter.target_id)
        .add(" OR created_id = ?)", *filter.target_id);
  }
  if (filter.from) query.add(" AND at >= ?", *filter.from);
  if (filter.before) query.add(" AND at < ?", *filter.before);
  if (filter.after) {
    query.add(" AND (at, audit_id) < (CAST(? AS BIGINT)", filter.after->first)
        .add(", ?)", filter.after->second);
  }
  query.add(" ORDER BY at DESC, audit_id DESC LIMIT ?", static_cast<std::int64_t>(filter.limit));
  return rows_of<AuditRow>(sql_, query, [&](const Cells& cells) { return read(cells, tenant); });
}

}  // namespace fermata::store
