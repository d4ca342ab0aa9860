#include "json/redact.h"

#include <algorithm>
#include <array>

#include "json/pointer.h"

namespace fermata::json {
namespace {

bool is_secret_name(std::string_view key) {
  static constexpr std::array<std::string_view, 6> kWords = {
      "secret", "token", "password", "apikey", "authorization", "passphrase"};
  std::string plain;
  for (const char c : key) {
    if (c == '_' || c == '-' || c == ' ') continue;
    plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
  }
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

bool is_secret_reference(const Value& value) {
  return value.is_object() && value.get_object().size() == 1 &&
         value.get_object().contains("$secret");
}

Value redact_at(const Value& value, const std::string& pointer,
                std::span<const std::string> secret_pointers) {
  if (std::ranges::find(secret_pointers, pointer) != secret_pointers.end()) return Value(kRedacted);
  if (is_secret_reference(value)) return value;
  if (value.is_array()) {
    Array copy;
    copy.reserve(value.get_array().size());
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      copy.push_back(
          redact_at(value.get_array()[i], pointer + "/" + std::to_string(i), secret_pointers));
    }
    return Value(std::move(copy));
  }
  if (!value.is_object()) return value;
  Object copy;
  for (const auto& member : value.get_object()) {
    const bool is_plain = !is_secret_name(member.key()) || member.value().is_null() ||
                          is_secret_reference(member.value());
    std::string below = pointer;
    append_token(below, member.key());
    copy.emplace(member.key(),
                 is_plain ? redact_at(member.value(), below, secret_pointers) : Value(kRedacted));
  }
  return Value(std::move(copy));
}

}  // namespace

Value redact(const Value& value, std::span<const std::string> secret_pointers) {
  return redact_at(value, "", secret_pointers);
}

}  // namespace fermata::json
