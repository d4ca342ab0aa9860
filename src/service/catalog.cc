#include "service/catalog.h"

#include "foundation/format.h"
#include "json/hash.h"

namespace fermata::service {
namespace {

// Another publisher was faster with the same number: the next one is tried.
constexpr int kPublishTries = 5;

std::string trigger_type_of(const json::Value& document) {
  const json::Value* trigger = json::find(document, "trigger");
  return trigger != nullptr && trigger->is_object()
             ? json::string_at(trigger->get_object(), "type").value_or("")
             : "";
}

}  // namespace

definition::Checked Catalog::check(const json::Value& document) const {
  return definition::check(document, {actions_, schemas_, clock_.now(), std::nullopt});
}

Result<Published> Catalog::publish(const TenantId& tenant, const json::Value& document) {
  definition::Checked checked = check(document);
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
                               trigger_type_of(document),
                               existing.has_value() ? existing->created_at : now,
                               now};
    TRY_DO(store_.put_draft(draft));
    const std::string hash = json::hash(versioned);
    const auto done = store_.publish(
        {tenant, published.workflow_id, newest + 1, versioned, hash, now}, draft.trigger_type);
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
