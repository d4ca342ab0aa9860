// What clocks make up for: fires that were due and that nothing fired. Temporal makes up for them
// itself when it was away; it cannot when it had no schedule yet, or has it no more, or when the
// fire's own workflow waits for a worker. The fire key makes one of whoever comes first.
#include <algorithm>
#include <set>

#include "calendar/instant.h"
#include "foundation/format.h"
#include "service/clocks.h"

namespace fermata::service {
namespace {

std::string why_missed(const store::DefinitionRow& workflow) {
  const auto& refused = workflow.schedule_error;
  const auto why = refused && refused->is_object()
                       ? json::string_at(refused->get_object(), "message")
                       : std::nullopt;
  return why ? format("its schedule was refused: {}", *why)
             : std::string("nothing could fire it within the catch-up time");
}

}  // namespace

TimeMs counts_since(const store::VersionRow& version) {
  const auto text = version.notes.is_object()
                        ? json::string_at(version.notes.get_object(), "importedAt")
                        : std::nullopt;
  const auto imported = text ? calendar::parse_instant(*text) : std::nullopt;
  return std::max(version.published_at, imported.value_or(version.published_at));
}

Result<std::size_t> Clocks::catch_up() {
  TRY(const auto workflows, parts_.store.scheduled_workflows());
  std::size_t noted = 0;
  for (const store::DefinitionRow& workflow : workflows) {
    const auto one = catch_up_of(workflow);
    if (one.has_value()) noted += *one;
    // What is wrong with one holds no other; what is away is away for all.
    if (!one.has_value() && one.error().kind == ErrorKind::Unavailable) return one.error();
  }
  return noted;
}

Result<std::vector<Clocks::Preview>> Clocks::unknown_fires(const store::DefinitionRow& workflow,
                                                           const definition::Trigger& trigger,
                                                           TimeMs after) {
  constexpr std::size_t kLookBack = 50;
  TRY(const auto fires, parts_.store.fires(workflow.tenant, workflow.workflow_id, kLookBack));
  std::set<TimeMs> known;
  for (const store::FireRow& row : fires) known.insert(row.scheduled_for);
  if (fires.size() == kLookBack) after = std::max(after, fires.back().scheduled_for);
  TRY(auto due, preview(workflow.tenant, trigger, {after, 2 * kLookBack, parts_.clock.now()}));
  std::erase_if(due, [&](const Preview& fire) { return known.contains(fire.at); });
  return due;
}

Result<std::size_t> Clocks::catch_up_of(const store::DefinitionRow& workflow) {
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load(
          {workflow.tenant, workflow.workflow_id, workflow.published_version, ""}));
  if (!has_clock(*program)) return std::size_t{0};
  const definition::Trigger& trigger = *program->trigger;
  TRY(const store::VersionRow version,
      parts_.store.version(workflow.tenant, workflow.workflow_id, workflow.published_version));
  TRY(const auto due, unknown_fires(workflow, trigger, counts_since(version)));
  const TimeMs now = parts_.clock.now();
  const auto& paused_at = workflow.settings.paused_at;
  std::vector<store::FireRow> rows;
  std::size_t made = 0;
  TRY(const std::size_t retried, retry_failed(workflow, now - catch_up_ms(trigger)));
  for (const Preview& fire : due) {
    // Until then it is Temporal's.
    if (fire.at > now - kLateMs) break;
    const bool is_paused = paused_at && fire.at > *paused_at;
    const bool is_over = fire.at < now - catch_up_ms(trigger);
    if (is_paused || is_over || !fire.skipped.empty()) {
      rows.push_back(unmade(workflow, fire.at));
      rows.back().outcome = is_paused || !fire.skipped.empty() ? "SKIPPED" : "MISSED";
      rows.back().reason = is_paused              ? "the workflow is paused"
                           : fire.skipped.empty() ? why_missed(workflow)
                                                  : fire.skipped;
    } else if (!workflow.schedule_error) {
      TRY(const json::Value fired,
          this->fire({workflow.tenant, workflow.workflow_id, fire_time_text(fire.at)}));
      ++made;
    }
  }
  if (!rows.empty()) TRY_DO(parts_.store.put_fires(rows));
  // Temporal did not fire: its schedule may be gone.
  if (made > 0) TRY_DO(sync_one(workflow));
  return rows.size() + made + retried;
}

Result<std::size_t> Clocks::retry_failed(const store::DefinitionRow& workflow, TimeMs since) {
  constexpr std::size_t kPerRound = 50;
  std::size_t launched = 0;
  if (workflow.settings.paused_at) return launched;
  TRY(const auto failed,
      parts_.store.failed_fires({workflow.tenant, workflow.workflow_id, since}, kPerRound));
  for (const store::FireRow& row : failed) {
    TRY(const store::FireRow again,
        fire_as({row.tenant, row.workflow_id, fire_time_text(row.scheduled_for)},
                Patience::UntilCaughtUp));
    // What is wrong with one is wrong with those that follow.
    if (again.outcome == "FAILED") break;
    ++launched;
  }
  return launched;
}

Result<void> Clocks::note_skipped(const store::DefinitionRow& workflow, TimeMs since,
                                  const std::string& reason) {
  if (workflow.published_version == 0) return {};
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load(
          {workflow.tenant, workflow.workflow_id, workflow.published_version, ""}));
  if (!has_clock(*program)) return {};
  TRY(const store::VersionRow version,
      parts_.store.version(workflow.tenant, workflow.workflow_id, workflow.published_version));
  // Two months of a fire each five minutes; the sweep has noted most of them long ago.
  constexpr int kRoundsMax = 200;
  for (int round = 0; round < kRoundsMax; ++round) {
    const auto found =
        unknown_fires(workflow, *program->trigger, std::max(since, counts_since(version)));
    if (!found.has_value() && found.error().kind == ErrorKind::Unavailable) return found.error();
    // A calendar that is gone keeps nobody from ending a pause.
    if (!found.has_value() || found->empty()) break;
    std::vector<store::FireRow> rows;
    for (const Preview& fire : *found) {
      rows.push_back(unmade(workflow, fire.at));
      rows.back().outcome = "SKIPPED";
      rows.back().reason = reason;
    }
    TRY_DO(parts_.store.put_fires(rows));
  }
  return {};
}

store::FireRow Clocks::unmade(const store::DefinitionRow& workflow, TimeMs at) const {
  store::FireRow row;
  row.tenant = workflow.tenant;
  row.workflow_id = workflow.workflow_id;
  row.fire_key = fire_key({workflow.tenant, workflow.workflow_id, fire_time_text(at)});
  row.scheduled_for = at;
  row.workflow_version = workflow.published_version;
  row.recorded_at = parts_.clock.now();
  return row;
}

}  // namespace fermata::service
