#include "service/run_policy.h"

namespace fermata::service {

RunPolicy RunPolicy::from_json(const json::Value& written) {
  RunPolicy policy;
  if (!written.is_object()) return policy;
  const json::Object& object = written.get_object();
  policy.auto_pause = json::bool_at(object, "autoPause").value_or(policy.auto_pause);
  policy.failure_percent = json::int_at(object, "failurePercent").value_or(policy.failure_percent);
  policy.runs_min = json::int_at(object, "runsMin").value_or(policy.runs_min);
  policy.retention_days = json::int_at(object, "retentionDays");
  policy.counts_from = json::int_at(object, "countsFrom").value_or(policy.counts_from);
  return policy;
}

json::Value RunPolicy::to_json() const {
  json::Object written{{"autoPause", auto_pause},
                       {"failurePercent", failure_percent},
                       {"runsMin", runs_min},
                       {"countsFrom", counts_from}};
  if (retention_days) written["retentionDays"] = *retention_days;
  return json::Value(std::move(written));
}

bool must_pause(const RunPolicy& policy, const Endings& endings) {
  const std::int64_t ended = endings.succeeded + endings.failed;
  return policy.auto_pause && endings.failed > 0 && ended >= policy.runs_min &&
         endings.failed * 100 >= policy.failure_percent * ended;
}

}  // namespace fermata::service
