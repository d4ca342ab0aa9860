#include "jsonata/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <optional>
#include <string>

namespace fermata::jsonata {
namespace {

constexpr std::size_t kMachineStackMin = 32 * 1024;
constexpr std::size_t kMachineStackMax = 1024 * 1024;

pcre2_code* code_of(void* raw) {
  return static_cast<pcre2_code*>(raw);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

pcre2_match_data* data_of(void* raw) {
  return static_cast<pcre2_match_data*>(raw);
}
pcre2_match_context* context_of(void* raw) {
  return static_cast<pcre2_match_context*>(raw);
}

// What JavaScript's pattern letters mean where PCRE2's differ.
constexpr std::string_view kSpace =
    R"(\t\n\x0b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff)";
constexpr std::string_view kDot = R"([^\n\r\u2028\u2029])";

// With the flag `m`, `^` and `$` are at any of JavaScript's line ends.
constexpr std::string_view kLineStart = R"((?<![^\n\r\u2028\u2029]))";
constexpr std::string_view kLineEnd = R"((?![^\n\r\u2028\u2029]))";

// Whether what opens with `(` at a place is a group of JavaScript: PCRE2 knows many more.
bool is_group(std::string_view rest) {
  if (rest.starts_with("(*")) return false;
  if (!rest.starts_with("(?")) return true;
  rest.remove_prefix(2);
  if (rest.starts_with("<"))
    return rest.size() > 1 && rest[1] != '>' &&
           (rest[1] == '=' || rest[1] == '!' || !is_digit(rest[1]));
  return rest.starts_with(":") || rest.starts_with("=") || rest.starts_with("!");
}

// The size of the quantifier at a place, or 0.
std::size_t quantifier_size(std::string_view rest) {
  if (rest.empty()) return 0;
  if (rest[0] == '*' || rest[0] == '+' || rest[0] == '?') return 1;
  if (rest[0] != '{') return 0;
  std::size_t at = 1;
  while (at < rest.size() && is_digit(rest[at])) ++at;
  if (at == 1) return 0;
  if (at < rest.size() && rest[at] == ',') ++at;
  while (at < rest.size() && is_digit(rest[at])) ++at;
  return at < rest.size() && rest[at] == '}' ? at + 1 : 0;
}

// A pattern of JavaScript in the words of PCRE2; nothing when only PCRE2 would know what it means.
std::optional<std::string> translate(std::string_view pattern, bool has_lines) {
  std::string out;
  out.reserve(pattern.size() + 16);
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (const std::size_t size = in_class ? 0 : quantifier_size(pattern.substr(i)); size > 0) {
      out += pattern.substr(i, size);
      i += size - 1;
      if (i + 1 < pattern.size() && pattern[i + 1] == '?') out += pattern[++i];
      // PCRE2 takes `a++` for a quantifier of its own.
      if (i + 1 < pattern.size() && pattern[i + 1] == '+') return std::nullopt;
      continue;
    }
    if (c == '(' && !in_class && !is_group(pattern.substr(i))) return std::nullopt;
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[++i];
      if (next == 's') {
        out += in_class ? std::string(kSpace) : "[" + std::string(kSpace) + "]";
      } else if (next == 'S' && !in_class) {
        out += "[^" + std::string(kSpace) + "]";
      } else if (next == 'v') {
        out += R"(\x0b)";
      } else if (next == 'd' || next == 'D' || next == 'w' || next == 'W' || next == 'b' ||
                 next == 'B' || next == 'S' ||
                 std::string_view("nrtf0123456789cxuk").find(next) != std::string_view::npos) {
        out += c;
        out += next;
      } else if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')) {
        out += next;  // an escape that means nothing is the letter itself
      } else {
        out += c;
        out += next;
      }
    } else if (c == '[' && !in_class) {
      in_class = true;
      out += c;
    } else if (c == '[') {
      out += R"(\[)";
    } else if (c == ']' && in_class) {
      in_class = false;
      out += c;
    } else if (c == '.' && !in_class) {
      out += kDot;
    } else if (has_lines && !in_class && (c == '^' || c == '$')) {
      out += c == '^' ? kLineStart : kLineEnd;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Regex::Regex(void* code) : code_(code) {
  pcre2_pattern_info(code_of(code_), PCRE2_INFO_CAPTURECOUNT, &groups_);
}

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, std::string_view flags) {
  std::uint32_t options = PCRE2_UTF | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF |
                          PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C;
  if (flags.find('i') != std::string_view::npos) options |= PCRE2_CASELESS;
  const auto translated = translate(pattern, flags.find('m') != std::string_view::npos);
  if (!translated) return nullptr;
  const std::string& text = *translated;
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options,
                                   &error, &offset, nullptr);
  if (code == nullptr) return nullptr;
  return std::shared_ptr<const Regex>(new Regex(code));
}

Regex::~Regex() {
  pcre2_code_free(code_of(code_));
  pcre2_code_free(code_of(machine_code_.load()));
}

// Two threads may both make the machine code; one copy wins, the other is thrown away.
void* Regex::ready_code() const {
  void* ready = machine_code_.load(std::memory_order_acquire);
  if (ready != nullptr) return ready;
  pcre2_code* const copy = pcre2_code_copy(code_of(code_));
  if (copy == nullptr) return code_;
  pcre2_jit_compile(copy, PCRE2_JIT_COMPLETE);  // without it the interpreter gives the same answer
  if (machine_code_.compare_exchange_strong(ready, copy, std::memory_order_acq_rel)) return copy;
  pcre2_code_free(copy);
  return ready;
}

RegexMatcher::~RegexMatcher() {
  pcre2_match_data_free(data_of(data_));
  pcre2_match_context_free(context_of(context_));
  pcre2_jit_stack_free(static_cast<pcre2_jit_stack*>(stack_));
}

void RegexMatcher::prepare(std::uint32_t groups) {
  if (context_ == nullptr) {
    context_ = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(context_of(context_), step_limit_);
  }
  if (data_ != nullptr && data_groups_ >= groups) return;
  pcre2_match_data_free(data_of(data_));
  data_groups_ = groups < 7 ? 7 : groups;
  data_ = pcre2_match_data_create(data_groups_ + 1, nullptr);
}

int RegexMatcher::run(void* code, std::string_view text, std::size_t from) {
  return pcre2_match(code_of(code), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                     PCRE2_NO_UTF_CHECK, data_of(data_), context_of(context_));
}

Regex::Outcome RegexMatcher::find(const Regex& regex, std::string_view text, std::size_t from) {
  prepare(regex.groups_);
  void* const code = regex.ready_code();
  int count = run(code, text, from);
  if (count == PCRE2_ERROR_JIT_STACKLIMIT && stack_ == nullptr) {
    stack_ = pcre2_jit_stack_create(kMachineStackMin, kMachineStackMax, nullptr);
    pcre2_jit_stack_assign(context_of(context_), nullptr, stack_);
    count = run(code, text, from);
  }
  if (count == PCRE2_ERROR_NOMATCH) return Regex::Outcome::NotFound;
  return count > 0 ? Regex::Outcome::Found : Regex::Outcome::LimitReached;
}

RegexGroup RegexMatcher::group(std::uint32_t index) const {
  const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(data_of(data_));
  const std::size_t at = std::size_t{2} * index;
  if (index > data_groups_ || ends[at] == PCRE2_UNSET) return {};
  return {true, ends[at], ends[at + 1]};
}

}  // namespace fermata::jsonata
