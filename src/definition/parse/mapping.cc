// Mapping values: literal trees with expressions and secret references in them.

#include <algorithm>

#include "definition/parse/context.h"
#include "foundation/format.h"
#include "json/pointer.h"

namespace fermata::definition {
namespace {

constexpr std::size_t kSecretNameBytesMax = 255;

bool is_secret_name(std::string_view name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !name.empty() && name.size() <= kSecretNameBytesMax && is_upper(name.front()) &&
         std::ranges::all_of(
             name, [&](char c) { return is_upper(c) || c == '_' || (c >= '0' && c <= '9'); });
}

// Whether no member anywhere in the value begins with `$`: then it is copied as a whole.
bool is_plain(const json::Value& value) {
  std::vector<const json::Value*> open{&value};
  while (!open.empty()) {
    const json::Value& at = *open.back();
    open.pop_back();
    if (at.is_array()) {
      for (const json::Value& item : at.get_array()) open.push_back(&item);
    } else if (at.is_object()) {
      for (const auto& member : at.get_object()) {
        if (member.key().starts_with('$')) return false;
        open.push_back(&member.value());
      }
    }
  }
  return true;
}

std::string read_secret(Context& context, const json::Object& object, const std::string& path) {
  Reader reader(object, {"a secret reference", path}, context.findings);
  std::string name = reader.text("$secret");
  reader.finish();
  if (name.empty()) return name;
  if (!is_secret_name(name)) {
    context.findings.error(path, "INVALID_SECRET_NAME", format("`{}` is not a secret name", name),
                           "begin with a capital letter, then capital letters, digits and `_`");
  }
  context.draft.secrets.push_back({context.step, path, name});
  return name;
}

struct Pending {
  const json::Value* value;
  MappingValue* target;
  std::string path;
};

void read_one(Context& context, Pending& at, ExpressionRole role, std::vector<Pending>& open) {
  const json::Value& value = *at.value;
  MappingValue& target = *at.target;
  if (is_plain(value)) {
    target.literal = value;
    return;
  }
  if (value.is_array()) {
    const json::Array& list = value.get_array();
    target.kind = MappingValue::Kind::Array;
    target.items.resize(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      open.push_back({&list[i], &target.items[i], format("{}/{}", at.path, i)});
    }
    return;
  }
  const json::Object& object = value.get_object();
  if (object.contains("$expr")) {
    target.kind = MappingValue::Kind::Expr;
    target.expression = read_expression(context, value, {at.path, role});
  } else if (object.contains("$secret")) {
    target.kind = MappingValue::Kind::Secret;
    target.secret = read_secret(context, object, at.path);
  } else {
    target.kind = MappingValue::Kind::Object;
    target.items.resize(object.size());
    std::size_t i = 0;
    for (const auto& member : object) {
      std::string path = at.path;
      target.keys.emplace_back(member.key().data(), member.key().size());
      json::append_token(path, target.keys.back());
      open.push_back({&member.value(), &target.items[i++], std::move(path)});
    }
  }
}

}  // namespace

MappingValue read_mapping(Context& context, const json::Value& value, const Spot& spot) {
  MappingValue root;
  std::vector<Pending> open{{&value, &root, spot.path}};
  while (!open.empty()) {
    Pending next = std::move(open.back());
    open.pop_back();
    const std::size_t first_child = open.size();
    read_one(context, next, spot.role, open);
    std::ranges::reverse(open.begin() + static_cast<std::ptrdiff_t>(first_child), open.end());
  }
  return root;
}

}  // namespace fermata::definition
