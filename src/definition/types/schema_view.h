#pragma once
// SchemaView: what a JSON Schema says about one place, as far as the checks need it: kinds of
// values, fields, items. `$ref` inside the document and `allOf` are followed; what is not
// understood (anyOf of objects, conditions, outer references) makes the view open, never wrong.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace fermata::definition {

// A set of kinds of JSON values.
struct Kinds {
  std::uint8_t bits = 0x3F;

  [[nodiscard]] bool has(Kinds other) const { return (bits & other.bits) != 0; }
  [[nodiscard]] bool is_any() const { return bits == 0x3F; }
  // "a string or null"
  [[nodiscard]] std::string words() const;
  bool operator==(const Kinds&) const = default;
};
inline constexpr Kinds kNoKind{0};
inline constexpr Kinds kNull{1};
inline constexpr Kinds kBoolean{2};
inline constexpr Kinds kNumber{4};
inline constexpr Kinds kString{8};
inline constexpr Kinds kArray{16};
inline constexpr Kinds kObject{32};
inline constexpr Kinds kAnyKind{0x3F};
constexpr Kinds operator|(Kinds left, Kinds right) {
  return {static_cast<std::uint8_t>(left.bits | right.bits)};
}
constexpr Kinds operator&(Kinds left, Kinds right) {
  return {static_cast<std::uint8_t>(left.bits & right.bits)};
}
Kinds kind_of(const json::Value& value);

class SchemaView {
 public:
  // The whole schema. It must outlive the view and every view made from it.
  explicit SchemaView(const json::Value& schema) : SchemaView(schema, schema) {}

  [[nodiscard]] Kinds kinds() const { return kinds_; }
  // Whether both are views of one place of one schema.
  [[nodiscard]] bool is_same(const SchemaView& other) const { return parts_ == other.parts_; }
  // The schema of a field, when there is one.
  [[nodiscard]] std::optional<SchemaView> property(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> property_names() const;
  [[nodiscard]] std::vector<std::string> required() const;
  [[nodiscard]] bool is_required(std::string_view name) const;
  // Whether an object may have fields that are not named.
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  // Whether the fields that are named are all that is known, so that another is worth a word.
  [[nodiscard]] bool names_fields() const { return !is_open_ && has_properties_; }
  [[nodiscard]] std::optional<SchemaView> items() const;
  // The allowed values, when they are listed.
  [[nodiscard]] const json::Array* values() const { return values_; }

 private:
  SchemaView(const json::Value& root, const json::Value& at);
  void take(const json::Object& part);

  const json::Value* root_;
  std::vector<const json::Object*> parts_;  // all of them hold
  Kinds kinds_;
  const json::Array* values_ = nullptr;
  bool is_closed_ = false;
  bool is_open_ = false;
  bool has_properties_ = false;
};

}  // namespace fermata::definition
