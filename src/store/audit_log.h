#pragma once
// AuditLog: who asked for what, and what came of it. A row is there before anything is done, so
// nothing is done that it does not know of. Errors as in store.h.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"

namespace fermata::store {

class Sql;

struct AuditRow {
  TenantId tenant;
  std::string audit_id;
  std::string actor;
  std::string action;       // runs.cancel
  std::string target_type;  // runs
  std::string target_id;    // empty: the thing was new, see `created_id`
  std::string reason;
  std::string outcome = "STARTED";  // then DONE or REFUSED; STARTED for ever: the server died
  std::string code;                 // why it was refused
  std::string created_id;           // what came of it: the new run, the workflow
  TimeMs at = 0;
};

struct AuditFilter {
  std::optional<std::string> actor;
  std::optional<std::string> action;
  std::optional<std::string> target_id;  // asked for, or made
  std::optional<TimeMs> from;
  std::optional<TimeMs> before;
  std::size_t limit = 50;
  std::optional<std::pair<TimeMs, std::string>> after;  // newest first
};

class AuditLog {
 public:
  explicit AuditLog(Sql& sql) : sql_(sql) {}

  Result<void> begin(const AuditRow& row);
  // Outcome, code and created_id of the row.
  Result<void> end(const AuditRow& row);
  Result<std::vector<AuditRow>> rows(const TenantId& tenant, const AuditFilter& filter);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
