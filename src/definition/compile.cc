#include <map>

#include "definition/check/rules.h"
#include "definition/compile_steps.h"
#include "definition/definition.h"
#include "foundation/format.h"
#include "foundation/match.h"
#include "json/hash.h"

namespace fermata::definition {
namespace {

SequenceIndex* branch_of(StepConfig& config, std::string_view name) {
  return std::visit(
      match{[&](IfStep& step) { return name == "then" ? &step.then_branch : &step.else_branch; },
            [&](ForEachStep& step) { return &step.body; },
            [&](TryCatchStep& step) {
              if (name == "try") return &step.try_branch;
              return name == "catch" ? &step.catch_branch : &step.finally_branch;
            },
            [](auto&) { return static_cast<SequenceIndex*>(nullptr); }},
      config);
}

// The catalog of nothing: structure is judged without it.
struct NoSchemas final : SchemaCatalog {
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view) const override {
    return json::Value(nullptr);
  }
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override { return {}; }
  [[nodiscard]] std::optional<std::string> event_payload_ref(std::string_view) const override {
    return "";
  }
  [[nodiscard]] std::vector<std::string> event_names() const override { return {}; }
};

// What a published version must still satisfy to be run: its form. References were checked when it
// was published.
Result<void> check_structure(const json::Value& document, const Walk& visits,
                             const ActionCatalog& actions) {
  Report report;
  const NoSchemas schemas;
  const CheckContext context{actions, schemas, 0, std::nullopt};
  const RuleInput input{document, visits, context};
  check_document(input, report);
  if (document.is_object()) {
    check_steps(input, report);
    check_control(input, report);
    check_expressions(input, report);
    check_waits(input, report);
  }
  for (const Finding& finding : report.take()) {
    if (finding.severity == Severity::Error) {
      return make_error(ErrorKind::Invalid, "DEFINITION_INVALID",
                        format("{}: {}", finding.path, finding.message), finding.help);
    }
  }
  return {};
}

}  // namespace

Result<ProgramPtr> compile(const json::Value& document, const ActionCatalog& actions) {
  const Walk visits = walk(document);
  TRY_DO(check_structure(document, visits, actions));
  auto program = std::make_shared<Program>();
  const json::Object& top = document.get_object();
  program->hash = json::hash(document);
  program->workflow_id = WorkflowId(*json::string_at(top, "id"));
  program->version = *json::int_at(top, "version");
  program->name = *json::string_at(top, "name");
  program->run_timeout_ms = json::int_at(top, "runTimeoutMs");
  std::map<std::string, SequenceIndex, std::less<>> sequences = {{"root.steps", 0}};
  program->sequences.push_back({"root.steps", UINT32_MAX, {}});
  for (const Visit& visit : visits.visits) {
    const auto index = static_cast<StepIndex>(program->steps.size());
    Step step;
    step.kind = visit.shape->kind;
    step.id = *json::string_at(*visit.step, "id");
    step.path = StepPath(visit.path);
    step.name = json::string_at(*visit.step, "name").value_or("");
    step.sequence = sequences.find(visit.sequence)->second;
    step.position = static_cast<std::uint32_t>(visit.position);
    step.config = compile_step(visit, actions);
    program->sequences[step.sequence].steps.push_back(index);
    for (const Branch& branch : visit.shape->branches) {
      if (!visit.step->contains(branch.name)) continue;
      const auto sequence = static_cast<SequenceIndex>(program->sequences.size());
      const std::string path = visit.path + "." + std::string(branch.name) + ".steps";
      program->sequences.push_back({path, index, {}});
      sequences.emplace(path, sequence);
      *branch_of(step.config, branch.name) = sequence;
    }
    program->steps.push_back(std::move(step));
  }
  return ProgramPtr(std::move(program));
}

}  // namespace fermata::definition
