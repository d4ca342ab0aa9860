#include "service/wait_filters.h"

#include <set>
#include <vector>

#include "interpreter/steps.h"

namespace fermata::service {
namespace {

// A row names its step's filters (interpreter/steps/event_wait.cc). One without a word of them may
// have some.
bool has_filters(const projection::WaitRow& wait) {
  const json::Value* filters = wait.payload ? json::find(*wait.payload, "filters") : nullptr;
  return filters == nullptr || !filters->is_array() || !filters->get_array().empty();
}

}  // namespace

const definition::EventWaitStep* event_step_of(const projection::WaitRow& wait,
                                               const definition::Program& program) {
  const auto index = program.step_at(StepPath(wait.step_path));
  return index ? std::get_if<definition::EventWaitStep>(&program.steps[*index].config) : nullptr;
}

Result<WaitFilters> WaitFilters::load(store::EventStore& store, DefinitionSource& definitions,
                                      std::span<const projection::WaitRow* const> waits) {
  WaitFilters made;
  std::set<std::string> ids;
  for (const projection::WaitRow* wait : waits)
    if (has_filters(*wait)) ids.insert(wait->run_id.text);
  if (ids.empty()) return made;
  std::vector<RunId> runs;
  for (const std::string& id : ids) runs.emplace_back(id);
  TRY(const auto versions, store.versions_of(runs));
  for (const store::RunVersion& run : versions) {
    auto program = definitions.load({run.tenant, run.workflow_id, run.version, run.hash});
    if (program.has_value()) made.programs_.emplace(run.run_id.text, *std::move(program));
  }
  return made;
}

const definition::EventFilter* WaitFilters::refusal(const projection::WaitRow& wait,
                                                    const json::Value& payload) const {
  const auto program = programs_.find(wait.run_id.text);
  if (program == programs_.end()) return nullptr;
  const definition::EventWaitStep* step = event_step_of(wait, *program->second);
  return step == nullptr ? nullptr : interpreter::first_refusal(*step, payload);
}

}  // namespace fermata::service
