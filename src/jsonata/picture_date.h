#pragma once
// Pictures of dates and times (XPath Functions and Operators 3.1, section 9.8, as the language
// narrows and widens it). Read once, used often. Parts: text, and markers in square brackets.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jsonata/picture_integer.h"

namespace fermata::jsonata {

class Regex;

struct DatePart {
  enum class Names : std::uint8_t { None, Upper, Lower, Title };
  std::string literal;  // when it is no marker
  char32_t component = 0;
  Names names = Names::None;
  bool has_integer = false;  // whether `integer` was read
  IntegerPicture integer;
  bool is_z_for_zero = false;
  std::optional<double> width_min;  // [M01,2-3]
  std::optional<double> width_max;
  int year_digits = -1;  // Y: as many as are kept

  [[nodiscard]] bool is_literal() const { return component == 0; }
};

struct DatePicture {
  std::vector<DatePart> parts;
};

// D3132 unknown component, D3135 no closing bracket, D3131; null when all is well.
const char* read_date_picture(std::string_view text, DatePicture& picture);
// YYYY-MM-DDThh:mm:ss.sssZ
const DatePicture& iso_date_picture();

// `zone` is ±hhmm as the language reads it: one number, of which the last two digits are minutes.
const char* format_date(double time, const DatePicture& picture,
                        std::optional<std::string_view> zone, std::string& out);

// A picture made ready for reading.
struct DateReader {
  DatePicture picture;
  std::shared_ptr<const Regex> regex;
};
// D3130, D3133 for markers that cannot be read.
const char* make_date_reader(DatePicture picture, DateReader& reader);

struct ParsedDate {
  const char* code = nullptr;  // D3136: the parts do not make a date
  std::optional<double> time;  // empty: the text does not match
};
// Parts above the first written one are taken from `now`.
ParsedDate parse_date(std::string_view text, const DateReader& reader, double now);

}  // namespace fermata::jsonata
