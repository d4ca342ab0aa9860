#pragma once
// Regular expressions with JavaScript's meaning, on PCRE2 with a counted match limit. A Regex is
// read-only; the machine code is made at the first match, so that compiling stays cheap. Offsets
// are bytes of UTF-8 text.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fermata::jsonata {

struct RegexGroup {
  bool is_set = false;
  std::size_t start = 0;
  std::size_t end = 0;
};
// The whole match first, then the groups.
using RegexMatch = std::vector<RegexGroup>;

class Regex {
 public:
  // Null when the pattern is not valid.
  static std::shared_ptr<const Regex> compile(std::string_view pattern, std::string_view flags);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  enum class Outcome : std::uint8_t { Found, NotFound, LimitReached };
  [[nodiscard]] std::uint32_t groups() const { return groups_; }

 private:
  friend class RegexMatcher;
  explicit Regex(void* code);
  void* ready_code() const;

  void* code_;
  mutable std::atomic<void*> machine_code_ = nullptr;
  std::uint32_t groups_ = 0;
};

// What matching needs and keeps from match to match; one per evaluation, not shared.
class RegexMatcher {
 public:
  explicit RegexMatcher(std::uint32_t step_limit) : step_limit_(step_limit) {}
  ~RegexMatcher();
  RegexMatcher(const RegexMatcher&) = delete;
  RegexMatcher& operator=(const RegexMatcher&) = delete;

  // The first match at or after `from`.
  Regex::Outcome find(const Regex& regex, std::string_view text, std::size_t from);
  // Of the last match; group 0 is the whole.
  [[nodiscard]] RegexGroup group(std::uint32_t index) const;

 private:
  void prepare(std::uint32_t groups);
  int run(void* code, std::string_view text, std::size_t from);

  std::uint32_t step_limit_;
  void* data_ = nullptr;
  std::uint32_t data_groups_ = 0;
  void* context_ = nullptr;
  void* stack_ = nullptr;
};

}  // namespace fermata::jsonata
