// Commands that need no server: validate, complete, explain.
#include <algorithm>
#include <cstdio>

#include "api/embedded.h"
#include "api/render.h"
#include "cli/commands.h"
#include "cli/host.h"
#include "foundation/format.h"
#include "json/text.h"
#include "service/catalog.h"
#include "service/schemas.h"

namespace fermata::cli {
std::string line_of(const std::string& file, const definition::Finding& finding) {
  std::string line = format("{}: {}: {} ({})\n", file, finding.path, finding.message, finding.code);
  if (!finding.help.empty()) line += "  help: " + finding.help + "\n";
  return line;
}

int report(const Error& error) {
  std::string text = "fermata: " + error.message + " (" + error.code + ")\n";
  if (!error.help.empty()) text += "  help: " + error.help + "\n";
  std::fputs(text.c_str(), stderr);
  return error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::Internal ? 3 : 1;
}

int run_validate(const ValidateOptions& options) {
  const auto log = make_log("warn");
  const actions::ActionRegistry actions = make_actions({}, *log);
  const service::BuiltInSchemas schemas;
  const SystemClock clock;
  int code = 0;
  for (const std::string& file : options.files) {
    const auto document = read_document_file(file);
    if (!document.has_value()) {
      code = std::max(code, report(document.error()));
      continue;
    }
    const definition::Checked checked =
        definition::check(*document, {actions, schemas, clock.now(), std::nullopt});
    if (checked.program == nullptr) code = std::max(code, 1);
    json::Array findings;
    for (const definition::Finding& finding : checked.findings) {
      findings.push_back(api::render(finding));
      if (options.prints_json) continue;
      std::fputs(line_of(file, finding).c_str(), stdout);
    }
    if (options.prints_json) {
      std::puts(json::to_text(json::Object{{"file", file},
                                           {"valid", checked.program != nullptr},
                                           {"hash", checked.hash},
                                           {"findings", std::move(findings)}})
                    .c_str());
    } else if (checked.program != nullptr) {
      std::puts(format("{}: valid, {} steps", file, checked.program->steps.size()).c_str());
    }
  }
  return code;
}

int run_complete(const CompleteOptions& options) {
  const auto log = make_log("warn");
  const actions::ActionRegistry actions = make_actions({}, *log);
  const service::BuiltInSchemas schemas;
  const SystemClock clock;
  const auto document = read_document_file(options.definition);
  if (!document.has_value()) return report(document.error());
  definition::CompletionQuery query{options.path, options.offset, std::nullopt};
  if (!options.source.empty()) query.source = options.source;
  const auto made =
      definition::complete(*document, {actions, schemas, clock.now(), std::nullopt}, query);
  if (!made.has_value()) return report(made.error());
  if (options.prints_json) {
    std::puts(json::to_text(api::render(*made)).c_str());
    return 0;
  }
  for (const definition::Suggestion& item : made->items)
    std::puts(format("{}\t{}\t{}{}", item.text, item.kind, item.type,
                     item.may_be_missing ? ", may be missing" : "")
                  .c_str());
  return 0;
}

int run_explain(const ExplainOptions& options) {
  const auto page = api::error_page(options.code);
  if (!page)
    return report(make_error(ErrorKind::NotFound, "NOT_FOUND",
                             format("there is no error code `{}`", options.code)));
  std::fwrite(page->data(), 1, page->size(), stdout);
  return 0;
}

}  // namespace fermata::cli
