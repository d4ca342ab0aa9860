#include "service/bundle.h"

#include <algorithm>
#include <map>
#include <set>

#include "calendar/instant.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "json/walk.h"
#include "service/payload_check.h"
#include "service/schemas.h"

namespace fermata::service {
namespace {

constexpr std::string_view kFormat = "fermata.bundle";
constexpr std::int64_t kFormatVersion = 1;

Error invalid(std::string message) {
  return make_error(ErrorKind::Invalid, "BUNDLE_INVALID", std::move(message),
                    "give the file as `fermata export` wrote it");
}
Error conflict(std::string message) {
  return make_error(ErrorKind::Conflict, "BUNDLE_CONFLICT", std::move(message),
                    "what was published never changes: give the other one a new id or version");
}

// What a definition names that is not in it.
struct Needs {
  std::set<std::string> secrets;
  std::set<std::pair<std::string, std::int64_t>> workflows;  // with the version that is called
  std::set<std::string> calendars;
  std::set<std::string> schemas;
  std::set<std::string> events;
  std::set<std::pair<std::string, std::int64_t>> actions;

  void read(const json::Value& definition) {
    json::each_object(definition, [this](const json::Object& object) { read_object(object); });
  }

 private:
  void read_object(const json::Object& object) {
    if (const auto name = json::string_at(object, "$secret")) secrets.insert(*name);
    for (const char* key : {"payloadSchemaRef", "sourcePayloadSchemaRef"}) {
      if (const auto ref = json::string_at(object, key)) schemas.insert(*ref);
    }
    if (const auto event = json::string_at(object, "eventName")) events.insert(*event);
    if (json::string_at(object, "type") == "control.callWorkflow")
      workflows.insert({json::string_at(object, "workflowId").value_or(""),
                        json::int_at(object, "workflowVersion").value_or(0)});
    if (json::string_at(object, "cron"))
      if (const auto calendar = json::string_at(object, "calendar")) calendars.insert(*calendar);
    if (const auto action = json::string_at(object, "actionId"))
      actions.insert({*action, json::int_at(object, "version").value_or(1)});
  }
};

template <typename Names>
json::Array list_of(const Names& names) {
  json::Array list;
  for (const std::string& name : names) list.push_back(json::Value(name));
  return list;
}

json::Object version_json(const store::VersionRow& row) {
  return json::Object{{"version", row.version},
                      {"definition", row.definition},
                      {"hash", row.hash},
                      {"publishedAt", calendar::format_instant(row.published_at)},
                      {"notes", row.notes}};
}

// The list of objects under a key; nothing there is an empty list.
Result<std::vector<const json::Object*>> objects_at(const json::Value& bundle,
                                                    std::string_view key) {
  std::vector<const json::Object*> found;
  const json::Value* list = json::find(bundle, key);
  if (list == nullptr) return found;
  if (!list->is_array()) return invalid(format("{}: expected a list", key));
  for (const json::Value& item : list->get_array()) {
    if (!item.is_object()) return invalid(format("{}: expected objects", key));
    found.push_back(&item.get_object());
  }
  return found;
}

// Schemas of the store and of the bundle together.
class BothSchemas final : public definition::SchemaCatalog {
 public:
  BothSchemas(const StoredSchemas& stored, const std::map<std::string, json::Value>& schemas,
              const std::map<std::string, store::EventTypeRow>& types)
      : stored_(stored), schemas_(schemas), types_(types) {}
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override {
    const auto found = schemas_.find(std::string(ref));
    return found == schemas_.end() ? stored_.payload_schema(ref) : std::optional(found->second);
  }
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override {
    std::vector<std::string> refs = stored_.payload_schema_refs();
    for (const auto& [ref, schema] : schemas_) refs.push_back(ref);
    return refs;
  }
  [[nodiscard]] std::optional<std::string> event_payload_ref(
      std::string_view event_name) const override {
    const auto found = types_.find(std::string(event_name));
    return found == types_.end() ? stored_.event_payload_ref(event_name)
                                 : std::optional(found->second.payload_schema_ref);
  }
  [[nodiscard]] std::string schema_problem(const json::Value& schema) const override {
    return stored_.schema_problem(schema);
  }
  [[nodiscard]] std::vector<std::string> event_names() const override {
    std::vector<std::string> names = stored_.event_names();
    for (const auto& [name, type] : types_) names.push_back(name);
    return names;
  }

 private:
  const StoredSchemas& stored_;
  const std::map<std::string, json::Value>& schemas_;
  const std::map<std::string, store::EventTypeRow>& types_;
};

// One import: reads, then says what is to be written.
class Import {
 public:
  Import(store::Store& store, const definition::ActionCatalog& actions, TenantId tenant, TimeMs now)
      : store_(store), actions_(actions), tenant_(std::move(tenant)), now_(now) {}

  Result<void> read(const json::Value& bundle) {
    if (!bundle.is_object() || json::string_at(bundle.get_object(), "format") != kFormat)
      return invalid(format("this is no bundle: `format` is not `{}`", kFormat));
    if (json::int_at(bundle.get_object(), "formatVersion") != kFormatVersion)
      return invalid(format("formatVersion: only {} is known here", kFormatVersion));
    TRY(const StoredSchemas stored, StoredSchemas::load(store_, tenant_));
    TRY_DO(read_schemas(bundle, stored));
    TRY_DO(read_event_types(bundle));
    const BothSchemas schemas(stored, schemas_, types_);
    TRY(const auto workflows, objects_at(bundle, "workflows"));
    for (const json::Object* workflow : workflows) TRY_DO(read_workflow(*workflow, schemas));
    return name_missing();
  }

  Result<void> write() {
    store::BundleRows rows;
    for (const auto& [ref, schema] : schemas_) rows.schemas.push_back({tenant_, ref, schema, now_});
    for (const auto& [name, type] : types_) rows.event_types.push_back(type);
    rows.publications = std::move(publications_);
    return store_.put_bundle(rows);
  }

  ImportSummary summary;

 private:
  Result<void> read_schemas(const json::Value& bundle, const StoredSchemas& stored) {
    TRY(const auto rows, objects_at(bundle, "payloadSchemas"));
    for (const json::Object* row : rows) {
      const auto ref = json::string_at(*row, "ref");
      const json::Value* schema = json::find(*row, "schema");
      if (!ref || schema == nullptr) return invalid("payloadSchemas: expected `ref` and `schema`");
      const auto probed = check_payload(*schema, json::Object{});
      if (!probed.has_value() && probed.error().code != "PAYLOAD_INVALID")
        return probed.error().within(format("payload schema `{}`", *ref));
      const auto known = stored.payload_schema(*ref);
      if (known && !json::equal(*known, *schema))
        return conflict(format("payload schema `{}` is here with another meaning", *ref));
      if (!known && schemas_.emplace(*ref, *schema).second) ++summary.schemas_new;
    }
    return {};
  }

  Result<void> read_event_types(const json::Value& bundle) {
    TRY(const auto known, store_.event_types(tenant_));
    TRY(const auto rows, objects_at(bundle, "eventTypes"));
    for (const json::Object* row : rows) {
      store::EventTypeRow type{tenant_, json::string_at(*row, "eventName").value_or(""),
                               json::string_at(*row, "payloadSchemaRef").value_or(""),
                               json::string_at(*row, "correlationPath").value_or(""), now_};
      if (type.event_name.empty()) return invalid("eventTypes: expected `eventName`");
      const auto same = std::ranges::find(known, type.event_name, &store::EventTypeRow::event_name);
      if (same == known.end()) {
        if (types_.emplace(type.event_name, type).second) ++summary.event_types_new;
      } else if (same->payload_schema_ref != type.payload_schema_ref ||
                 same->correlation_path != type.correlation_path) {
        return conflict(format("event type `{}` is here with another meaning", type.event_name));
      }
    }
    return {};
  }

  Result<void> read_workflow(const json::Object& workflow, const BothSchemas& schemas) {
    const std::string id = json::string_at(workflow, "workflowId").value_or("");
    const json::Value* draft = json::find(workflow, "draft");
    if (id.empty() || draft == nullptr || !draft->is_object())
      return invalid("workflows: expected `workflowId` and `draft`");
    if (!ids_.insert(id).second) return invalid(format("workflow `{}` is there twice", id));
    const auto before = store_.definition(tenant_, WorkflowId(id));
    if (!before.has_value() && before.error().code != "NOT_FOUND") return before.error();
    store::DefinitionRow row;
    // What is being written here stays as it is.
    if (before.has_value()) {
      row = *before;
    } else {
      TRY_DO(check_definition_size(*draft));
      row.draft = *draft;
      row.draft_version = 0;
      row.name = json::string_at(draft->get_object(), "name").value_or("");
      row.schema_mode = json::string_at(workflow, "payloadSchemaMode").value_or("pinned");
      needs_.read(row.draft);
      ++summary.workflows_new;
    }
    row.tenant = tenant_;
    row.workflow_id = WorkflowId(id);
    row.updated_at = now_;
    const json::Value whole(workflow);
    TRY(auto versions, objects_at(whole, "versions"));
    std::ranges::sort(versions, {}, [](const json::Object* version) {
      return json::int_at(*version, "version").value_or(0);
    });
    for (const json::Object* version : versions) TRY_DO(read_version(row, *version, schemas));
    if (row.draft_version == 0) publications_.push_back({{}, {}, row, 0});
    return {};
  }

  Result<void> read_version(store::DefinitionRow& row, const json::Object& given,
                            const BothSchemas& schemas) {
    store::VersionRow version;
    version.tenant = tenant_;
    version.workflow_id = row.workflow_id;
    version.version = json::int_at(given, "version").value_or(0);
    const std::string name = format("{}@{}", row.workflow_id.text, version.version);
    const json::Value* document = json::find(given, "definition");
    const auto published =
        calendar::parse_instant(json::string_at(given, "publishedAt").value_or(""));
    if (version.version < 1 || document == nullptr || !document->is_object() || !published)
      return invalid(format("{}: expected `version`, `definition` and `publishedAt`", name));
    TRY_DO(check_definition_size(*document));
    version.definition = *document;
    version.hash = json::hash(version.definition);
    version.published_at = *published;
    if (const json::Value* notes = json::find(given, "notes");
        notes != nullptr && notes->is_object())
      version.notes = *notes;
    // Its clock counts from now: what was due before was another server's.
    version.notes.get_object()["importedAt"] = calendar::format_instant(now_);
    if (version.hash != json::string_at(given, "hash"))
      return invalid(format("{}: the definition is not the one that was exported", name));
    if (json::string_at(document->get_object(), "id") != row.workflow_id.text ||
        json::int_at(document->get_object(), "version") != version.version)
      return invalid(format("{}: the definition says that it is another one", name));
    needs_.read(version.definition);
    versions_.insert({row.workflow_id.text, version.version});
    const auto there = store_.version(tenant_, row.workflow_id, version.version);
    if (there.has_value()) {
      if (there->hash != version.hash)
        return conflict(format("{} is here with another meaning", name));
      ++summary.versions_kept;
      return {};
    }
    if (there.error().code != "NOT_FOUND") return there.error();
    // By the clock of its own time: a moment that was to come then may have passed.
    const definition::Checked checked = definition::check(
        version.definition, {actions_, schemas, version.published_at, std::nullopt});
    for (definition::Finding finding : checked.findings) {
      finding.path = name + ": " + finding.path;
      summary.findings.push_back(std::move(finding));
    }
    if (checked.program == nullptr) return {};
    ++summary.versions_new;
    const std::int64_t seen = row.draft_version++;
    publications_.push_back({std::move(version), trigger_key_of(*checked.program), row, seen});
    if (publications_.size() > limits::kBundleVersionsMax)
      return invalid(format("a bundle has at most {} versions", limits::kBundleVersionsMax));
    return {};
  }

  Result<void> name_missing() {
    TRY(const auto secrets, store_.secrets(tenant_));
    for (const std::string& name : needs_.secrets) {
      if (std::ranges::find(secrets, name, &store::SecretRow::name) == secrets.end())
        summary.missing_secrets.push_back(name);
    }
    for (const auto& [id, version] : needs_.workflows) {
      if (versions_.contains({id, version})) continue;
      const auto there = store_.version(tenant_, WorkflowId(id), version);
      if (!there.has_value() && there.error().code != "NOT_FOUND") return there.error();
      if (!there.has_value()) summary.missing_workflows.push_back(format("{}@{}", id, version));
    }
    TRY(const auto calendars, store_.calendars(tenant_));
    for (const std::string& name : needs_.calendars) {
      if (std::ranges::find(calendars, name, &store::CalendarRow::name) == calendars.end())
        summary.missing_calendars.push_back(name);
    }
    return {};
  }

  store::Store& store_;
  const definition::ActionCatalog& actions_;
  const TenantId tenant_;
  const TimeMs now_;
  std::map<std::string, json::Value> schemas_;  // the new ones
  std::map<std::string, store::EventTypeRow> types_;
  std::set<std::string> ids_;
  std::set<std::pair<std::string, std::int64_t>> versions_;
  Needs needs_;
  std::vector<store::Publication> publications_;
};

}  // namespace

Result<json::Value> Bundles::write(const TenantId& tenant, std::vector<std::string> ids) {
  if (ids.empty()) {
    TRY(const auto all, store_.definitions(tenant));
    for (const store::DefinitionRow& row : all) ids.push_back(row.workflow_id.text);
  }
  std::set<std::string> done;
  Needs needs;
  std::map<std::string, json::Value> workflows;
  std::set<std::string> called;
  std::set<std::pair<std::string, std::int64_t>> written;
  while (!ids.empty()) {
    const std::string id = ids.back();
    ids.pop_back();
    if (!done.insert(id).second) continue;
    const auto row = store_.definition(tenant, WorkflowId(id));
    // One that is called and not there is named below.
    if (!row.has_value() && row.error().code == "NOT_FOUND" && called.contains(id)) continue;
    TRY_DO(row);
    TRY(const auto versions, store_.versions(tenant, WorkflowId(id)));
    json::Array list;
    needs.read(row->draft);
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      needs.read(version->definition);
      written.insert({id, version->version});
      list.push_back(version_json(*version));
    }
    workflows.emplace(id, json::Object{{"workflowId", id},
                                       {"payloadSchemaMode", row->schema_mode},
                                       {"draft", row->draft},
                                       {"versions", std::move(list)}});
    for (const auto& [name, version] : needs.workflows)
      if (called.insert(name).second) ids.push_back(name);
  }
  TRY(const auto types, store_.event_types(tenant));
  json::Array event_types;
  for (const store::EventTypeRow& type : types) {
    if (!needs.events.contains(type.event_name)) continue;
    needs.schemas.insert(type.payload_schema_ref);
    event_types.push_back(json::Object{{"eventName", type.event_name},
                                       {"payloadSchemaRef", type.payload_schema_ref},
                                       {"correlationPath", type.correlation_path}});
  }
  TRY(const auto stored, store_.schemas(tenant));
  json::Array schemas;
  for (const store::SchemaRow& schema : stored) {
    if (needs.schemas.contains(schema.ref))
      schemas.push_back(json::Object{{"ref", schema.ref}, {"schema", schema.schema}});
  }
  std::set<std::string> absent;
  for (const auto& call : needs.workflows)
    if (!written.contains(call)) absent.insert(format("{}@{}", call.first, call.second));
  json::Array listed;
  for (auto& [id, workflow] : workflows) listed.push_back(std::move(workflow));
  json::Array actions;
  for (const auto& [id, version] : needs.actions)
    actions.push_back(json::Object{{"id", id}, {"version", version}});
  return json::Value(json::Object{{"format", kFormat},
                                  {"formatVersion", kFormatVersion},
                                  {"exportedAt", calendar::format_instant(clock_.now())},
                                  {"workflows", std::move(listed)},
                                  {"payloadSchemas", std::move(schemas)},
                                  {"eventTypes", std::move(event_types)},
                                  {"requires", json::Object{{"actions", std::move(actions)},
                                                            {"secrets", list_of(needs.secrets)},
                                                            {"events", list_of(needs.events)},
                                                            {"calendars", list_of(needs.calendars)},
                                                            {"workflows", list_of(absent)}}}});
}

Result<ImportSummary> Bundles::read(const TenantId& tenant, const json::Value& bundle) {
  Import import(store_, actions_, tenant, clock_.now());
  TRY_DO(import.read(bundle));
  if (!definition::has_errors(import.summary.findings)) TRY_DO(import.write());
  return std::move(import.summary);
}

}  // namespace fermata::service
