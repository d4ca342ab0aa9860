#include "transform/reading.h"

#include <cmath>

#include "foundation/format.h"

namespace fermata::transform {

std::string_view Input::text(std::string_view key) {
  const json::Value* found = json::find(input_, key);
  if (found != nullptr && found->is_string()) return json::view(found->get_string());
  note(format("`{}` must be text", key));
  return {};
}

std::string_view Input::text(std::string_view key, std::string_view otherwise) {
  return json::find(input_, key) == nullptr ? otherwise : text(key);
}

bool Input::flag(std::string_view key, bool otherwise) {
  const json::Value* found = json::find(input_, key);
  if (found == nullptr) return otherwise;
  if (found->is_bool()) return found->get_bool();
  note(format("`{}` must be true or false", key));
  return otherwise;
}

std::int64_t Input::whole(std::string_view key, std::int64_t otherwise) {
  const json::Value* found = json::find(input_, key);
  if (found == nullptr) return otherwise;
  if (found->is_int64()) return found->get_int64();
  if (found->is_double()) {
    const double number = found->get_double();
    constexpr double kTooLarge = 0x1p63;
    const bool is_whole =
        std::trunc(number) == number && number >= -kTooLarge && number < kTooLarge;
    if (is_whole) return static_cast<std::int64_t>(number);
  }
  note(format("`{}` must be a whole number", key));
  return otherwise;
}

const json::Array& Input::list(std::string_view key) {
  static const json::Array kNone;
  const json::Value* found = json::find(input_, key);
  if (found != nullptr && found->is_array()) return found->get_array();
  note(format("`{}` must be a list", key));
  return kNone;
}

const json::Object& Input::object(std::string_view key) {
  static const json::Object kNone;
  const json::Value* found = json::find(input_, key);
  if (found != nullptr && found->is_object()) return found->get_object();
  note(format("`{}` must be an object", key));
  return kNone;
}

const json::Value& Input::value(std::string_view key) {
  static const json::Value kNull;
  const json::Value* found = json::find(input_, key);
  if (found != nullptr) return *found;
  note(format("`{}` is missing", key));
  return kNull;
}

}  // namespace fermata::transform
