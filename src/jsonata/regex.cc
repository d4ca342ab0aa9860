#include "jsonata/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "jsonata/evaluator.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

pcre2_code* code_of(void* raw) {
  return static_cast<pcre2_code*>(raw);
}

Val match_object(const std::shared_ptr<const Regex>& regex, const std::string& text,
                 std::size_t from, Evaluator& evaluator) {
  RegexMatch found;
  const auto outcome = regex->match(text, from, evaluator.options().budget.regex_steps, found);
  if (outcome == Regex::Outcome::LimitReached) return evaluator.fail_here("U1005");
  if (outcome == Regex::Outcome::NotFound) return {};
  auto object = std::make_shared<ObjectData>();
  object->set("match", Val::text(text.substr(found.start, found.end - found.start)));
  object->set(
      "start",
      Val::number(static_cast<double>(code_length(std::string_view(text).substr(0, found.start)))));
  object->set(
      "end",
      Val::number(static_cast<double>(code_length(std::string_view(text).substr(0, found.end)))));
  std::vector<Val> groups;
  for (auto& group : found.groups) groups.push_back(group ? Val::text(*group) : Val());
  object->set("groups", list(std::move(groups)));
  auto next = std::make_shared<FunctionData>();
  next->run = [regex, text, end = found.end](Evaluator& inner, std::vector<Val>&) {
    return match_object(regex, text, end, inner);
  };
  object->set("next", Val::function(std::move(next)));
  return Val::object(std::move(object));
}

}  // namespace

std::shared_ptr<const Regex> Regex::compile(const std::string& pattern, const std::string& flags) {
  std::uint32_t options =
      PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY;
  if (flags.find('i') != std::string::npos) options |= PCRE2_CASELESS;
  if (flags.find('m') != std::string::npos) options |= PCRE2_MULTILINE;
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   options, &error, &offset, nullptr);
  if (code == nullptr) return nullptr;
  return std::shared_ptr<const Regex>(new Regex(code));
}

Regex::~Regex() {
  pcre2_code_free(code_of(code_));
}

Regex::Outcome Regex::match(std::string_view text, std::size_t from, std::uint32_t limit,
                            RegexMatch& found) const {
  pcre2_match_data* data = pcre2_match_data_create_from_pattern(code_of(code_), nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(context, limit);
  const int count = pcre2_match(code_of(code_), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                text.size(), from, 0, data, context);
  Outcome outcome = Outcome::NotFound;
  if (count > 0) {
    outcome = Outcome::Found;
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data);
    found.start = ends[0];
    found.end = ends[1];
    const std::uint32_t groups = pcre2_get_ovector_count(data);
    found.groups.clear();
    for (std::uint32_t i = 1; i < groups; ++i) {
      const bool is_set = ends[2 * i] != PCRE2_UNSET;
      found.groups.push_back(is_set ? std::optional(std::string(
                                          text.substr(ends[2 * i], ends[2 * i + 1] - ends[2 * i])))
                                    : std::nullopt);
    }
  } else if (count == PCRE2_ERROR_MATCHLIMIT || count == PCRE2_ERROR_DEPTHLIMIT ||
             count == PCRE2_ERROR_HEAPLIMIT) {
    outcome = Outcome::LimitReached;
  }
  pcre2_match_context_free(context);
  pcre2_match_data_free(data);
  return outcome;
}

Val regex_function(std::shared_ptr<const Regex> regex) {
  auto function = std::make_shared<FunctionData>();
  function->arity = 1;
  function->regex = regex;
  function->run = [regex](Evaluator& evaluator, std::vector<Val>& arguments) -> Val {
    if (arguments.empty() || !arguments.front().is_text()) return {};
    return match_object(regex, std::string(arguments.front().as_text()), 0, evaluator);
  };
  return Val::function(std::move(function));
}

const Regex* regex_of(const Val& value) {
  return value.is_function() ? static_cast<const Regex*>(value.as_function().regex.get()) : nullptr;
}

}  // namespace fermata::jsonata
