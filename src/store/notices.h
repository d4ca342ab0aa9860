#pragma once
// Notices: what a receiver outside still has to be told, each under an id of its own until it was
// taken. Written once for both databases. Errors as in store.h.

#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

class Sql;

struct NoticeRow {
  TenantId tenant;
  std::string notice_id;
  json::Value message;
  std::int64_t tries = 0;  // that failed
  TimeMs next_at = 0;
  TimeMs created_at = 0;
};

class Notices {
 public:
  explicit Notices(Sql& sql) : sql_(sql) {}

  // One that waits already stays as it is.
  Result<void> put(const NoticeRow& row);
  // Of all tenants, those that wait longest first.
  Result<std::vector<NoticeRow>> due(TimeMs now, std::int64_t limit);
  // With its tries and its next time.
  Result<void> put_off(const NoticeRow& row);
  Result<void> remove(const NoticeRow& row);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
