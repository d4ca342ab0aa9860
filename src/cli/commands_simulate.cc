// simulate: a definition, a payload and fixtures, played without a server.
#include <cstdio>

#include "cli/commands.h"
#include "cli/form_check.h"
#include "cli/host.h"
#include "foundation/format.h"
#include "json/text.h"
#include "service/schemas.h"
#include "simulate/prepare.h"
#include "simulate/render.h"

namespace fermata::cli {
namespace {

Result<simulate::Report> play(const SimulateOptions& options, simulate::Prepared& prepared) {
  TRY(const json::Value document, read_document_file(options.definition));
  json::Value payload = json::Object{};
  if (!options.input.empty()) {
    TRY(payload, read_document_file(options.input));
  }
  if (!payload.is_object()) {
    return make_error(ErrorKind::Invalid, "PAYLOAD_INVALID",
                      format("payload: expected an object, got {}", json::type_name(payload)));
  }
  json::Value written;
  if (!options.fixtures.empty()) {
    TRY(written, read_document_file(options.fixtures));
  }
  TRY(const simulate::Fixtures fixtures, simulate::read_fixtures(written));
  const auto log = make_log("warn");
  const actions::ActionRegistry actions = make_actions({}, *log);
  const service::BuiltInSchemas schemas;
  prepared = simulate::prepare(document, fixtures, {actions, schemas});
  if (prepared.program == nullptr) return simulate::Report{};
  const SchemaFormCheck forms;
  const simulate::Stage stage{.pure_actions = actions,
                              .children = prepared.children,
                              .form_check = &forms,
                              .keeps_timeline = !options.prints_json};
  simulate::Report report = simulate::simulate(prepared.program, payload, fixtures, stage);
  for (const definition::Finding& finding : prepared.findings)
    report.warnings.push_back(format("{}: {}", finding.path, finding.message));
  return report;
}

}  // namespace

int run_simulate(const SimulateOptions& options) {
  simulate::Prepared prepared;
  const auto report = play(options, prepared);
  if (!report.has_value()) return cli::report(report.error());
  if (prepared.program == nullptr) {
    if (options.prints_json) {
      std::puts(json::to_text(simulate::invalid_json(prepared.findings)).c_str());
    } else {
      for (const definition::Finding& finding : prepared.findings)
        std::fputs(line_of(options.definition, finding).c_str(), stdout);
    }
    return 1;
  }
  const std::string text = options.prints_json ? json::to_text(simulate::to_json(*report)) + "\n"
                                               : simulate::timeline_text(*report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace fermata::cli
