#include "store/bulk_jobs.h"

#include "json/text.h"
#include "store/sql.h"

namespace fermata::store {
namespace {

constexpr std::string_view kColumns =
    "tenant, job_id, job_key, actor, action, reason, request_json, state, place, rate, created_at, "
    "updated_at, completed_at, worker, worker_until";

BulkJobRow read(const Cells& cells) {
  BulkJobRow row;
  row.tenant = TenantId(cells.text(0));
  row.job_id = cells.text(1);
  row.key = cells.optional_text(2);
  row.actor = cells.text(3);
  row.action = cells.text(4);
  row.reason = cells.text(5);
  row.request = cells.json_value(6);
  row.state = cells.text(7);
  row.place = cells.text(8);
  row.rate = cells.number(9);
  row.created_at = cells.number(10);
  row.updated_at = cells.number(11);
  row.completed_at = cells.optional_number(12);
  row.worker = cells.text(13);
  row.worker_until = cells.number(14);
  return row;
}

Query select(const TenantId& tenant) {
  Query query{.tenant = tenant};
  return query.add("SELECT ").add(kColumns).add(" FROM workflow_bulk_jobs WHERE ");
}

Query of_job(std::string_view verb, const TenantId& tenant, const std::string& job_id) {
  Query query{.tenant = tenant};
  return query.add(verb).add(" WHERE tenant = ?", tenant.text).add(" AND job_id = ?", job_id);
}

}  // namespace

Result<void> BulkJobs::insert(const BulkJobRow& row) {
  Query insert{.tenant = row.tenant};
  insert.add("INSERT INTO workflow_bulk_jobs (").add(kColumns).add(") VALUES (?", row.tenant.text);
  insert.add(", ?", row.job_id)
      .add(", ?", row.key ? SqlValue(*row.key) : SqlValue(nullptr))
      .add(", ?", row.actor)
      .add(", ?", row.action)
      .add(", ?", row.reason)
      .add(", ?", json::to_text(row.request))
      .add(", ?", row.state)
      .add(", ?", row.place)
      .add(", ?", row.rate)
      .add(", ?", row.created_at)
      .add(", ?", row.updated_at)
      .add(", NULL, ?", row.worker)
      .add(", ?)", row.worker_until);
  return sql_.execute(insert);
}

Result<BulkJobRow> BulkJobs::job(const TenantId& tenant, const std::string& job_id) {
  const Query query = select(tenant).add("tenant = ?", tenant.text).add(" AND job_id = ?", job_id);
  TRY(auto found, rows_of<BulkJobRow>(sql_, query, read));
  if (!found.empty()) return std::move(found.front());
  return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no bulk job `{}`", job_id));
}

Result<std::optional<BulkJobRow>> BulkJobs::by_key(const TenantId& tenant, const std::string& key) {
  const Query query = select(tenant).add("tenant = ?", tenant.text).add(" AND job_key = ?", key);
  TRY(auto found, rows_of<BulkJobRow>(sql_, query, read));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::vector<BulkJobRow>> BulkJobs::jobs(
    const TenantId& tenant, std::size_t limit,
    const std::optional<std::pair<TimeMs, std::string>>& after) {
  Query query = select(tenant).add("tenant = ?", tenant.text);
  if (after) {
    query.add(" AND (created_at, job_id) < (CAST(? AS BIGINT)", after->first)
        .add(", ?)", after->second);
  }
  query.add(" ORDER BY created_at DESC, job_id DESC LIMIT ?", static_cast<std::int64_t>(limit));
  return rows_of<BulkJobRow>(sql_, query, read);
}

Result<std::int64_t> BulkJobs::count_open(const TenantId& tenant) {
  Query query{.tenant = tenant};
  query.add("SELECT count(*) FROM workflow_bulk_jobs WHERE tenant = ?", tenant.text)
      .add(" AND state IN ('RUNNING', 'STOPPING')");
  TRY(const auto found,
      rows_of<std::int64_t>(sql_, query, [](const Cells& cells) { return cells.number(0); }));
  return found.empty() ? 0 : found.front();
}

Result<std::vector<BulkJobRow>> BulkJobs::open_jobs(std::size_t limit) {
  const Query query =
      select(kEveryTenant)
          .add("state IN ('RUNNING', 'STOPPING') ORDER BY created_at, job_id LIMIT ?",
               static_cast<std::int64_t>(limit));
  return rows_of<BulkJobRow>(sql_, query, read);
}

Result<bool> BulkJobs::take(const BulkJobRow& job, const std::string& worker, TimeMs now,
                            TimeMs until) {
  Query update{.tenant = job.tenant};
  update.add("UPDATE workflow_bulk_jobs SET worker = ?", worker)
      .add(", worker_until = ?", until)
      .add(" WHERE tenant = ?", job.tenant.text)
      .add(" AND job_id = ?", job.job_id)
      .add(" AND (worker_until < ?", now)
      .add(" OR worker = ?)", worker);
  TRY_DO(sql_.execute(update));
  TRY(const BulkJobRow taken, this->job(job.tenant, job.job_id));
  return taken.worker == worker;
}

Result<void> BulkJobs::advance(const BulkJobRow& job) {
  Query update{.tenant = job.tenant};
  update.add("UPDATE workflow_bulk_jobs SET place = ?", job.place)
      .add(", updated_at = ?", job.updated_at)
      .add(" WHERE tenant = ?", job.tenant.text)
      .add(" AND job_id = ?", job.job_id)
      .add(" AND worker = ?", job.worker);
  return sql_.execute(update);
}

Result<void> BulkJobs::finish(const BulkJobRow& job, TimeMs now) {
  Query update{.tenant = job.tenant};
  update
      .add(
          "UPDATE workflow_bulk_jobs SET state = CASE WHEN state = 'STOPPING' THEN 'STOPPED' ELSE "
          "'DONE' END, completed_at = ?",
          now)
      .add(", updated_at = ?", now)
      .add(", worker_until = 0 WHERE tenant = ?", job.tenant.text)
      .add(" AND job_id = ?", job.job_id)
      .add(" AND worker = ?", job.worker);
  return sql_.execute(update);
}

Result<void> BulkJobs::stop(const TenantId& tenant, const std::string& job_id, TimeMs now) {
  Query update{.tenant = tenant};
  update.add("UPDATE workflow_bulk_jobs SET state = 'STOPPING', updated_at = ?", now)
      .add(" WHERE tenant = ?", tenant.text)
      .add(" AND job_id = ?", job_id)
      .add(" AND state = 'RUNNING'");
  return sql_.execute(update);
}

Result<void> BulkJobs::put_outcome(const BulkOutcomeRow& row) {
  Query insert{.tenant = row.tenant};
  insert
      .add(
          "INSERT INTO workflow_bulk_outcomes (tenant, job_id, run_id, outcome, code, created_id, "
          "at) VALUES (?",
          row.tenant.text)
      .add(", ?", row.job_id)
      .add(", ?", row.run.text)
      .add(", ?", row.outcome)
      .add(", ?", row.code)
      .add(", ?", row.created_id)
      .add(", ?) ON CONFLICT (tenant, job_id, run_id) DO NOTHING", row.at);
  return sql_.execute(insert);
}

Result<std::vector<std::string>> BulkJobs::through(const TenantId& tenant,
                                                   const std::string& job_id,
                                                   const std::vector<std::string>& runs) {
  if (runs.empty()) return std::vector<std::string>();
  const Query query = of_job("SELECT run_id FROM workflow_bulk_outcomes", tenant, job_id)
                          .add(" AND ")
                          .add_in("run_id", runs);
  return rows_of<std::string>(sql_, query, [](const Cells& cells) { return cells.text(0); });
}

Result<std::vector<BulkOutcomeRow>> BulkJobs::outcomes(const TenantId& tenant,
                                                       const std::string& job_id,
                                                       const OutcomeFilter& filter) {
  Query query = of_job("SELECT run_id, outcome, code, created_id, at FROM workflow_bulk_outcomes",
                       tenant, job_id);
  if (!filter.outcomes.empty()) query.add(" AND ").add_in("outcome", filter.outcomes);
  if (!filter.after.empty()) query.add(" AND run_id > ?", filter.after);
  query.add(" ORDER BY run_id LIMIT ?", static_cast<std::int64_t>(filter.limit));
  return rows_of<BulkOutcomeRow>(sql_, query, [&](const Cells& cells) -> BulkOutcomeRow {
    return {tenant,        job_id,        RunId(cells.text(0)), cells.text(1),
            cells.text(2), cells.text(3), cells.number(4)};
  });
}

Result<std::map<std::string, std::int64_t>> BulkJobs::counts(const TenantId& tenant,
                                                             const std::string& job_id) {
  std::map<std::string, std::int64_t> counts;
  const Query query = of_job("SELECT outcome, count(*) FROM workflow_bulk_outcomes", tenant, job_id)
                          .add(" GROUP BY outcome");
  TRY_DO(sql_.select(std::span(&query, 1), [&](std::size_t, const Cells& cells) {
    counts[cells.text(0)] = cells.number(1);
  }));
  return counts;
}

}  // namespace fermata::store
