#include "jsonata/picture_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include "json/number.h"
#include "jsonata/js_number.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

constexpr std::size_t kNone = std::u16string::npos;

// What a character of a picture may mean.
class Alphabet {
 public:
  explicit Alphabet(const NumberSymbols& symbols) : symbols_(symbols) {}
  [[nodiscard]] bool is_digit(char16_t c) const {
    const char16_t zero = symbols_.zero_digit.empty() ? u'0' : symbols_.zero_digit[0];
    return c >= zero && c <= zero + 9;
  }
  [[nodiscard]] bool is(char16_t c, const std::u16string& symbol) const {
    return symbol.size() == 1 && symbol[0] == c;
  }
  [[nodiscard]] bool is_place(char16_t c) const { return is_digit(c) || is(c, symbols_.digit); }
  [[nodiscard]] bool is_active(char16_t c) const {
    return is_place(c) || is(c, symbols_.decimal_separator) || is(c, symbols_.exponent_separator) ||
           is(c, symbols_.grouping_separator) || is(c, symbols_.pattern_separator);
  }
  [[nodiscard]] int digits(std::u16string_view text) const {
    return static_cast<int>(std::ranges::count_if(text, [&](char16_t c) { return is_digit(c); }));
  }
  [[nodiscard]] int places(std::u16string_view text) const {
    return static_cast<int>(std::ranges::count_if(text, [&](char16_t c) { return is_place(c); }));
  }

 private:
  const NumberSymbols& symbols_;
};

struct Parts {
  std::u16string text;
  std::u16string prefix;
  std::u16string suffix;
  std::u16string active;
  std::u16string mantissa;
  std::u16string integer;
  std::u16string fraction;
  std::u16string exponent;
  bool has_exponent = false;
};

std::u16string tail(const std::u16string& text, std::size_t from) {
  return from >= text.size() ? std::u16string() : text.substr(from);
}

Parts split(const std::u16string& text, const NumberSymbols& symbols, const Alphabet& alphabet) {
  Parts parts;
  parts.text = text;
  const auto is_border = [&](char16_t c) {
    return alphabet.is_active(c) && !alphabet.is(c, symbols.exponent_separator);
  };
  const auto first = std::ranges::find_if(text, is_border);
  if (first != text.end()) parts.prefix.assign(text.begin(), first);
  for (std::size_t i = text.size(); i-- > 0;) {
    if (!is_border(text[i])) continue;
    parts.suffix = text.substr(i + 1);
    break;
  }
  const std::size_t start = parts.prefix.size();
  const std::size_t end = text.size() - parts.suffix.size();
  parts.active = end > start ? text.substr(start, end - start) : std::u16string();
  const std::size_t e = text.find(symbols.exponent_separator, start);
  parts.has_exponent = e != kNone && e <= end;
  parts.mantissa = parts.has_exponent ? parts.active.substr(0, e) : parts.active;
  if (parts.has_exponent) parts.exponent = tail(parts.active, e + 1);
  const std::size_t point = parts.mantissa.find(symbols.decimal_separator);
  // Without a point the suffix stands for the fraction: the official engine's own meaning.
  parts.integer = parts.mantissa.substr(0, point);
  parts.fraction = point == kNone ? parts.suffix : tail(parts.mantissa, point + 1);
  return parts;
}

bool is_repeated(const std::u16string& text, const std::u16string& symbol) {
  return text.find(symbol) != text.rfind(symbol);
}
bool has(const std::u16string& text, const std::u16string& symbol) {
  return text.find(symbol) != kNone;
}

const char* grouping_error(const Parts& parts, const NumberSymbols& symbols,
                           const Alphabet& alphabet) {
  const char* error = nullptr;
  const auto is_grouping = [&](const std::u16string& text, std::size_t at) {
    return at < text.size() && alphabet.is(text[at], symbols.grouping_separator);
  };
  const std::size_t point = parts.text.find(symbols.decimal_separator);
  if (point != kNone) {
    if (is_grouping(parts.text, point - 1) || is_grouping(parts.text, point + 1)) error = "D3087";
  } else if (is_grouping(parts.integer, parts.integer.size() - 1)) {
    error = "D3088";
  }
  if (has(parts.text, symbols.grouping_separator + symbols.grouping_separator)) error = "D3089";
  const std::size_t optional = parts.integer.find(symbols.digit);
  if (optional != kNone && alphabet.digits(parts.integer.substr(0, optional)) > 0) error = "D3090";
  const std::size_t last = parts.fraction.rfind(symbols.digit);
  if (last != kNone && alphabet.digits(parts.fraction.substr(last)) > 0) error = "D3091";
  return error;
}

// Every check runs, and the last one that fails names the error.
const char* check(const Parts& parts, const NumberSymbols& symbols, const Alphabet& alphabet) {
  const char* error = nullptr;
  if (is_repeated(parts.text, symbols.decimal_separator)) error = "D3081";
  if (is_repeated(parts.text, symbols.percent)) error = "D3082";
  if (is_repeated(parts.text, symbols.per_mille)) error = "D3083";
  const bool is_scaled = has(parts.text, symbols.percent) || has(parts.text, symbols.per_mille);
  if (has(parts.text, symbols.percent) && has(parts.text, symbols.per_mille)) error = "D3084";
  if (alphabet.places(parts.mantissa) == 0) error = "D3085";
  if (!std::ranges::all_of(parts.active, [&](char16_t c) { return alphabet.is_active(c); }))
    error = "D3086";
  if (const char* code = grouping_error(parts, symbols, alphabet)) error = code;
  if (parts.has_exponent && !parts.exponent.empty() && is_scaled) error = "D3092";
  const auto size = static_cast<int>(parts.exponent.size());
  if (parts.has_exponent && (size == 0 || alphabet.digits(parts.exponent) != size)) error = "D3093";
  return error;
}

int regular_distance(const std::vector<int>& positions) {
  if (positions.empty()) return 0;
  const int factor = std::accumulate(positions.begin() + 1, positions.end(), positions.front(),
                                     [](int a, int b) { return std::gcd(a, b); });
  for (int i = 1; i <= static_cast<int>(positions.size()); ++i) {
    if (std::ranges::find(positions, i * factor) == positions.end()) return 0;
  }
  return factor;
}

SubPicture analyse(const Parts& parts, const NumberSymbols& symbols, const Alphabet& alphabet) {
  SubPicture out;
  out.prefix = parts.prefix;
  out.suffix = parts.suffix;
  out.text = parts.text;
  const std::u16string& separator = symbols.grouping_separator;
  std::size_t at = parts.integer.find(separator);
  for (; at != kNone; at = parts.integer.find(separator, at + 1))
    out.integer_groups.push_back(alphabet.places(parts.integer.substr(at)));
  out.regular_group = regular_distance(out.integer_groups);
  // After its first separator the fraction is searched at the positions of the integer's ones.
  at = parts.fraction.find(separator);
  for (; at != kNone; at = parts.integer.find(separator, at + 1))
    out.fraction_groups.push_back(alphabet.places(parts.fraction.substr(0, at)));
  out.integer_digits_min = alphabet.digits(parts.integer);
  out.scaling = out.integer_digits_min;
  out.fraction_digits_min = alphabet.digits(parts.fraction);
  out.fraction_digits_max = alphabet.places(parts.fraction);
  if (out.integer_digits_min == 0 && out.fraction_digits_max == 0) {
    if (parts.has_exponent) {
      out.fraction_digits_min = 1;
      out.fraction_digits_max = 1;
    } else {
      out.integer_digits_min = 1;
    }
  }
  if (parts.has_exponent && out.integer_digits_min == 0 && has(parts.integer, symbols.digit))
    out.integer_digits_min = 1;
  if (out.integer_digits_min == 0 && out.fraction_digits_min == 0) out.fraction_digits_min = 1;
  if (parts.has_exponent) out.exponent_digits_min = alphabet.digits(parts.exponent);
  return out;
}

// toFixed in the picture's digits.
std::u16string digits_of(double number, int places, const NumberSymbols& symbols) {
  std::array<char, 512> buffer{};
  number = std::fabs(number);
  std::string text;
  if (number >= 1e21) {
    text = json::number_to_text(number);
  } else {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                   std::chars_format::fixed, std::clamp(places, 0, 100))
                         .ptr;
    text.assign(buffer.data(), end);
  }
  std::u16string out;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    const char16_t zero = symbols.zero_digit.empty() ? u'0' : symbols.zero_digit[0];
    out.push_back(is_digit ? static_cast<char16_t>(zero + (c - '0')) : static_cast<char16_t>(c));
  }
  return out;
}

void pad(std::u16string& text, std::size_t at, int count, const std::u16string& zero) {
  for (; count > 0; --count) text.insert(at, zero);
}

void insert_at(std::u16string& text, int position, const std::u16string& separator) {
  const auto size = static_cast<int>(text.size());
  // A slice with a negative end counts from the end.
  int at = position < 0 ? std::max(size + position, 0) : std::min(position, size);
  text.insert(static_cast<std::size_t>(at), separator);
}

void group_digits(std::u16string& text, const SubPicture& picture, const NumberSymbols& symbols) {
  const std::u16string& separator = symbols.grouping_separator;
  auto point = static_cast<int>(text.find(symbols.decimal_separator));
  if (picture.regular_group > 0) {
    const int groups = (point - 1) / picture.regular_group;
    for (int group = 1; group <= groups; ++group)
      insert_at(text, point - group * picture.regular_group, separator);
  } else {
    for (const int position : picture.integer_groups)
      insert_at(text, point++ - position, separator);
  }
  point = static_cast<int>(text.find(symbols.decimal_separator));
  for (const int position : picture.fraction_groups)
    insert_at(text, position + point + 1, separator);
}

struct Scaled {
  double mantissa;
  int exponent = 0;
};

Scaled scale(double number, const SubPicture& picture) {
  Scaled out{number};
  if (picture.exponent_digits_min == 0 || number == 0) return out;
  const double most = std::pow(10.0, picture.scaling);
  const double least = std::pow(10.0, picture.scaling - 1);
  while (std::fabs(out.mantissa) < least) {
    out.mantissa *= 10;
    out.exponent -= 1;
  }
  while (std::fabs(out.mantissa) > most) {
    out.mantissa /= 10;
    out.exponent += 1;
  }
  return out;
}

std::u16string mantissa_text(double number, const SubPicture& picture,
                             const NumberSymbols& symbols) {
  const std::u16string& zero = symbols.zero_digit;
  const std::u16string& point = symbols.decimal_separator;
  std::u16string text = digits_of(round_half_even(number, picture.fraction_digits_max),
                                  picture.fraction_digits_max, symbols);
  if (const std::size_t dot = text.find(u'.'); dot != kNone) {
    text.replace(dot, 1, point);
  } else {
    text += point;
  }
  while (!text.empty() && zero.size() == 1 && text.front() == zero[0]) text.erase(0, 1);
  while (!text.empty() && zero.size() == 1 && text.back() == zero[0]) text.pop_back();
  auto at = static_cast<int>(text.find(point));
  const int right = static_cast<int>(text.size()) - at - 1;
  pad(text, 0, picture.integer_digits_min - at, zero);
  pad(text, text.size(), picture.fraction_digits_min - right, zero);
  group_digits(text, picture, symbols);
  if (!has(picture.text, point) || text.find(point) == text.size() - 1) text.pop_back();
  return text;
}

}  // namespace

void NumberSymbols::set(std::string_view name, std::u16string value) {
  struct Row {
    std::string_view name;
    std::u16string NumberSymbols::*member;
  };
  static constexpr std::array<Row, 9> kRows = {{
      {"decimal-separator", &NumberSymbols::decimal_separator},
      {"grouping-separator", &NumberSymbols::grouping_separator},
      {"exponent-separator", &NumberSymbols::exponent_separator},
      {"minus-sign", &NumberSymbols::minus_sign},
      {"percent", &NumberSymbols::percent},
      {"per-mille", &NumberSymbols::per_mille},
      {"zero-digit", &NumberSymbols::zero_digit},
      {"digit", &NumberSymbols::digit},
      {"pattern-separator", &NumberSymbols::pattern_separator},
  }};
  for (const Row& row : kRows) {
    if (row.name == name) this->*row.member = std::move(value);
  }
}

const char* read_number_picture(std::string_view text, NumberSymbols symbols,
                                NumberPicture& picture) {
  picture.symbols = std::move(symbols);
  const Alphabet alphabet(picture.symbols);
  std::vector<std::u16string> pieces;
  std::u16string rest = to_utf16(text);
  const std::u16string& separator = picture.symbols.pattern_separator;
  for (std::size_t at = rest.find(separator); at != kNone && !separator.empty();
       at = rest.find(separator)) {
    pieces.push_back(rest.substr(0, at));
    rest.erase(0, at + separator.size());
  }
  pieces.push_back(std::move(rest));
  if (pieces.size() > 2) return "D3080";
  std::vector<Parts> parts;
  for (const std::u16string& piece : pieces)
    parts.push_back(split(piece, picture.symbols, alphabet));
  for (const Parts& part : parts) {
    if (const char* code = check(part, picture.symbols, alphabet)) return code;
  }
  picture.positive = analyse(parts.front(), picture.symbols, alphabet);
  picture.negative = analyse(parts.back(), picture.symbols, alphabet);
  if (parts.size() == 1)
    picture.negative.prefix = picture.symbols.minus_sign + picture.negative.prefix;
  return nullptr;
}

std::string format_number(double number, const NumberPicture& picture) {
  const NumberSymbols& symbols = picture.symbols;
  const SubPicture& sub = number >= 0 ? picture.positive : picture.negative;
  if (has(sub.text, symbols.percent)) {
    number *= 100;
  } else if (has(sub.text, symbols.per_mille)) {
    number *= 1000;
  }
  const Scaled scaled = scale(number, sub);
  std::u16string text = sub.prefix + mantissa_text(scaled.mantissa, sub, symbols);
  if (sub.exponent_digits_min > 0) {
    std::u16string exponent = digits_of(scaled.exponent, 0, symbols);
    pad(exponent, 0, sub.exponent_digits_min - static_cast<int>(exponent.size()),
        symbols.zero_digit);
    text += symbols.exponent_separator;
    if (scaled.exponent < 0) text += symbols.minus_sign;
    text += exponent;
  }
  return to_utf8(text + sub.suffix);
}

}  // namespace fermata::jsonata
