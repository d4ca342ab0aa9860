#pragma once
// Pictures of whole numbers (XPath Functions and Operators 3.1, section 4.6, as the language
// narrows it): decimal digits of any script with grouping, letters, Roman numerals, words,
// ordinals. Read once, used often; dates are made of them (picture_date.h).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fermata::jsonata {

struct IntegerPicture {
  enum class Form : std::uint8_t { Decimal, Letters, Roman, Words, Sequence };
  enum class Letters : std::uint8_t { Upper, Lower, Title };
  struct Separator {
    int position = 0;  // digits to its right
    char32_t character = 0;
  };
  Form form = Form::Decimal;
  Letters letters = Letters::Lower;
  bool is_ordinal = false;
  char32_t zero = U'0';
  int mandatory_digits = 0;
  int optional_digits = 0;
  bool is_regular = false;            // one separator, repeated at `separators[0].position`
  std::vector<Separator> separators;  // from the right
  int parse_width = 0;                // digits to take when another number follows at once
};

// Gives the code of what is wrong (D3131), or null.
const char* read_integer_picture(std::string_view text, IntegerPicture& picture);

// D3130 for a picture that is no known sequence, D1001 for a number that has no digits.
const char* format_integer(double number, const IntegerPicture& picture, std::string& out);

// The number that `text` writes; NaN when it writes none. Never fails but with D3130.
const char* parse_integer(std::string_view text, const IntegerPicture& picture, double& number);

// A regular expression that finds such a number inside a longer text.
const char* append_integer_pattern(const IntegerPicture& picture, std::string& pattern);

}  // namespace fermata::jsonata
