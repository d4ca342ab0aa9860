#include "service/catalog.h"

#include "foundation/format.h"
#include "json/hash.h"
#include "service/schemas.h"

namespace fermata::service {
namespace {

// Another publisher was faster with the same number: the next one is tried.
constexpr int kPublishTries = 5;

store::Store::TriggerKey trigger_key_of(const definition::Program& program) {
  if (!program.trigger) return {};
  if (const auto* event = std::get_if<definition::EventTrigger>(&*program.trigger))
    return {"event", event->event_name};
  const bool is_once = std::holds_alternative<definition::ScheduleTrigger>(*program.trigger);
  return {is_once ? "schedule" : "recurring", ""};
}

}  // namespace

Result<definition::Checked> Catalog::check(const TenantId& tenant,
                                           const json::Value& document) const {
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, tenant));
  return definition::check(document, {actions_, schemas, clock_.now(), std::nullopt});
}

Result<definition::Completion> Catalog::complete(const TenantId& tenant,
                                                 const json::Value& document,
                                                 const definition::CompletionQuery& query) const {
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, tenant));
  return definition::complete(document, {actions_, schemas, clock_.now(), std::nullopt}, query);
}

Result<Published> Catalog::publish(const TenantId& tenant, const json::Value& document) {
  TRY(definition::Checked checked, check(tenant, document));
  Published published;
  published.findings = std::move(checked.findings);
  if (checked.program == nullptr) return published;
  published.workflow_id = checked.program->workflow_id;
  for (int i = 0; i < kPublishTries; ++i) {
    const auto existing = store_.definition(tenant, published.workflow_id);
    if (!existing.has_value() && existing.error().code != "NOT_FOUND") return existing.error();
    const std::int64_t newest = existing.has_value() ? existing->published_version : 0;
    json::Value versioned = document;
    versioned.get_object()["version"] = newest;
    if (newest > 0) {
      TRY(const store::VersionRow row, store_.version(tenant, published.workflow_id, newest));
      if (row.hash == json::hash(versioned)) {
        published.version = newest;
        published.hash = row.hash;
        return published;
      }
    }
    versioned.get_object()["version"] = newest + 1;
    const TimeMs now = clock_.now();
    store::DefinitionRow draft{tenant,
                               published.workflow_id,
                               checked.program->name,
                               versioned,
                               newest + 1,
                               newest,
                               "",
                               "",
                               existing.has_value() ? existing->created_at : now,
                               now};
    TRY_DO(store_.put_draft(draft));
    const std::string hash = json::hash(versioned);
    const auto done =
        store_.publish({tenant, published.workflow_id, newest + 1, versioned, hash, now},
                       trigger_key_of(*checked.program));
    if (!done.has_value() && done.error().code == "STORE_CONFLICT") continue;
    TRY_DO(done);
    published.version = newest + 1;
    published.hash = hash;
    published.is_new = true;
    return published;
  }
  return make_error(
      ErrorKind::Conflict, "STORE_CONFLICT",
      format("workflow `{}` is being published by others", published.workflow_id.text),
      "try again");
}

}  // namespace fermata::service
