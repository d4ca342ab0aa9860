#pragma once
// Regular expressions with JavaScript's meaning, on PCRE2 with a counted match limit.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fermata::jsonata {

class Val;

struct RegexMatch {
  std::size_t start = 0;
  std::size_t end = 0;
  std::vector<std::optional<std::string>> groups;  // without the whole
};

class Regex {
 public:
  // Null when the pattern is not valid.
  static std::shared_ptr<const Regex> compile(const std::string& pattern, const std::string& flags);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  enum class Outcome : std::uint8_t { Found, NotFound, LimitReached };
  // The first match at or after `from`.
  Outcome match(std::string_view text, std::size_t from, std::uint32_t limit,
                RegexMatch& found) const;

 private:
  explicit Regex(void* code) : code_(code) {}
  void* code_;
};

// The function value that a regex literal stands for: text to {match, start, end, groups, next}.
Val regex_function(std::shared_ptr<const Regex> regex);
// The regex behind such a function value, or nullptr.
const Regex* regex_of(const Val& value);

}  // namespace fermata::jsonata
