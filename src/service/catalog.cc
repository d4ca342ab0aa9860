#include "service/catalog.h"

#include <algorithm>
#include <set>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "json/text.h"
#include "json/walk.h"
#include "service/schemas.h"

namespace fermata::service {
namespace {

// Another publisher was faster with the same number: the next one is tried.
constexpr int kPublishTries = 5;

std::string name_of(const json::Value& document) {
  return json::string_at(document.get_object(), "name").value_or("");
}

// Where the payload's schema comes from when it is not written down: the event that starts it.
struct Inferred {
  std::string ref;  // empty: see the finding
  std::string source;
  definition::Finding finding;
};
Inferred infer_schema(const json::Value& document, const StoredSchemas& schemas) {
  const auto failed = [](std::string message, std::string help) {
    return Inferred{"",
                    "",
                    {"root.payloadSchemaRef", definition::Severity::Error,
                     "PAYLOAD_SCHEMA_NOT_INFERRED", std::move(message), std::move(help)}};
  };
  const json::Value* trigger = json::find(document, "trigger");
  const json::Object none;
  const json::Object& object =
      trigger != nullptr && trigger->is_object() ? trigger->get_object() : none;
  if (json::string_at(object, "type") != "event")
    return failed("a payload schema is inferred from an event trigger, and there is none",
                  "give the workflow an event trigger, or choose the schema mode `pinned`");
  if (const auto ref = json::string_at(object, "sourcePayloadSchemaRef"))
    return {*ref, "trigger", {}};
  const std::string event = json::string_at(object, "eventName").value_or("");
  if (const auto ref = schemas.event_payload_ref(event)) return {*ref, "event:" + event, {}};
  return failed(format("the event `{}` has no payload schema", event),
                "register the event type with a payload schema first");
}

}  // namespace

Result<void> check_definition_size(const json::Value& definition) {
  if (json::text_bytes(definition) <= limits::kDefinitionBytesMax) return {};
  return make_error(ErrorKind::TooLarge, "DEFINITION_TOO_LARGE",
                    format("a definition has at most {} bytes", limits::kDefinitionBytesMax));
}

store::TriggerKey trigger_key_of(const definition::Program& program) {
  if (!program.trigger) return {};
  if (const auto* event = std::get_if<definition::EventTrigger>(&*program.trigger))
    return {"event", event->event_name};
  const bool is_once = std::holds_alternative<definition::ScheduleTrigger>(*program.trigger);
  return {is_once ? "schedule" : "recurring", ""};
}

std::vector<std::string> called_workflows(const json::Value& definition) {
  std::set<std::string> found;
  json::each_object(definition, [&](const json::Object& object) {
    if (json::string_at(object, "type") == "control.callWorkflow")
      found.insert(json::string_at(object, "workflowId").value_or(""));
  });
  return {found.begin(), found.end()};
}

Result<definition::Completion> Catalog::complete(const TenantId& tenant,
                                                 const json::Value& document,
                                                 const definition::CompletionQuery& query) const {
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, tenant));
  return definition::complete(document, {actions_, schemas, clock_.now(), std::nullopt}, query);
}

Result<std::vector<definition::ExpressionReport>> Catalog::check_expressions(
    const TenantId& tenant, const json::Value& document) const {
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, tenant));
  return definition::check_expressions(document, {actions_, schemas, clock_.now(), std::nullopt});
}

Result<definition::Renaming> Catalog::rename(const TenantId& tenant, const json::Value& document,
                                             const definition::RenameQuery& query) const {
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, tenant));
  return definition::rename(document, {actions_, schemas, clock_.now(), std::nullopt}, query);
}

Result<definition::Checked> Catalog::check(const TenantId& tenant, const json::Value& document,
                                           const std::string& schema_mode) const {
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, tenant));
  TRY(const CalledWorkflows workflows, CalledWorkflows::load(store_, tenant, document));
  TRY(std::vector<std::string> secrets, known_secrets(store_, tenant, environment_));
  const definition::CheckContext context{actions_, schemas, clock_.now(), std::move(secrets),
                                         &workflows};
  if (schema_mode != "inferred" || !document.is_object())
    return definition::check(document, context);
  Inferred inferred = infer_schema(document, schemas);
  json::Value whole = document;
  if (!inferred.ref.empty()) whole.get_object()["payloadSchemaRef"] = inferred.ref;
  definition::Checked checked = definition::check(whole, context);
  if (inferred.ref.empty()) {
    checked.program = nullptr;
    checked.findings.insert(checked.findings.begin(), std::move(inferred.finding));
  }
  return checked;
}

Result<SavedDraft> Catalog::save_draft(const DraftRequest& request) {
  TRY_DO(check_definition_size(request.definition));
  if (request.schema_mode && *request.schema_mode != "pinned" && *request.schema_mode != "inferred")
    return make_error(ErrorKind::Invalid, "FIELD_INVALID",
                      format("payloadSchemaMode: `{}` is no mode", *request.schema_mode),
                      "say `pinned` or `inferred`");
  store::DefinitionRow row;
  row.tenant = request.tenant;
  row.workflow_id = request.workflow_id;
  row.draft = request.definition;
  row.draft.get_object()["id"] = request.workflow_id.text;
  row.name = name_of(row.draft);
  row.updated_at = clock_.now();
  const auto before = store_.definition(request.tenant, request.workflow_id);
  if (!before.has_value() && before.error().code != "NOT_FOUND") return before.error();
  if (before.has_value()) row.schema_mode = before->schema_mode;
  if (request.schema_mode) row.schema_mode = *request.schema_mode;
  SavedDraft saved;
  TRY(saved.draft_version, store_.save_draft(row, request.expected_draft));
  saved.schema_mode = row.schema_mode;
  TRY(saved.checked, check(request.tenant, row.draft, row.schema_mode));
  return saved;
}

Result<Published> Catalog::publish(const PublishRequest& request) {
  if (request.definition) TRY_DO(check_definition_size(*request.definition));
  Published published;
  published.workflow_id = request.workflow_id;
  for (int i = 0; i < kPublishTries; ++i) {
    const auto row = store_.definition(request.tenant, request.workflow_id);
    const bool is_there = row.has_value();
    if (!is_there && (row.error().code != "NOT_FOUND" || !request.definition)) return row.error();
    store::Publication next;
    next.expected_draft = request.expected_draft;
    if (is_there) next.draft = *row;
    next.draft.tenant = request.tenant;
    next.draft.workflow_id = request.workflow_id;
    next.draft.updated_at = clock_.now();
    // The draft that is read here is the one that is published.
    if (!request.definition && !next.expected_draft) next.expected_draft = row->draft_version;
    if (is_there && next.expected_draft && *next.expected_draft != row->draft_version)
      return make_error(ErrorKind::Conflict, "DRAFT_CONFLICT",
                        format("the draft of workflow `{}` is number {} by now",
                               request.workflow_id.text, row->draft_version),
                        "read it again before you publish");
    if (request.definition) next.draft.draft = *request.definition;
    TRY(definition::Checked checked,
        check(request.tenant, next.draft.draft, next.draft.schema_mode));
    published.findings = std::move(checked.findings);
    if (checked.program == nullptr) return published;
    next.draft.name = checked.program->name;
    json::Value whole = next.draft.draft;
    whole.get_object()["payloadSchemaRef"] = checked.program->payload_schema_ref;
    const std::int64_t newest = next.draft.published_version;
    if (newest > 0) {
      TRY(const store::VersionRow before,
          store_.version(request.tenant, request.workflow_id, newest));
      whole.get_object()["version"] = newest;
      if (before.hash == json::hash(whole)) {
        published.version = newest;
        published.hash = before.hash;
        return published;
      }
    }
    whole.get_object()["version"] = newest + 1;
    next.draft.draft = whole;
    next.trigger = trigger_key_of(*checked.program);
    const json::Object schema{{"mode", next.draft.schema_mode},
                              {"ref", checked.program->payload_schema_ref}};
    next.version = {request.tenant,
                    request.workflow_id,
                    newest + 1,
                    whole,
                    json::hash(whole),
                    clock_.now(),
                    json::Object{{"payloadSchema", schema}}};
    if (!request.message.empty()) next.version.notes.get_object()["message"] = request.message;
    const auto done = store_.publish(next);
    if (!done.has_value() && done.error().code == "STORE_CONFLICT") continue;
    TRY_DO(done);
    published.version = newest + 1;
    published.hash = next.version.hash;
    published.is_new = true;
    return published;
  }
  return make_error(ErrorKind::Conflict, "STORE_CONFLICT",
                    format("workflow `{}` is being published by others", request.workflow_id.text),
                    "try again");
}

Result<void> Catalog::set_archived(const TenantId& tenant, const WorkflowId& id, bool is_archived) {
  return store_.set_archived(tenant, id, is_archived ? std::optional(clock_.now()) : std::nullopt);
}

Result<void> Catalog::remove(const TenantId& tenant, const WorkflowId& id) {
  TRY(const store::DefinitionRow row, store_.definition(tenant, id));
  const auto refused = [&](const std::string& why, const std::string& help) {
    return make_error(ErrorKind::Conflict, "WORKFLOW_IN_USE",
                      format("workflow `{}` {}", id.text, why), help);
  };
  if (row.published_version > 0 && !row.archived_at)
    return refused("is published", "archive it first");
  TRY(const auto others, store_.definitions(tenant));
  for (const store::DefinitionRow& other : others) {
    if (other.workflow_id == id || other.published_version == 0) continue;
    TRY(const store::VersionRow version,
        store_.version(tenant, other.workflow_id, other.published_version));
    if (std::ranges::binary_search(called_workflows(version.definition), id.text))
      return refused(format("is called by `{}`", other.workflow_id.text),
                     "publish a version of the caller that does without it");
  }
  return store_.remove_definition(tenant, id);
}

}  // namespace fermata::service
