// /api/v1/bulk-jobs: one thing asked of many runs.
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "service/run_filter.h"
#include "store/bulk_jobs.h"

namespace fermata::api {
namespace {

Error invalid(const std::string& message, const std::string& help = "") {
  return make_error(ErrorKind::Invalid, "BULK_INVALID", message, help);
}

Result<json::Value> shown(const ApiParts& parts, const store::BulkJobRow& job) {
  TRY(const auto counts, parts.store.bulk().counts(job.tenant, job.job_id));
  json::Object by_outcome{{"DONE", 0}, {"SKIPPED", 0}, {"FAILED", 0}};
  std::int64_t through = 0;
  for (const auto& [outcome, count] : counts) {
    by_outcome[outcome] = count;
    through += count;
  }
  const json::Value* filter = json::find(job.request, "filter");
  const json::Value* runs = json::find(job.request, "runIds");
  const bool is_list = runs != nullptr && runs->is_array();
  return json::Value(json::Object{
      {"jobId", job.job_id},
      {"key", job.key ? json::Value(*job.key) : json::Value(nullptr)},
      {"actor", job.actor},
      {"action", job.action},
      {"reason", job.reason},
      {"filter", filter == nullptr ? json::Value(nullptr) : *filter},
      {"asked", is_list ? json::Value(runs->get_array().size()) : json::Value(nullptr)},
      {"state", job.state},
      {"ratePerSecond", job.rate},
      {"through", through},
      {"byOutcome", std::move(by_outcome)},
      {"createdAt", calendar::format_instant(job.created_at)},
      {"updatedAt", calendar::format_instant(job.updated_at)},
      {"completedAt", job.completed_at ? json::Value(calendar::format_instant(*job.completed_at))
                                       : json::Value(nullptr)}});
}

Result<json::Value> create(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Object& object = body.get_object();
  service::BulkRequest bulk;
  bulk.tenant = tenant_of(request);
  bulk.actor = request.caller.name;
  bulk.action = json::string_at(object, "action").value_or("");
  bulk.reason = json::string_at(object, "reason").value_or("");
  bulk.key = json::string_at(object, "idempotencyKey");
  bulk.rate = json::int_at(object, "ratePerSecond");
  bulk.is_latest_version = json::string_at(object, "version") == "latest";
  if (const json::Value* filter = json::find(object, "filter")) {
    if (!filter->is_object()) return invalid("filter: expected an object");
    TRY(bulk.filter, service::read_run_filter(filter->get_object()));
  }
  if (const json::Value* runs = json::find(object, "runIds")) {
    if (!runs->is_array() || runs->get_array().empty())
      return invalid("runIds: expected a list of ids that is not empty");
    for (const json::Value& run : runs->get_array()) {
      if (!run.is_string()) return invalid("runIds: expected texts");
      bulk.runs.emplace_back(run.get_string());
    }
  }
  TRY(const store::BulkJobRow job, parts.bulk.start(bulk));
  return shown(parts, job);
}

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  TRY(const std::size_t limit, limit_of(request));
  TRY(const auto after, cursor_of(request));
  TRY(const auto rows, parts.store.bulk().jobs(tenant_of(request), limit, after));
  json::Array items;
  for (const store::BulkJobRow& row : rows) {
    TRY(json::Value item, shown(parts, row));
    items.push_back(std::move(item));
  }
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == limit)
    page["nextCursor"] = cursor_text(rows.back().created_at, rows.back().job_id);
  return json::Value(std::move(page));
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  TRY(const auto job, parts.store.bulk().job(tenant_of(request), request.params.at("id")));
  return shown(parts, job);
}

Result<json::Value> stop(const ApiParts& parts, const http::Request& request) {
  TRY(const auto job, parts.bulk.stop(tenant_of(request), request.params.at("id")));
  return shown(parts, job);
}

Result<json::Value> outcomes(const ApiParts& parts, const http::Request& request) {
  TRY(const auto job, parts.store.bulk().job(tenant_of(request), request.params.at("id")));
  store::BulkJobs::OutcomeFilter filter;
  filter.outcomes = words_of(request, "outcome");
  for (const std::string& outcome : filter.outcomes) {
    if (outcome != "DONE" && outcome != "SKIPPED" && outcome != "FAILED")
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        format("outcome: there is no `{}`", outcome), "DONE, SKIPPED or FAILED");
  }
  filter.after = query_of(request, "cursor").value_or("");
  TRY(filter.limit, limit_of(request));
  TRY(const auto rows, parts.store.bulk().outcomes(job.tenant, job.job_id, filter));
  json::Array items;
  for (const store::BulkOutcomeRow& row : rows) {
    items.push_back(json::Object{{"runId", row.run.text},
                                 {"outcome", row.outcome},
                                 {"code", row.code},
                                 {"createdId", row.created_id},
                                 {"at", calendar::format_instant(row.at)}});
  }
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit) page["nextCursor"] = rows.back().run.text;
  return json::Value(std::move(page));
}

}  // namespace

void add_bulk_routes(http::Router& router, const ApiParts& parts) {
  router.add("POST", "/api/v1/bulk-jobs",
             [&parts](const http::Request& r) { return answer(create(parts, r), 202); });
  router.add("GET", "/api/v1/bulk-jobs",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("GET", "/api/v1/bulk-jobs/{id}",
             [&parts](const http::Request& r) { return answer(show(parts, r)); });
  router.add("GET", "/api/v1/bulk-jobs/{id}/outcomes",
             [&parts](const http::Request& r) { return answer(outcomes(parts, r)); });
  router.add("POST", "/api/v1/bulk-jobs/{id}/stop",
             [&parts](const http::Request& r) { return answer(stop(parts, r), 202); });
}

}  // namespace fermata::api
