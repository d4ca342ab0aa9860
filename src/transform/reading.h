#pragma once
// How the actions of this library read their input: each says in one line what it wants, and the
// first thing that is wrong becomes INPUT_INVALID.

#include <string>
#include <string_view>

#include "json/value.h"
#include "transform/transform.h"

namespace fermata::transform {

inline Failure invalid(std::string message) {
  return {"ValidationError", "INPUT_INVALID", std::move(message), nullptr};
}

// Reads members of an object. After the reading `wrong()` tells whether something was missing or of
// another type; what is then returned is an empty value of the right type.
class Input {
 public:
  explicit Input(const json::Value& input) : input_(input) {
    if (!input.is_object()) note("the input must be an object");
  }

  std::string_view text(std::string_view key);
  std::string_view text(std::string_view key, std::string_view otherwise);
  bool flag(std::string_view key, bool otherwise);
  std::int64_t whole(std::string_view key, std::int64_t otherwise);
  const json::Array& list(std::string_view key);
  const json::Object& object(std::string_view key);
  const json::Value& value(std::string_view key);

  [[nodiscard]] bool wrong() const { return !message_.empty(); }
  [[nodiscard]] Failure failure() const { return invalid(message_); }
  void note(std::string message) {
    if (message_.empty()) message_ = std::move(message);
  }

 private:
  const json::Value& input_;
  std::string message_;
};

}  // namespace fermata::transform
