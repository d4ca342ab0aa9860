#include "simulate/reader.h"

#include "foundation/format.h"

namespace fermata::simulate {

void Problems::add(std::string place, std::string_view what) {
  list_.push_back(format("{}: {}", place, what));
}

Result<void> Problems::verdict(std::string_view code, std::string_view help) const {
  if (list_.empty()) return {};
  constexpr std::size_t kListedMax = 20;
  std::string text = list_.front();
  for (std::size_t i = 1; i < list_.size() && i < kListedMax; ++i) text += "; " + list_[i];
  if (list_.size() > kListedMax) text += format("; and {} more", list_.size() - kListedMax);
  return make_error(ErrorKind::Invalid, code, std::move(text), std::string(help));
}

Reader::Reader(const json::Value& value, std::string place, Problems& problems)
    : place_(std::move(place)), problems_(problems) {
  if (value.is_object()) {
    object_ = &value.get_object();
  } else {
    problems_.add(place_, format("expected an object, got {}", json::type_name(value)));
  }
}

Reader::~Reader() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (!asked_.contains(key)) problems_.add(place_of(key), "unknown field");
  }
}

std::string Reader::place_of(std::string_view key) const {
  return format("{}.{}", place_, key);
}

const json::Value* Reader::any(std::string_view key) {
  asked_.emplace(key);
  return object_ == nullptr ? nullptr : json::find(*object_, key);
}

const json::Value* Reader::given(std::string_view key) {
  const json::Value* value = any(key);
  return value != nullptr && value->is_null() ? nullptr : value;
}

std::optional<std::string> Reader::text(std::string_view key) {
  const json::Value* value = given(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return json::to_std(value->get_string());
  wrong(key, format("expected text, got {}", json::type_name(*value)));
  return std::nullopt;
}

std::optional<std::int64_t> Reader::whole(std::string_view key, std::int64_t most) {
  const json::Value* value = given(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64() && value->get_int64() >= 0 && value->get_int64() <= most)
    return value->get_int64();
  wrong(key, format("expected a whole number from 0 to {}", most));
  return std::nullopt;
}

std::optional<bool> Reader::flag(std::string_view key) {
  const json::Value* value = given(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  wrong(key, format("expected true or false, got {}", json::type_name(*value)));
  return std::nullopt;
}

const json::Array* Reader::array(std::string_view key) {
  const json::Value* value = given(key);
  if (value == nullptr) return nullptr;
  if (value->is_array()) return &value->get_array();
  wrong(key, format("expected a list, got {}", json::type_name(*value)));
  return nullptr;
}

const json::Object* Reader::object(std::string_view key) {
  const json::Value* value = given(key);
  if (value == nullptr) return nullptr;
  if (value->is_object()) return &value->get_object();
  wrong(key, format("expected an object, got {}", json::type_name(*value)));
  return nullptr;
}

void Reader::need(std::string_view key, bool is_there) {
  if (!is_there && any(key) == nullptr && object_ != nullptr) wrong(key, "missing");
}

void Reader::wrong(std::string_view key, std::string_view what) {
  problems_.add(place_of(key), what);
}

}  // namespace fermata::simulate
