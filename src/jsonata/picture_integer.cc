#include "jsonata/picture_integer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "json/number.h"
#include "jsonata/js_number.h"
#include "jsonata/number_words.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Form = IntegerPicture::Form;
using Letters = IntegerPicture::Letters;

// The zeros of the scripts that have decimal digits.
constexpr std::array<char32_t, 37> kZeros = {
    0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
    0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
    0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

char32_t zero_of(char32_t code) {
  for (const char32_t zero : kZeros) {
    if (code >= zero && code <= zero + 9) return zero;
  }
  return 0;
}

// The distance of separators that repeat at every multiple of it, else 0.
int regular_distance(const std::vector<IntegerPicture::Separator>& separators) {
  if (separators.empty()) return 0;
  int factor = 0;
  for (const auto& separator : separators) {
    if (separator.character != separators.front().character) return 0;
    factor = std::gcd(factor, separator.position);
  }
  for (int i = 1; i <= static_cast<int>(separators.size()); ++i) {
    if (std::ranges::find(separators, i * factor, &IntegerPicture::Separator::position) ==
        separators.end())
      return 0;
  }
  return factor;
}

const char* read_digits(std::string_view text, IntegerPicture& picture) {
  std::u32string codes;
  for (std::size_t at = 0; at < text.size();) codes.push_back(next_code(text, at));
  int position = 0;
  char32_t zero = 0;
  for (std::size_t i = codes.size(); i-- > 0;) {
    const char32_t code = codes[i];
    if (const char32_t found = zero_of(code); found != 0) {
      ++picture.mandatory_digits;
      ++position;
      if (zero != 0 && zero != found) return "D3131";
      zero = found;
    } else if (code == U'#') {
      ++picture.optional_digits;
      ++position;
    } else {
      picture.separators.push_back({position, code});
    }
  }
  if (picture.mandatory_digits == 0) {
    picture.form = Form::Sequence;
    picture.separators.clear();
    return nullptr;
  }
  picture.zero = zero;
  if (const int distance = regular_distance(picture.separators); distance > 0) {
    picture.is_regular = true;
    picture.separators = {{distance, picture.separators.front().character}};
  }
  return nullptr;
}

// Puts a separator before the last `position` digits; beyond the front it goes first, and what
// stands behind it is counted from the end, as the language's own text functions do.
void insert_separator(std::u32string& digits, const IntegerPicture::Separator& separator) {
  const auto size = static_cast<int>(digits.size());
  const int at = size - separator.position;
  const std::u32string head = at > 0 ? digits.substr(0, static_cast<std::size_t>(at)) : U"";
  const int from = at >= 0 ? at : std::max(size + at, 0);
  digits = head + separator.character + digits.substr(static_cast<std::size_t>(from));
}

std::u32string decimal_digits(double number, const IntegerPicture& picture) {
  std::u32string digits;
  for (const char c : json::number_to_text(number)) digits.push_back(static_cast<char32_t>(c));
  if (const int missing = picture.mandatory_digits - static_cast<int>(digits.size()); missing > 0)
    digits.insert(0, static_cast<std::size_t>(missing), U'0');
  for (char32_t& digit : digits) digit += picture.zero - U'0';
  if (picture.is_regular) {
    const auto& separator = picture.separators.front();
    for (int n = (static_cast<int>(digits.size()) - 1) / separator.position; n > 0; --n) {
      insert_separator(digits, {n * separator.position, separator.character});
    }
  } else {
    for (std::size_t i = picture.separators.size(); i-- > 0;)
      insert_separator(digits, picture.separators[i]);
  }
  return digits;
}

void append_ordinal(std::u32string& digits) {
  const char32_t last = digits.back();
  const bool is_teen = digits.size() > 1 && digits[digits.size() - 2] == U'1';
  if (is_teen || last < U'1' || last > U'3') {
    digits += U"th";
  } else {
    digits += last == U'1' ? U"st" : last == U'2' ? U"nd" : U"rd";
  }
}

// Ten thousand thousands: no one reads more, and it bounds the text.
constexpr double kRomanMax = 1e7;

std::string in_case(std::string text, Letters letters) {
  if (letters == Letters::Title) return text;
  return letters == Letters::Upper ? to_upper(text) : to_lower(text);
}

double parse_decimal(std::string_view text, const IntegerPicture& picture) {
  if (picture.is_ordinal) text = text.substr(0, text.size() < 2 ? 0 : text.size() - 2);
  std::string digits;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_code(text, at);
    const bool is_separator =
        picture.is_regular
            ? code == U','
            : std::ranges::find(picture.separators, code, &IntegerPicture::Separator::character) !=
                  picture.separators.end();
    if (!is_separator) append_utf8(digits, code - picture.zero + U'0');
  }
  return leading_integer(digits);
}

}  // namespace

const char* read_integer_picture(std::string_view text, IntegerPicture& picture) {
  const std::size_t semicolon = text.rfind(';');
  std::string_view primary = text.substr(0, semicolon);
  if (semicolon != std::string_view::npos)
    picture.is_ordinal = text.substr(semicolon + 1).starts_with('o');
  if (primary == "A" || primary == "I" || primary == "W") picture.letters = Letters::Upper;
  if (primary == "A" || primary == "a") {
    picture.form = Form::Letters;
  } else if (primary == "I" || primary == "i") {
    picture.form = Form::Roman;
  } else if (primary == "W" || primary == "w" || primary == "Ww") {
    picture.form = Form::Words;
    if (primary == "Ww") picture.letters = Letters::Title;
  } else {
    return read_digits(primary, picture);
  }
  return nullptr;
}

const char* format_integer(double number, const IntegerPicture& picture, std::string& out) {
  if (picture.form == Form::Sequence) return "D3130";
  if (!std::isfinite(number)) return "D1001";
  if (number < 0) out.push_back('-');
  const double size = std::fabs(number);
  switch (picture.form) {
    case Form::Letters:
      out += letter_count(size, picture.letters == Letters::Upper ? 'A' : 'a');
      break;
    case Form::Roman:
      if (size > kRomanMax) return "U1004";
      out += in_case(roman_numerals(size), picture.letters);
      break;
    case Form::Words:
      out += in_case(number_words(size, picture.is_ordinal), picture.letters);
      break;
    case Form::Decimal: {
      std::u32string digits = decimal_digits(size, picture);
      if (picture.is_ordinal) append_ordinal(digits);
      for (const char32_t digit : digits) append_utf8(out, digit);
      break;
    }
    case Form::Sequence:
      break;
  }
  return nullptr;
}

const char* parse_integer(std::string_view text, const IntegerPicture& picture, double& number) {
  switch (picture.form) {
    case Form::Letters:
      number = letter_number(text, picture.letters == Letters::Upper ? 'A' : 'a');
      return nullptr;
    case Form::Roman:
      number = roman_number(picture.letters == Letters::Upper ? std::string(text) : to_upper(text));
      return nullptr;
    case Form::Words:
      number = words_number(to_lower(text));
      return nullptr;
    case Form::Decimal:
      number = parse_decimal(text, picture);
      return nullptr;
    case Form::Sequence:
      break;
  }
  return "D3130";
}

const char* append_integer_pattern(const IntegerPicture& picture, std::string& pattern) {
  const bool is_upper = picture.letters == Letters::Upper;
  switch (picture.form) {
    case Form::Letters:
      pattern += is_upper ? "[A-Z]+" : "[a-z]+";
      return nullptr;
    case Form::Roman:
      pattern += is_upper ? "[MDCLXVI]+" : "[mdclxvi]+";
      return nullptr;
    case Form::Words:
      pattern += "(?:" + number_word_pattern() + "and|[\\-, ])+";
      return nullptr;
    case Form::Decimal:
      pattern += "[0-9]";
      pattern += picture.parse_width > 0 ? "{" + std::to_string(picture.parse_width) + "}" : "+";
      if (picture.is_ordinal) pattern += "(?:th|st|nd|rd)";
      return nullptr;
    case Form::Sequence:
      break;
  }
  return "D3130";
}

}  // namespace fermata::jsonata
