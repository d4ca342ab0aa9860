#include "jsonata/value.h"

#include <algorithm>

namespace fermata::jsonata {

Val Val::text(std::string text) {
  Val v(Tag::String);
  v.owned_ = std::make_shared<std::string>(std::move(text));
  return v;
}

Val Val::borrow(const json::Value& value) {
  if (value.is_null()) return null();
  if (value.is_bool()) return boolean(value.get_bool());
  if (value.is_number()) return number(json::as_double(value));
  Val v(value.is_string() ? Tag::String : value.is_array() ? Tag::Array : Tag::Object);
  v.borrowed_ = &value;
  return v;
}

Val Val::array(std::shared_ptr<ArrayData> data) {
  Val v(Tag::Array);
  v.owned_ = std::move(data);
  return v;
}

Val Val::object(std::shared_ptr<ObjectData> data) {
  Val v(Tag::Object);
  v.owned_ = std::move(data);
  return v;
}

Val Val::function(std::shared_ptr<FunctionData> data) {
  Val v(Tag::Function);
  v.owned_ = std::move(data);
  return v;
}

std::string_view Val::as_text() const {
  if (borrowed_ != nullptr) return json::view(borrowed_->get_string());
  return *static_cast<const std::string*>(owned_.get());
}

const FunctionData& Val::as_function() const {
  return *static_cast<const FunctionData*>(owned_.get());
}

ArrayData* Val::own_array() const {
  return tag_ == Tag::Array ? static_cast<ArrayData*>(owned_.get()) : nullptr;
}

std::size_t Val::size() const {
  return borrowed_ != nullptr ? borrowed_->get_array().size() : own_array()->items.size();
}

Val Val::at(std::size_t index) const {
  return borrowed_ != nullptr ? borrow(borrowed_->get_array()[index]) : own_array()->items[index];
}

ObjectData* Val::own_object() const {
  return tag_ == Tag::Object ? static_cast<ObjectData*>(owned_.get()) : nullptr;
}

bool Val::is_sequence() const {
  const ArrayData* data = own_array();
  return data != nullptr && data->is_sequence;
}

bool Val::is_cons() const {
  const ArrayData* data = own_array();
  return data != nullptr && data->is_cons;
}

std::size_t Val::member_count() const {
  if (borrowed_ != nullptr) return borrowed_->get_object().size();
  return static_cast<const ObjectData*>(owned_.get())->members.size();
}

std::pair<std::string_view, Val> Val::member(std::size_t index) const {
  if (borrowed_ != nullptr) {
    const auto& member = *(borrowed_->get_object().begin() + static_cast<std::ptrdiff_t>(index));
    return {std::string_view(member.key()), borrow(member.value())};
  }
  const auto& [key, value] = static_cast<const ObjectData*>(owned_.get())->members[index];
  return {key, value};
}

Val Val::get(std::string_view key) const {
  if (borrowed_ != nullptr) {
    const json::Value* found = borrowed_->get_object().if_contains(key);
    return found == nullptr ? Val() : borrow(*found);
  }
  const Val* found = static_cast<ObjectData*>(owned_.get())->find(key);
  return found == nullptr ? Val() : *found;
}

Val* ObjectData::find(std::string_view key) {
  const auto at = std::ranges::find(
      members, key, [](const auto& member) { return std::string_view(member.first); });
  return at == members.end() ? nullptr : &at->second;
}

void ObjectData::set(std::string key, Val value) {
  if (Val* existing = find(key)) {
    *existing = std::move(value);
  } else {
    members.emplace_back(std::move(key), std::move(value));
  }
}

Val sequence() {
  auto data = std::make_shared<ArrayData>();
  data->is_sequence = true;
  return Val::array(std::move(data));
}

Val sequence(Val item) {
  Val made = sequence();
  push(made, std::move(item));
  return made;
}

void push(const Val& array, Val item) {
  array.own_array()->items.push_back(std::move(item));
}

Val list(std::vector<Val> items) {
  auto data = std::make_shared<ArrayData>();
  data->items = std::move(items);
  return Val::array(std::move(data));
}

bool deep_equal(const Val& left, const Val& right) {
  if (left.tag() != right.tag()) return false;
  switch (left.tag()) {
    case Tag::Undefined:
    case Tag::Null:
      return true;
    case Tag::Bool:
      return left.as_bool() == right.as_bool();
    case Tag::Number:
      return left.as_number() == right.as_number();
    case Tag::String:
      return left.as_text() == right.as_text();
    case Tag::Function:
      return &left.as_function() == &right.as_function();
    case Tag::Array:
      if (left.size() != right.size()) return false;
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (!deep_equal(left.at(i), right.at(i))) return false;
      }
      return true;
    case Tag::Object:
      if (left.member_count() != right.member_count()) return false;
      for (std::size_t i = 0; i < left.member_count(); ++i) {
        const auto [key, value] = left.member(i);
        const Val other = right.get(key);
        if (other.is_undefined() || !deep_equal(value, other)) return false;
      }
      return true;
  }
  return false;
}

bool truthy(const Val& value) {
  switch (value.tag()) {
    case Tag::Bool:
      return value.as_bool();
    case Tag::Number:
      return value.as_number() != 0;
    case Tag::String:
      return !value.as_text().empty();
    case Tag::Array:
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (truthy(value.at(i))) return true;
      }
      return false;
    case Tag::Object:
      return value.member_count() > 0;
    default:
      return false;
  }
}

}  // namespace fermata::jsonata
