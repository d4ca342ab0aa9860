#pragma once
// What the store keeps of people's tasks besides their waits: who has one, when it is due, who was
// told. Errors as in store.h.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "projection/rows.h"

namespace fermata::store {

struct TaskRow {
  projection::WaitRow wait;
  std::optional<TimeMs> due_at;
  std::optional<std::string> claimed_by;
  std::optional<TimeMs> claimed_at;
  std::optional<TimeMs> announced_at;
  std::optional<TimeMs> escalated_at;
};

struct TaskFilter {
  bool is_open = true;  // else those that ended, too
  std::optional<std::string> claimed_by;
  bool is_unclaimed = false;
  std::optional<TimeMs> due_before;
  std::optional<std::string> run_id;
  std::size_t limit = 50;
  std::optional<std::pair<TimeMs, std::string>> after;  // oldest first: created_at and wait id
};

class TaskStore {
 public:
  virtual ~TaskStore() = default;

  virtual Result<std::vector<TaskRow>> tasks(const TenantId& tenant, const TaskFilter& filter) = 0;
  // NOT_FOUND.
  virtual Result<TaskRow> task(const TenantId& tenant, const TaskId& task) = 0;
  // False: somebody else has it.
  virtual Result<bool> claim(const TenantId& tenant, const TaskId& task, const std::string& by,
                             TimeMs now) = 0;
  // Nobody has it any more.
  virtual Result<void> release(const TenantId& tenant, const TaskId& task) = 0;
  // Open tasks of all tenants that nobody was told of; oldest first.
  virtual Result<std::vector<TaskRow>> unannounced_tasks(std::size_t limit) = 0;
  virtual Result<void> mark_announced(const TenantId& tenant, const TaskId& task,
                                      const std::optional<TimeMs>& due_at, TimeMs now) = 0;
  // Tasks of all tenants whose time is over and that were not escalated, open or not.
  virtual Result<std::vector<TaskRow>> overdue_tasks(TimeMs now, std::size_t limit) = 0;
  virtual Result<void> mark_escalated(const TenantId& tenant, const TaskId& task, TimeMs now) = 0;
};

}  // namespace fermata::store
