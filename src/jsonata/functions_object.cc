// Object functions, and those that raise. Source: the language's documentation, "Object functions".
#include <array>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

void collect_keys(const Val& value, std::vector<Val>& keys) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect_keys(value.at(i), keys);
  } else if (value.is_object()) {
    for (std::size_t i = 0; i < value.member_count(); ++i) {
      const std::string_view key = value.member(i).first;
      bool is_known = false;
      for (const Val& other : keys) is_known = is_known || other.as_text() == key;
      if (!is_known) keys.push_back(Val::text(std::string(key)));
    }
  }
}

Val fn_keys(Evaluator& e, Arguments& a) {
  std::vector<Val> keys;
  collect_keys(a[0], keys);
  if (!e.spend_items(keys.size())) return {};
  const Val result = sequence();
  for (Val& key : keys) push(result, std::move(key));
  return result;
}

Val lookup_in(const Val& value, std::string_view key) {
  if (value.is_object()) return value.get(key);
  if (!value.is_array()) return {};
  const Val result = sequence();
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Val found = lookup_in(value.at(i), key);
    if (found.is_undefined()) continue;
    if (found.is_array()) {
      for (std::size_t j = 0; j < found.size(); ++j) push(result, found.at(j));
    } else {
      push(result, found);
    }
  }
  if (result.size() == 0) return {};
  return result.size() == 1 ? result.at(0) : result;
}

Val fn_lookup(Evaluator&, Arguments& a) {
  return a[1].is_text() ? lookup_in(a[0], a[1].as_text()) : Val();
}

Val fn_spread(Evaluator& e, Arguments& a) {
  const Val result = sequence();
  const auto spread = [&](const Val& value) {
    for (std::size_t i = 0; i < value.member_count(); ++i) {
      const auto [key, member] = value.member(i);
      auto object = std::make_shared<ObjectData>();
      object->set(std::string(key), member);
      push(result, Val::object(std::move(object)));
    }
  };
  if (a[0].is_array()) {
    if (!e.spend_items(a[0].size())) return {};
    for (std::size_t i = 0; i < a[0].size(); ++i) {
      const Val item = a[0].at(i);
      if (item.is_object()) {
        spread(item);
      } else {
        push(result, item);
      }
    }
    return result;
  }
  if (!a[0].is_object()) return a[0];
  spread(a[0]);
  return result;
}

Val fn_merge(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  auto object = std::make_shared<ObjectData>();
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const Val part = a[0].at(i);
    if (!e.spend_items(part.member_count() * (object->members.size() / 16 + 1))) return {};
    for (std::size_t j = 0; j < part.member_count(); ++j) {
      const auto [key, value] = part.member(j);
      object->set(std::string(key), value);
    }
  }
  return Val::object(std::move(object));
}

Val fn_each(Evaluator& e, Arguments& a) {
  const Val result = sequence();
  for (std::size_t i = 0; a[0].is_object() && i < a[0].member_count(); ++i) {
    const auto [key, value] = a[0].member(i);
    Val made = e.call_back(a[1], {value, Val::text(std::string(key)), a[0]});
    if (e.failed() || !e.spend_items(1)) return {};
    if (!made.is_undefined()) push(result, std::move(made));
  }
  return result;
}

Val fn_sift(Evaluator& e, Arguments& a) {
  auto object = std::make_shared<ObjectData>();
  for (std::size_t i = 0; a[0].is_object() && i < a[0].member_count(); ++i) {
    const auto [key, value] = a[0].member(i);
    const Val verdict = e.call_back(a[1], {value, Val::text(std::string(key)), a[0]});
    if (e.failed() || !e.spend_items(1)) return {};
    if (truthy(verdict)) object->members.emplace_back(std::string(key), value);
  }
  return object->members.empty() ? Val() : Val::object(std::move(object));
}

Val fn_type(Evaluator&, Arguments& a) {
  switch (a[0].tag()) {
    case Tag::Undefined:
      return {};
    case Tag::Null:
      return Val::text("null");
    case Tag::Bool:
      return Val::text("boolean");
    case Tag::Number:
      return Val::text("number");
    case Tag::String:
      return Val::text("string");
    case Tag::Array:
      return Val::text("array");
    case Tag::Object:
      return Val::text("object");
    case Tag::Function:
      return Val::text("function");
  }
  return {};
}

Val fn_clone(Evaluator&, Arguments& a) {
  return a[0];
}

Val raise(Evaluator& e, const char* code, const Val& message, std::string_view otherwise) {
  e.fail_here(code);
  if (e.failure)
    e.failure->message =
        message.is_text() ? std::string(message.as_text()) : std::string(otherwise);
  return {};
}
Val fn_error(Evaluator& e, Arguments& a) {
  return raise(e, "D3137", a[0], "$error() function evaluated");
}
Val fn_assert(Evaluator& e, Arguments& a) {
  if (a[0].is_bool() && a[0].as_bool()) return {};
  return raise(e, "D3141", a[1], "$assert() statement failed");
}

constexpr std::array<Native, 10> kFunctions = {{
    {"keys", "<x-:a<s>>", fn_keys},
    {"lookup", "<x-s:x>", fn_lookup},
    {"spread", "<x-:a<o>>", fn_spread},
    {"merge", "<a<o>:o>", fn_merge},
    {"each", "<o-f:a>", fn_each},
    {"sift", "<o-f?:o>", fn_sift},
    {"type", "<x:s>", fn_type},
    {"clone", "<(oa)-:o>", fn_clone},
    {"error", "<s?:x>", fn_error},
    {"assert", "<bs?:x>", fn_assert},
}};

}  // namespace

std::span<const Native> object_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
