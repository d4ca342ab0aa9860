// simulate: a definition, a payload and fixtures, played without a server.
#include <cstdio>

#include "cli/commands.h"
#include "cli/host.h"
#include "json/text.h"
#include "service/form_check.h"
#include "service/schemas.h"
#include "simulate/play.h"
#include "simulate/render.h"

namespace fermata::cli {
namespace {

Result<simulate::Played> play(const SimulateOptions& options) {
  simulate::Script script;
  TRY(script.definition, read_document_file(options.definition));
  script.payload = json::Object{};
  if (!options.input.empty()) {
    TRY(script.payload, read_document_file(options.input));
  }
  if (!options.fixtures.empty()) {
    TRY(script.fixtures, read_document_file(options.fixtures));
  }
  if (!options.up_to.empty()) script.up_to = options.up_to;
  const auto log = make_log("warn");
  const actions::ActionRegistry actions = make_actions({}, *log);
  const service::BuiltInSchemas schemas;
  const service::SchemaFormCheck forms;
  return simulate::play(script, {.offers = {actions, schemas},
                                 .pure_actions = actions,
                                 .form_check = forms,
                                 .keeps_timeline = !options.prints_json});
}

}  // namespace

int run_simulate(const SimulateOptions& options) {
  const auto played = play(options);
  if (!played.has_value()) return cli::report(played.error());
  if (!played->report) {
    if (options.prints_json) {
      std::puts(json::to_text(simulate::invalid_json(played->findings)).c_str());
    } else {
      for (const definition::Finding& finding : played->findings)
        std::fputs(line_of(options.definition, finding).c_str(), stdout);
    }
    return 1;
  }
  const std::string text = options.prints_json
                               ? json::to_text(simulate::to_json(*played->report)) + "\n"
                               : simulate::timeline_text(*played->report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace fermata::cli
