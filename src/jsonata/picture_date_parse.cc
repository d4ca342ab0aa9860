// Text to moments by a picture: each marker is a group of one regular expression; what the groups
// say is put together by the language's table of date and time shapes.
#include <array>
#include <cmath>
#include <limits>

#include "jsonata/js_number.h"
#include "jsonata/picture_date.h"
#include "jsonata/picture_date_names.h"
#include "jsonata/regex.h"

namespace fermata::jsonata {
namespace {

constexpr std::uint32_t kMatchStepsMax = 100'000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const char* append_pattern(const DatePart& part, std::string& pattern) {
  if (part.is_literal()) {
    for (const char c : part.literal) {
      if (std::string_view(".*+?^${}()|[]\\").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
    return nullptr;
  }
  if (part.component == U'Z' || part.component == U'z') {
    if (part.component == U'z') pattern += "GMT";
    pattern += "[-+][0-9]+";
    if (part.integer.is_regular) {
      pattern += static_cast<char>(part.integer.separators.front().character);
      pattern += "[0-9]+";
    }
    return nullptr;
  }
  if (part.component == U'f') {
    pattern += "[0-9]+";
    return nullptr;
  }
  if (part.has_integer) return append_integer_pattern(part.integer, pattern);
  pattern += "[a-zA-Z]+";
  const bool has_names = part.component == U'M' || part.component == U'x' ||
                         part.component == U'F' || part.component == U'P';
  return has_names ? nullptr : "D3133";
}

double zone_minutes(const DatePart& part, std::string_view text) {
  if (part.component == U'z') text.remove_prefix(3);
  double hours = 0;
  double minutes = 0;
  if (part.integer.is_regular) {
    const std::size_t at = text.find(static_cast<char>(part.integer.separators.front().character));
    hours = leading_integer(text.substr(0, at));
    minutes = leading_integer(text.substr(at + 1));
  } else if (text.size() <= 3) {
    hours = leading_integer(text);
  } else {
    hours = leading_integer(text.substr(0, 3));
    minutes = leading_integer(text.substr(3));
  }
  return hours * 60 + minutes;
}

template <std::size_t N>
std::optional<double> index_of(const std::array<std::string_view, N>& names, const DatePart& part,
                               std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    std::string_view name = names[i];
    if (part.width_max && *part.width_max > 0)
      name = name.substr(0, static_cast<std::size_t>(*part.width_max));
    if (!name.empty() && name == text) return static_cast<double>(i);
  }
  return std::nullopt;
}

std::optional<double> name_value(const DatePart& part, std::string_view text) {
  if (part.component == U'F') return index_of(kDayNames, part, text);
  if (part.component == U'P') {
    if (text == "am" || text == "AM") return 0;
    return text == "pm" || text == "PM" ? std::optional(1.0) : std::nullopt;
  }
  const auto month = index_of(kMonthNames, part, text);
  return month ? std::optional(*month + 1) : std::nullopt;
}

std::optional<double> part_value(const DatePart& part, std::string_view text) {
  if (part.component == U'Z' || part.component == U'z') return zone_minutes(part, text);
  if (part.component == U'f') return decimal_value("0." + std::string(text.substr(0, 3))) * 1000;
  if (!part.has_integer) return name_value(part, text);
  double number = kNaN;
  parse_integer(text, part.integer, number);
  return number;
}

// What the text says, by component letter.
class Components {
 public:
  void set(char32_t letter, std::optional<double> value) {
    if (letter < values_.size()) values_[letter] = value;
  }
  [[nodiscard]] std::optional<double> get(char32_t letter) const { return values_[letter]; }
  [[nodiscard]] bool is_set(char32_t letter) const {
    const auto value = values_[letter];
    return value && *value != 0 && !std::isnan(*value);
  }
  // One bit a letter, the first letter highest.
  [[nodiscard]] unsigned mask(std::u32string_view letters) const {
    unsigned bits = 0;
    for (const char32_t letter : letters) bits = bits * 2 + (is_set(letter) ? 1 : 0);
    return bits;
  }

 private:
  std::array<std::optional<double>, 128> values_;
};

bool is_shape(unsigned mask, unsigned shape) {
  return (~shape & mask) == 0 && (shape & mask) != 0;
}

// Fills what was not written: above from now, below with the least; a hole between is no date.
bool complete(Components& components, std::u32string_view order, double now) {
  bool has_started = false;
  bool has_ended = false;
  for (const char32_t letter : order) {
    if (components.get(letter)) {
      has_started = true;
      if (has_ended) return false;
    } else if (has_started) {
      const bool is_from_one = letter == U'M' || letter == U'D' || letter == U'd';
      components.set(letter, is_from_one ? 1 : 0);
      has_ended = true;
    } else {
      // A half of the day that nobody wrote is the first one.
      components.set(letter, letter == U'P' ? 0 : date_component(now, letter));
    }
  }
  return true;
}

ParsedDate put_together(Components& components, double now) {
  const unsigned date = components.mask(U"YXMxWwdD");
  const bool by_year_day = !is_shape(date, 0xA1) && is_shape(date, 0x82);
  const bool by_week = is_shape(date, 0x54) || is_shape(date, 0x48);
  const unsigned time = components.mask(U"PHhmsf");
  const bool by_half_day = !is_shape(time, 0x17) && is_shape(time, 0x2F);
  std::u32string order = by_year_day            ? U"YD"
                         : is_shape(date, 0x54) ? U"XxwF"
                         : by_week              ? U"XWF"
                                                : U"YMD";
  order += by_half_day ? U"Phmsf" : U"Hmsf";
  if (!complete(components, order, now) || by_week) return {"D3136", std::nullopt};
  const auto value = [&](char32_t letter) { return components.get(letter).value_or(kNaN); };
  double month = components.get(U'M').value_or(0) > 0 ? value(U'M') - 1 : 0;
  double day = value(U'D');
  if (by_year_day) {
    const double derived = date_utc(value(U'Y'), 0) + (value(U'd') - 1) * kDayMs;
    if (!(std::fabs(derived) <= 8.64e15)) return {nullptr, kNaN};
    const DateFields fields = date_fields(derived);
    month = fields.month;
    day = fields.day;
  }
  double hour = value(U'H');
  if (by_half_day) {
    hour = value(U'h') == 12 ? 0 : value(U'h');
    if (value(U'P') == 1) hour += 12;
  }
  const double in_day =
      ((hour * 60 + value(U'm')) * 60 + value(U's')) * 1000 + std::trunc(value(U'f'));
  double result = date_utc(value(U'Y'), month, day, in_day);
  if (components.is_set(U'Z')) {
    result -= value(U'Z') * 60'000;
  } else if (components.is_set(U'z')) {
    result -= value(U'z') * 60'000;
  }
  return {nullptr, result};
}

}  // namespace

const char* make_date_reader(DatePicture picture, DateReader& reader) {
  std::string pattern = "^";
  for (const DatePart& part : picture.parts) {
    pattern += '(';
    if (const char* code = append_pattern(part, pattern)) return code;
    pattern += ')';
  }
  pattern += '$';
  reader.regex = Regex::compile(pattern, "i");
  reader.picture = std::move(picture);
  return nullptr;
}

ParsedDate parse_date(std::string_view text, const DateReader& reader, double now) {
  RegexMatcher matcher(kMatchStepsMax);
  if (reader.regex == nullptr || matcher.find(*reader.regex, text, 0) != Regex::Outcome::Found)
    return {};
  Components components;
  bool has_any = false;
  for (std::size_t i = 0; i < reader.picture.parts.size(); ++i) {
    const DatePart& part = reader.picture.parts[i];
    if (part.is_literal()) continue;
    const RegexGroup group = matcher.group(static_cast<std::uint32_t>(i + 1));
    components.set(part.component,
                   part_value(part, text.substr(group.start, group.end - group.start)));
    has_any = true;
  }
  if (!has_any) return {};
  return put_together(components, now);
}

}  // namespace fermata::jsonata
