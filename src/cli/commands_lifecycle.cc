// workflows, export, import, secrets, kv: what lives longer than a run.
#include <cstdio>
#include <iostream>
#include <iterator>

#include "cli/client.h"
#include "cli/host.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::cli {
namespace {

std::string workflow_path(const std::string& id, std::string_view rest = "") {
  return format("/api/v1/workflows/{}{}", percent_encode(id), rest);
}

}  // namespace

int run_workflow_get(const TargetOptions& target, std::string_view rest) {
  return print(call(target.server, {"GET", workflow_path(target.id, rest), ""}));
}

int run_workflow_post(const TargetOptions& target, std::string_view rest) {
  return print(call(target.server, {"POST", workflow_path(target.id, rest), "{}"}));
}

int run_workflows_list(const TargetOptions& target) {
  return print(call(target.server, {"GET", "/api/v1/workflows", ""}));
}

int run_workflow_delete(const TargetOptions& target) {
  return print(call(target.server, {"DELETE", workflow_path(target.id), ""}));
}

int run_workflow_diff(const DiffOptions& options) {
  return print(
      call(options.server, {"GET",
                            workflow_path(options.id, "/diff?from=") +
                                percent_encode(options.from) + "&to=" + percent_encode(options.to),
                            ""}));
}

int run_draft_save(const DraftOptions& options) {
  const auto document = read_document_file(options.file);
  if (!document.has_value()) return report(document.error());
  if (!document->is_object())
    return report(make_error(ErrorKind::Invalid, "BODY_NOT_OBJECT", "a definition is an object"));
  json::Object body{{"definition", *document}};
  if (options.expected >= 0) body["expectedDraftVersion"] = options.expected;
  if (!options.schema_mode.empty()) body["payloadSchemaMode"] = options.schema_mode;
  const std::string id = json::string_at(document->get_object(), "id").value_or("");
  return print(call(options.server, {"PUT", workflow_path(id, "/draft"), json::to_text(body)}));
}

int run_export(const ExportOptions& options) {
  std::string ids;
  for (const std::string& id : options.ids) ids += (ids.empty() ? "" : ",") + percent_encode(id);
  return print(call(options.server,
                    {"GET", "/api/v1/bundle" + (ids.empty() ? "" : "?workflows=" + ids), ""}));
}

int run_import(const TargetOptions& target) {
  const auto text = read_file(target.id, limits::kHttpBodyBytesMax);
  if (!text.has_value()) return report(text.error());
  return print(call(target.server, {"POST", "/api/v1/bundle", *text}));
}

int run_secrets_list(const TargetOptions& target) {
  return print(call(target.server, {"GET", "/api/v1/secrets", ""}));
}

// The value comes from standard input, so that no list of processes and no history of a shell has
// it.
int run_secret_set(const SecretOptions& options) {
  std::string value{std::istreambuf_iterator<char>(std::cin), {}};
  if (!value.empty() && value.back() == '\n') value.pop_back();
  const json::Object body{{"value", value}, {"description", options.description}};
  return print(call(options.server, {"PUT", "/api/v1/secrets/" + percent_encode(options.name),
                                     json::to_text(body)}));
}

int run_secret_delete(const TargetOptions& target) {
  return print(call(target.server, {"DELETE", "/api/v1/secrets/" + percent_encode(target.id), ""}));
}

int run_kv(const KeyValueOptions& options, std::string_view verb) {
  const std::string space = "/api/v1/store/" + percent_encode(options.space);
  const std::string path = space + "/" + percent_encode(options.key);
  if (verb == "list")
    return print(call(options.server,
                      {"GET", space + "?limit=500&prefix=" + percent_encode(options.key), ""}));
  if (verb == "get") return print(call(options.server, {"GET", path, ""}));
  const std::string expected = options.expected < 0 ? "" : format("{}", options.expected);
  if (verb == "delete")
    return print(
        call(options.server,
             {"DELETE", path + (expected.empty() ? "" : "?expectedRevision=" + expected), ""}));
  const auto value = json::parse(options.value);
  json::Object body{{"value", value.has_value() ? *value : json::Value(options.value)}};
  if (options.expected >= 0) body["expectedRevision"] = options.expected;
  return print(call(options.server, {"PUT", path, json::to_text(body)}));
}

}  // namespace fermata::cli
