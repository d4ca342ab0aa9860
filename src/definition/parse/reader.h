#pragma once
// Reader: one JSON object, read strictly. Each member is asked for by name; what is wrong with it
// becomes a finding; finish() reports the members that nobody asked for. A reader returns a default
// for what is missing or wrong, so that reading goes on and all findings come at once.

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "definition/findings.h"
#include "foundation/limits.h"
#include "json/value.h"

namespace fermata::definition {

enum class Need : std::uint8_t { Required, Optional };

// Bounds of a whole number, both included. The default upper one is the largest safe integer.
struct Range {
  std::int64_t min = 1;
  std::int64_t max = (std::int64_t{1} << 53) - 1;
};

struct TextRule {
  Need need = Need::Required;
  std::size_t bytes_max = limits::kNameBytesMax;
};

class Reader {
 public:
  // What to call the object in messages ("action.call", "a retry policy"), where it stands, and
  // what joins a member to that: "." behind a canonical path, "/" inside a step's field.
  struct Place {
    std::string what;
    std::string path;
    char separator = '/';
  };

  Reader(const json::Object& object, Place place, Findings& findings)
      : object_(object), place_(std::move(place)), findings_(findings) {}

  // The finding path of a member.
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] const std::string& path() const { return place_.path; }
  [[nodiscard]] Findings& findings() { return findings_; }

  // The member as it is, or nullptr; a missing required one is a finding.
  const json::Value* value(std::string_view key, Need need = Need::Optional);

  // Non-empty text of bounded length; "" when missing or wrong.
  std::string text(std::string_view key, TextRule rule = {});
  // A safe whole number in the range.
  std::optional<std::int64_t> whole(std::string_view key, Range range, Need need = Need::Optional);
  std::optional<double> positive(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  // One of the words; the first when missing or wrong.
  std::string_view word(std::string_view key, std::initializer_list<std::string_view> words,
                        Need need = Need::Optional);
  const json::Object* object(std::string_view key, Need need = Need::Optional);
  const json::Array* array(std::string_view key, Need need = Need::Optional);
  std::vector<std::string> texts(std::string_view key);

  // A member that is a mistake here for a reason worth saying: a finding when it is there.
  void refuse(std::string_view key, std::string_view why, std::string_view help);

  // Reports what was not asked for.
  void finish();

 private:
  void wrong_type(std::string_view key, std::string_view wanted, const json::Value& found);

  const json::Object& object_;
  Place place_;
  Findings& findings_;
  std::vector<std::string_view> known_;
};

// "a string", "an array", "null".
std::string with_article(std::string_view type);

// "expected X, got Y", and for null the advice to leave the field out.
void report_type(Findings& findings, std::string path, std::string_view wanted,
                 const json::Value& found);

}  // namespace fermata::definition
