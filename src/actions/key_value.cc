#include "actions/key_value.h"

#include <array>

#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::actions {
namespace {

constexpr std::size_t kListMax = 500;

ActionFailure invalid(std::string message) {
  return {"ValidationError", "INPUT_INVALID", std::move(message), nullptr, std::nullopt};
}

ActionFailure unavailable(const Error& error) {
  const bool may_pass = error.kind == ErrorKind::Unavailable;
  return {may_pass ? "TransientError" : "ActionError", error.code, error.message, nullptr,
          std::nullopt};
}

// A member of another type is not one that is missing: a write that was meant for one revision
// would be done over any.
std::optional<ActionFailure> wrong_type(const json::Object& object) {
  for (const char* name : {"space", "key", "prefix", "after"}) {
    const json::Value* member = json::find(object, name);
    if (member != nullptr && !member->is_string())
      return invalid(format("`{}` must be text", name));
  }
  for (const char* name : {"expectedRevision", "limit"}) {
    if (object.contains(name) && !json::int_at(object, name))
      return invalid(format("`{}` must be a whole number", name));
  }
  return std::nullopt;
}

struct Input {
  std::string space;
  std::string key;
  std::optional<std::int64_t> expected;
};

class KeyValueAction final : public Action {
 public:
  using Work = ActionResult (*)(store::TenantStore&, const ActionCall&, const Input&, TimeMs);
  struct About {
    const char* id;
    const char* title;
    const char* input;
    const char* output;
    definition::SideEffects side_effects;
    Work work;
  };

  KeyValueAction(const About& about, store::TenantStore* store, const Clock* clock)
      : store_(store), clock_(clock), work_(about.work) {
    spec_.id = about.id;
    spec_.title = about.title;
    spec_.input_schema = json::parse(about.input).value();
    spec_.output_schema = json::parse(about.output).value();
    spec_.side_effects = about.side_effects;
  }
  [[nodiscard]] const definition::ActionSpec& spec() const override { return spec_; }

  ActionResult run(const ActionCall& call) override {
    CHECK(store_ != nullptr && clock_ != nullptr, "a store action without a store");
    if (!call.input.is_object()) return invalid("the input must be an object");
    // What is stored is shown to whoever may look.
    if (!call.secrets.empty()) return invalid("a stored value is no place for a secret");
    const json::Object& object = call.input.get_object();
    if (auto wrong = wrong_type(object)) return *std::move(wrong);
    const Input input{json::string_at(object, "space").value_or("default"),
                      json::string_at(object, "key").value_or(""),
                      json::int_at(object, "expectedRevision")};
    const bool has_key = spec_.id != "store.list";
    if (const char* wrong = wrong_key(input.space, has_key ? input.key : "k"))
      return invalid(wrong);
    return work_(*store_, call, input, clock_->now());
  }

 private:
  store::TenantStore* store_;
  const Clock* clock_;
  Work work_;
  definition::ActionSpec spec_;
};

ActionResult get(store::TenantStore& store, const ActionCall& call, const Input& input, TimeMs) {
  const auto row = store.key_value(call.tenant, input.space, input.key);
  if (!row.has_value()) return unavailable(row.error());
  const bool is_found = row->has_value();
  json::Object out{{"found", is_found}, {"value", nullptr}, {"revision", 0}};
  if (is_found) {
    out["value"] = (*row)->value;
    out["revision"] = (*row)->revision;
  }
  return json::Value(std::move(out));
}

ActionResult put(store::TenantStore& store, const ActionCall& call, const Input& input,
                 store::KeyValuePut put) {
  put.tenant = call.tenant;
  put.space = input.space;
  put.key = input.key;
  put.expected = input.expected;
  put.writer = call.idempotency_key;
  const auto outcome = store.put_key_value(put);
  if (!outcome.has_value()) return unavailable(outcome.error());
  if (!outcome->is_done) {
    return ActionFailure{"ActionError", "KEY_CONFLICT",
                         format("`{}` is at revision {}, not {}", input.key, outcome->revision,
                                input.expected.value_or(0)),
                         json::Object{{"revision", outcome->revision}}, std::nullopt};
  }
  return json::Value(json::Object{{"revision", outcome->revision}});
}

ActionResult set(store::TenantStore& store, const ActionCall& call, const Input& input,
                 TimeMs now) {
  const json::Value* value = json::find(call.input, "value");
  if (value == nullptr) return invalid("`value` is missing");
  if (const char* wrong = wrong_value(*value)) return invalid(wrong);
  store::KeyValuePut change;
  change.value = *value;
  change.now = now;
  return put(store, call, input, std::move(change));
}

ActionResult remove(store::TenantStore& store, const ActionCall& call, const Input& input,
                    TimeMs now) {
  store::KeyValuePut change;
  change.now = now;
  return put(store, call, input, std::move(change));
}

ActionResult list(store::TenantStore& store, const ActionCall& call, const Input& input, TimeMs) {
  const json::Object& object = call.input.get_object();
  store::KeyValueFilter filter;
  filter.space = input.space;
  filter.prefix = json::string_at(object, "prefix").value_or("");
  filter.after = json::string_at(object, "after").value_or("");
  const std::int64_t limit = json::int_at(object, "limit").value_or(100);
  if (limit < 1 || limit > static_cast<std::int64_t>(kListMax))
    return invalid(format("`limit` is from 1 to {}", kListMax));
  filter.limit = static_cast<std::size_t>(limit);
  const auto rows = store.key_values(call.tenant, filter);
  if (!rows.has_value()) return unavailable(rows.error());
  json::Array items;
  for (const store::KeyValueRow& row : *rows)
    items.push_back(
        json::Object{{"key", row.key}, {"value", row.value}, {"revision", row.revision}});
  const bool is_full = items.size() == filter.limit;
  json::Object out{{"items", std::move(items)}};
  out["next"] = is_full ? json::Value(rows->back().key) : json::Value(nullptr);
  return json::Value(std::move(out));
}

constexpr const char* kRevision =
    R"({"type":"object","required":["revision"],"properties":{"revision":{"type":"integer"}}})";

constexpr std::array<KeyValueAction::About, 4> kActions = {
    {{"store.get", "Read a stored value",
      R"({"type":"object","required":["key"],"additionalProperties":false,"properties":{
      "space":{"type":"string"},"key":{"type":"string"}}})",
      R"({"type":"object","required":["found","value","revision"],"properties":{
      "found":{"type":"boolean"},"value":{},"revision":{"type":"integer"}}})",
      definition::SideEffects::None, get},
     {"store.set", "Store a value",
      R"({"type":"object","required":["key","value"],"additionalProperties":false,"properties":{
      "space":{"type":"string"},"key":{"type":"string"},"value":{},"expectedRevision":{"type":"integer"}}})",
      kRevision, definition::SideEffects::Idempotent, set},
     {"store.delete", "Delete a stored value",
      R"({"type":"object","required":["key"],"additionalProperties":false,"properties":{
      "space":{"type":"string"},"key":{"type":"string"},"expectedRevision":{"type":"integer"}}})",
      kRevision, definition::SideEffects::Idempotent, remove},
     {"store.list", "List stored values",
      R"({"type":"object","additionalProperties":false,"properties":{
      "space":{"type":"string"},"prefix":{"type":"string"},"after":{"type":"string"},"limit":{"type":"integer"}}})",
      R"({"type":"object","required":["items","next"],"properties":{"items":{"type":"array","items":{"type":"object",
      "properties":{"key":{"type":"string"},"value":{},"revision":{"type":"integer"}}}},"next":{"type":["string","null"]}}})",
      definition::SideEffects::None, list}}};

}  // namespace

std::vector<std::unique_ptr<Action>> make_key_value(store::TenantStore* store, const Clock* clock) {
  std::vector<std::unique_ptr<Action>> made;
  made.reserve(kActions.size());
  for (const KeyValueAction::About& about : kActions)
    made.push_back(std::make_unique<KeyValueAction>(about, store, clock));
  return made;
}

const char* wrong_key(std::string_view space, std::string_view key) {
  if (space.empty() || space.size() > limits::kNameBytesMax)
    return "`space` has from 1 to 512 bytes";
  return key.empty() || key.size() > limits::kNameBytesMax ? "`key` has from 1 to 512 bytes"
                                                           : nullptr;
}

const char* wrong_value(const json::Value& value) {
  return json::text_bytes(value) > limits::kKeyValueBytesMax ? "`value` has more than 256 KiB"
                                                             : nullptr;
}

}  // namespace fermata::actions
