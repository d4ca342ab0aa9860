#include "simulate/play.h"

#include "foundation/format.h"

namespace fermata::simulate {

Result<Played> play(const Script& script, const Theatre& theatre) {
  if (!script.payload.is_object()) {
    return make_error(
        ErrorKind::Invalid, "PAYLOAD_INVALID",
        format("payload: expected an object, got {}", json::type_name(script.payload)));
  }
  TRY(const Fixtures fixtures, read_fixtures(script.fixtures));
  Prepared prepared = prepare(script.definition, fixtures, theatre.offers);
  Played played{std::move(prepared.findings), std::nullopt};
  if (prepared.program == nullptr) return played;
  const definition::Program& program = *prepared.program;
  std::optional<definition::StepIndex> stop_before;
  if (script.up_to) {
    stop_before = program.step_at(StepPath(*script.up_to));
    if (!stop_before)
      return make_error(ErrorKind::NotFound, "NOT_FOUND",
                        format("there is no step at `{}`", *script.up_to),
                        "name it as findings do, such as `root.steps[0]`");
  }
  const Stage stage{.pure_actions = theatre.pure_actions,
                    .children = prepared.children,
                    .form_check = &theatre.form_check,
                    .keeps_timeline = theatre.keeps_timeline,
                    .stop_before = stop_before,
                    .limits = theatre.limits};
  played.report = simulate(prepared.program, script.payload, fixtures, stage);
  if (const auto schema = theatre.offers.schemas.payload_schema(program.payload_schema_ref)) {
    for (const std::string& problem : theatre.form_check.problems(*schema, script.payload))
      played.report->warnings.push_back("payload: " + problem);
  }
  for (const definition::Finding& finding : played.findings)
    played.report->warnings.push_back(format("{}: {}", finding.path, finding.message));
  return played;
}

}  // namespace fermata::simulate
