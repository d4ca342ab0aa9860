#include "store/notices.h"

#include "json/text.h"
#include "store/sql.h"

namespace fermata::store {

Result<void> Notices::put(const NoticeRow& row) {
  Query insert{.tenant = row.tenant};
  insert
      .add(
          "INSERT INTO workflow_notices (tenant, notice_id, message_json, tries, next_at, "
          "created_at) VALUES (?",
          row.tenant.text)
      .add(", ?", row.notice_id)
      .add(", ?", json::to_text(row.message))
      .add(", ?", row.tries)
      .add(", ?", row.next_at)
      .add(", ?", row.created_at);
  return sql_.execute(insert.add(") ON CONFLICT (tenant, notice_id) DO NOTHING"));
}

Result<std::vector<NoticeRow>> Notices::due(TimeMs now, std::int64_t limit) {
  Query select{.tenant = kEveryTenant};
  select
      .add(
          "SELECT tenant, notice_id, message_json, tries, next_at, created_at FROM "
          "workflow_notices WHERE next_at <= ?",
          now)
      .add(" ORDER BY next_at, tenant, notice_id LIMIT ?", limit);
  return rows_of<NoticeRow>(sql_, select, [](const Cells& cells) {
    return NoticeRow{TenantId(cells.text(0)), cells.text(1),   cells.json_value(2),
                     cells.number(3),         cells.number(4), cells.number(5)};
  });
}

Result<void> Notices::put_off(const NoticeRow& row) {
  Query update{.tenant = row.tenant};
  update.add("UPDATE workflow_notices SET tries = ?", row.tries)
      .add(", next_at = ?", row.next_at)
      .add(" WHERE tenant = ?", row.tenant.text)
      .add(" AND notice_id = ?", row.notice_id);
  return sql_.execute(update);
}

Result<void> Notices::remove(const NoticeRow& row) {
  Query remove{.tenant = row.tenant};
  remove.add("DELETE FROM workflow_notices WHERE tenant = ?", row.tenant.text)
      .add(" AND notice_id = ?", row.notice_id);
  return sql_.execute(remove);
}

}  // namespace fermata::store
