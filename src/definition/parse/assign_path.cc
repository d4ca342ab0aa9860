#include "definition/parse/assign_path.h"

#include <algorithm>
#include <array>
#include <utility>

#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

using namespace std::string_view_literals;

constexpr std::array kRoots = {"payload"sv, "vars"sv, "local"sv, "meta"sv, "error"sv};
constexpr std::array kReserved = {"payload"sv, "vars"sv, "local"sv,
                                  "system"sv,  "meta"sv, "error"sv};
constexpr std::array kLoopWords = {"index"sv, "length"sv, "isFirst"sv, "isLast"sv};
// Rows and states are read by JavaScript, too, where these names reach into every object.
constexpr std::array kForbidden = {"__proto__"sv, "prototype"sv, "constructor"sv};
constexpr std::size_t kSegmentsMax = 32;
constexpr std::string_view kForms =
    "write `vars.name`, `payload.a.b`, `local.name`, `meta.name`, `error.name`, a JSON pointer "
    "into the payload (`/a/b`) or a plain variable name";

template <typename Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::ranges::find(words, word) != words.end();
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A name that an expression can read back, with backticks at worst.
bool is_segment(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '$' || (c & 0x80) != 0;
  });
}

bool is_identifier(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

AssignRoot root_named(std::string_view word) {
  if (word == "payload") return AssignRoot::Payload;
  if (word == "local") return AssignRoot::Local;
  if (word == "meta") return AssignRoot::Meta;
  return word == "error" ? AssignRoot::Error : AssignRoot::Vars;
}

// RFC 6901: "~1" is "/", "~0" is "~"; anything else behind "~" is a mistake.
bool unescape(std::string& token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    const char next = i + 1 < token.size() ? token[i + 1] : '\0';
    if (next != '0' && next != '1') return false;
    out += next == '0' ? '~' : '/';
    ++i;
  }
  token = std::move(out);
  return true;
}

struct Refusal {
  std::string message;
  std::string help = std::string(kForms);
};

std::optional<Refusal> parse_pointer(std::string_view text, AssignPath& path) {
  path.root = AssignRoot::Payload;
  path.segments = split(text.substr(1), '/');
  for (std::string& token : path.segments) {
    if (!unescape(token)) return Refusal{format("`{}` is not a JSON pointer", text)};
    if (token.empty()) return Refusal{format("`{}` has an empty part", text)};
  }
  return std::nullopt;
}

std::optional<Refusal> parse_dotted(std::string_view text, AssignPath& path) {
  path.segments = split(text, '.');
  const std::string first = path.segments.front();
  if (first == "system") {
    return Refusal{"`system` cannot be assigned to", "write to `vars` instead"};
  }
  if (is_one_of(first, kRoots)) {
    path.root = root_named(first);
    path.segments.erase(path.segments.begin());
    if (path.segments.empty()) {
      return Refusal{format("`{}` as a whole cannot be assigned to", first),
                     format("name a field, such as `{}.result`", first)};
    }
  } else if (path.segments.size() > 1) {
    return Refusal{format("`{}` begins with none of {}", text, listing(std::span(kRoots))),
                   did_you_mean(first, kRoots, kForms)};
  }
  for (const std::string& segment : path.segments) {
    if (segment.empty()) return Refusal{format("`{}` has an empty part", text)};
    if (!is_segment(segment)) {
      return Refusal{format("`{}` is not a name", segment),
                     "use letters, digits, `_` and `-`; write array positions as `.0`"};
    }
  }
  return std::nullopt;
}

std::optional<Refusal> parse_into(std::string_view text, AssignPath& path) {
  if (text.empty()) return Refusal{"the path is empty"};
  auto refusal = text.front() == '/' ? parse_pointer(text, path) : parse_dotted(text, path);
  if (refusal) return refusal;
  if (path.segments.size() > kSegmentsMax) {
    return Refusal{format("the path has more than {} parts", kSegmentsMax), "nest less deeply"};
  }
  const auto bad = std::ranges::find_if(
      path.segments, [](const std::string& segment) { return is_one_of(segment, kForbidden); });
  if (bad != path.segments.end()) {
    return Refusal{format("`{}` is a forbidden name", *bad), "choose another name"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<AssignPath> parse_assign_path(std::string_view text, const std::string& where,
                                            Findings& findings) {
  AssignPath path;
  path.source = text;
  auto refusal = parse_into(text, path);
  if (!refusal) return path;
  findings.error(where, "INVALID_ASSIGN_PATH", std::move(refusal->message),
                 std::move(refusal->help));
  return std::nullopt;
}

bool check_variable_name(std::string_view name, NameUse use, const std::string& where,
                         Findings& findings) {
  constexpr std::string_view kCode = "INVALID_VARIABLE_NAME";
  if (name.starts_with("vars.") && is_identifier(name.substr(5))) {
    findings.error(where, kCode, format("`{}` is a path, a plain name is expected", name),
                   format("write `{}`", name.substr(5)));
    return false;
  }
  if (!is_identifier(name)) {
    findings.error(where, kCode, format("`{}` is not a variable name", name),
                   "use letters, digits and `_`, and begin with no digit");
    return false;
  }
  const bool is_taken = is_one_of(name, kReserved) || is_one_of(name, kForbidden) ||
                        (use == NameUse::LoopItem && is_one_of(name, kLoopWords));
  if (is_taken) {
    findings.error(where, kCode, format("`{}` is a reserved name", name), "choose another name");
  }
  return !is_taken;
}

}  // namespace fermata::definition
