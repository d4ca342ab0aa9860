// What operators set on workflows, their clocks, calendars; what would wake a run.
#include <charconv>
#include <cmath>

#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "service/run_policy.h"

namespace fermata::api {
namespace {

constexpr std::size_t kPreviewMax = 100;

std::string offset_text(std::int64_t offset_ms) {
  const std::int64_t minutes = (offset_ms < 0 ? -offset_ms : offset_ms) / 60'000;
  return format("{}{:02}:{:02}", offset_ms < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

json::Value instant(const std::optional<TimeMs>& at) {
  return at ? json::Value(calendar::format_instant(*at)) : json::Value(nullptr);
}

json::Array render(const std::vector<service::Clocks::Preview>& fires) {
  json::Array items;
  for (const auto& fire : fires) {
    // 2026-03-29T03:30:00.000Z, as local clocks show it.
    std::string local = calendar::format_instant(fire.at + fire.offset_ms);
    local.replace(local.size() - 5, 5, offset_text(fire.offset_ms));
    json::Object item{{"at", calendar::format_instant(fire.at)}, {"local", local}};
    if (!fire.skipped.empty()) item["skipped"] = fire.skipped;
    items.push_back(std::move(item));
  }
  return items;
}

json::Value render(const store::FireRow& row) {
  return json::Object{{"fireKey", row.fire_key},
                      {"scheduledFor", calendar::format_instant(row.scheduled_for)},
                      {"outcome", row.outcome},
                      {"reason", row.reason},
                      {"runId", row.run_id ? json::Value(*row.run_id) : json::Value(nullptr)},
                      {"workflowVersion", row.workflow_version},
                      {"firedAt", instant(row.fired_at)},
                      {"recordedAt", calendar::format_instant(row.recorded_at)}};
}

json::Value render_settings(const store::DefinitionRow& row) {
  const auto number = [](const std::optional<std::int64_t>& value) {
    return value ? json::Value(*value) : json::Value(nullptr);
  };
  const auto policy = service::RunPolicy::from_json(row.settings.policy);
  return json::Object{{"workflowId", row.workflow_id.text},
                      {"paused", row.settings.paused_at.has_value()},
                      {"pausedAt", instant(row.settings.paused_at)},
                      {"concurrencyLimit", number(row.settings.concurrency_limit)},
                      {"autoPauseOnFailure", policy.auto_pause},
                      {"failureRateThreshold", static_cast<double>(policy.failure_percent) / 100},
                      {"failureRateMinRuns", policy.runs_min},
                      {"retentionDays", number(policy.retention_days)}};
}

// What was asked to be done about the workflow's runs, with what the body changes of it.
Result<service::RunPolicy> policy_of(const json::Value& body, const json::Value& known) {
  service::RunPolicy policy = service::RunPolicy::from_json(known);
  const auto wrong = [](const char* message) {
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", message);
  };
  if (const json::Value* wanted = json::find(body, "autoPauseOnFailure")) {
    if (!wanted->is_bool()) return wrong("autoPauseOnFailure: expected true or false");
    policy.auto_pause = wanted->get_bool();
  }
  if (const json::Value* wanted = json::find(body, "failureRateThreshold")) {
    const double share = wanted->is_number() ? wanted->to_number<double>() : -1;
    if (!(share >= 0.01 && share <= 1))
      return wrong("failureRateThreshold: expected a number from 0.01 to 1");
    policy.failure_percent = std::lround(share * 100);
  }
  if (const json::Value* wanted = json::find(body, "failureRateMinRuns")) {
    constexpr std::int64_t kMost = 1'000;
    if (!wanted->is_int64() || wanted->get_int64() < 1 || wanted->get_int64() > kMost)
      return wrong("failureRateMinRuns: expected a number from 1 to 1000");
    policy.runs_min = wanted->get_int64();
  }
  if (const json::Value* wanted = json::find(body, "retentionDays")) {
    constexpr std::int64_t kMost = 36'500;
    const bool is_days =
        wanted->is_int64() && wanted->get_int64() >= 1 && wanted->get_int64() <= kMost;
    if (!wanted->is_null() && !is_days)
      return wrong("retentionDays: expected a number from 1 to 36500, or null");
    policy.retention_days = wanted->is_null() ? std::nullopt : std::optional(wanted->get_int64());
  }
  return policy;
}

Result<std::size_t> count_of(const http::Request& request) {
  const auto text = query_of(request, "count");
  std::size_t count = 10;
  if (text && (std::from_chars(text->data(), text->data() + text->size(), count).ptr !=
                   text->data() + text->size() ||
               count < 1 || count > kPreviewMax))
    return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                      format("count: expected a number from 1 to {}", kPreviewMax));
  return count;
}

WorkflowId workflow_of(const http::Request& request) {
  return WorkflowId(request.params.at("id"));
}

Result<json::Value> settings(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.definition(tenant_of(request), workflow_of(request)));
  return render_settings(row);
}

// What is left out stays, null takes a limit away.
Result<json::Value> put_settings(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const auto row, parts.store.definition(tenant_of(request), workflow_of(request)));
  store::WorkflowSettings wanted = row.settings;
  if (const json::Value* paused = json::find(body, "paused")) {
    if (!paused->is_bool())
      return make_error(ErrorKind::Invalid, "QUERY_INVALID", "paused: expected true or false");
    if (!paused->get_bool()) wanted.paused_at.reset();
    if (paused->get_bool() && !wanted.paused_at) wanted.paused_at = parts.clock.now();
    if (!paused->get_bool() && row.settings.paused_at && !row.archived_at)
      TRY_DO(parts.clocks.note_skipped(row, *row.settings.paused_at, "the workflow is paused"));
  }
  if (const json::Value* limit = json::find(body, "concurrencyLimit")) {
    if (!limit->is_null() && (!limit->is_int64() || limit->get_int64() < 1))
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        "concurrencyLimit: expected a number from 1, or null");
    wanted.concurrency_limit = limit->is_null() ? std::nullopt : std::optional(limit->get_int64());
  }
  TRY(service::RunPolicy policy, policy_of(body, row.settings.policy));
  // Whoever lets it go on, or makes another rule, has seen what was before.
  const bool is_resumed = row.settings.paused_at && !wanted.paused_at;
  if (is_resumed ||
      policy.to_json() != service::RunPolicy::from_json(row.settings.policy).to_json()) {
    policy.counts_from = parts.clock.now();
    wanted.policy = policy.to_json();
  }
  TRY_DO(parts.store.put_settings(tenant_of(request), row.workflow_id, wanted));
  TRY(const auto now, parts.store.definition(tenant_of(request), row.workflow_id));
  return render_settings(now);
}

// Of a clock that fires once: what became of the fire that it is now published for.
const store::FireRow* the_fire(const store::DefinitionRow& row, const store::FireRow* last) {
  const bool is_its = last != nullptr && row.trigger_type == "schedule" &&
                      last->workflow_version == row.published_version;
  return is_its ? last : nullptr;
}

bool is_failed(const store::FireRow& fire) {
  return fire.outcome == "FAILED" || fire.outcome == "MISSED";
}

std::string_view clock_status(const store::DefinitionRow& row, const store::FireRow* last,
                              bool is_past) {
  if (row.schedule_error) return "FAILED";
  const store::FireRow* fire = is_past ? the_fire(row, last) : nullptr;
  if (fire != nullptr && fire->outcome != "HELD") return is_failed(*fire) ? "FAILED" : "COMPLETED";
  return row.settings.paused_at ? "PAUSED" : "SCHEDULED";
}

json::Value clock_error(const store::DefinitionRow& row, const store::FireRow* last) {
  if (row.schedule_error) return *row.schedule_error;
  const store::FireRow* fire = the_fire(row, last);
  if (fire == nullptr || !is_failed(*fire)) return nullptr;
  return json::Object{{"code", fire->outcome}, {"message", fire->reason}};
}

// Whether the schedule in Temporal is what was published and set.
bool is_synced(const store::DefinitionRow& row) {
  return row.schedule_version == (row.has_clock() ? row.published_version : 0);
}

Result<json::Value> show_clock(const ApiParts& parts, const http::Request& request) {
  TRY(const std::size_t count, count_of(request));
  TRY(const auto row, parts.store.definition(tenant_of(request), workflow_of(request)));
  TRY(const auto program,
      parts.definitions.load({tenant_of(request), row.workflow_id, row.published_version, ""}));
  if (!program->trigger)
    return make_error(ErrorKind::Invalid, "TRIGGER_NO_CLOCK", "the workflow has no clock");
  const auto next =
      parts.clocks.preview(tenant_of(request), *program->trigger, {parts.clock.now(), count});
  if (!next.has_value() && next.error().kind == ErrorKind::Unavailable) return next.error();
  TRY(const auto fires, parts.store.fires(tenant_of(request), row.workflow_id, 1));
  const store::FireRow* last = fires.empty() ? nullptr : &fires.front();
  // A calendar that is not there keeps fires from being launched, and nobody from asking why.
  const bool is_sound = next.has_value();
  const json::Value error =
      is_sound ? clock_error(row, last)
               : json::Object{{"code", next.error().code}, {"message", next.error().message}};
  return json::Value(
      json::Object{{"workflowId", row.workflow_id.text},
                   {"triggerType", row.trigger_type},
                   {"status", is_sound ? clock_status(row, last, next->empty()) : "FAILED"},
                   {"synced", is_synced(row)},
                   {"error", error},
                   {"lastFire", last == nullptr ? json::Value(nullptr) : render(*last)},
                   {"nextFires", is_sound ? render(*next) : json::Array{}}});
}

Result<json::Value> list_fires(const ApiParts& parts, const http::Request& request) {
  TRY(const std::size_t limit, limit_of(request));
  TRY(const auto rows, parts.store.fires(tenant_of(request), workflow_of(request), limit));
  json::Array items;
  for (const store::FireRow& row : rows) items.push_back(render(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

// ?cron=&timezone=&after=&count=&dayFilter=&calendar=
Result<json::Value> preview(const ApiParts& parts, const http::Request& request) {
  TRY(const std::size_t count, count_of(request));
  definition::RecurringTrigger trigger;
  trigger.cron = query_of(request, "cron").value_or("");
  trigger.timezone = query_of(request, "timezone").value_or("UTC");
  trigger.calendar = query_of(request, "calendar").value_or("");
  const std::string days = query_of(request, "dayFilter").value_or("any");
  trigger.day_filter = days == "business"      ? definition::DayFilter::Business
                       : days == "nonBusiness" ? definition::DayFilter::NonBusiness
                                               : definition::DayFilter::Any;
  std::optional<TimeMs> after = parts.clock.now();
  if (const auto text = query_of(request, "after")) after = calendar::parse_instant(*text);
  if (!after)
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", "after: expected an ISO 8601 instant");
  TRY(const auto fires, parts.clocks.preview(tenant_of(request), trigger, {*after, count}));
  return json::Value(json::Object{{"items", render(fires)}});
}

Result<json::Value> put_calendar(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY_DO(service::read_calendar(body));
  const std::string name = request.params.at("name");
  TRY_DO(parts.store.put_calendar({tenant_of(request), name, body, parts.clock.now()}));
  return json::Value(json::Object{{"name", name}, {"calendar", body}});
}

Result<json::Value> list_calendars(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.store.calendars(tenant_of(request)));
  json::Array items;
  for (const store::CalendarRow& row : rows)
    items.push_back(json::Object{{"name", row.name}, {"calendar", row.calendar}});
  return json::Value(json::Object{{"items", std::move(items)}});
}

}  // namespace

void add_clock_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/workflows/{id}/settings",
             [&parts](const http::Request& r) { return answer(settings(parts, r)); });
  router.add("PUT", "/api/v1/workflows/{id}/settings",
             [&parts](const http::Request& r) { return answer(put_settings(parts, r)); });
  router.add("GET", "/api/v1/workflows/{id}/clock",
             [&parts](const http::Request& r) { return answer(show_clock(parts, r)); });
  router.add("GET", "/api/v1/workflows/{id}/fires",
             [&parts](const http::Request& r) { return answer(list_fires(parts, r)); });
  router.add("GET", "/api/v1/clocks/preview",
             [&parts](const http::Request& r) { return answer(preview(parts, r)); });
  router.add("GET", "/api/v1/calendars",
             [&parts](const http::Request& r) { return answer(list_calendars(parts, r)); });
  router.add("PUT", "/api/v1/calendars/{name}",
             [&parts](const http::Request& r) { return answer(put_calendar(parts, r)); });
}

}  // namespace fermata::api
