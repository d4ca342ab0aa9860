#pragma once
// Pictures of numbers ($formatNumber; XPath Functions and Operators 3.1, section 4.7, with the
// official engine's own order of checks). Read once, used often. Works on UTF-16 units, as the
// language does.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fermata::jsonata {

struct NumberSymbols {
  std::u16string decimal_separator = u".";
  std::u16string grouping_separator = u",";
  std::u16string exponent_separator = u"e";
  std::u16string minus_sign = u"-";
  std::u16string percent = u"%";
  std::u16string per_mille = u"\u2030";
  std::u16string zero_digit = u"0";
  std::u16string digit = u"#";
  std::u16string pattern_separator = u";";

  // By the option's name, such as `decimal-separator`; unknown names are ignored.
  void set(std::string_view name, std::u16string value);
};

struct SubPicture {
  std::u16string prefix;
  std::u16string suffix;
  std::u16string text;
  std::vector<int> integer_groups;  // positions from the right
  std::vector<int> fraction_groups;
  int regular_group = 0;
  int integer_digits_min = 0;
  int scaling = 0;
  int fraction_digits_min = 0;
  int fraction_digits_max = 0;
  int exponent_digits_min = 0;
};

struct NumberPicture {
  NumberSymbols symbols;
  SubPicture positive;
  SubPicture negative;
};

// D3080 to D3093; null when all is well.
const char* read_number_picture(std::string_view text, NumberSymbols symbols,
                                NumberPicture& picture);
// `number` must be finite.
std::string format_number(double number, const NumberPicture& picture);

}  // namespace fermata::jsonata
