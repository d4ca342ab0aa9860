#include "jsonata/picture_date.h"

#include <algorithm>
#include <cmath>

#include "jsonata/js_number.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Names = DatePart::Names;

std::string_view default_presentation(char32_t component) {
  switch (component) {
    case U'Y':
    case U'M':
    case U'D':
    case U'd':
    case U'W':
    case U'w':
    case U'X':
    case U'x':
    case U'H':
    case U'h':
    case U'f':
      return "1";
    case U'F':
    case U'P':
    case U'C':
    case U'E':
      return "n";
    case U'm':
    case U's':
      return "01";
    case U'Z':
    case U'z':
      return "01:01";
    default:
      return {};
  }
}

bool is_one_of(char32_t component, std::u32string_view set) {
  return set.find(component) != std::u32string_view::npos;
}

std::optional<double> width(std::string_view text) {
  if (text == "*") return std::nullopt;
  return leading_integer(text);
}

void read_width(std::string_view text, DatePart& part) {
  const std::size_t dash = text.find('-');
  part.width_min = width(text.substr(0, dash));
  if (dash != std::string_view::npos) part.width_max = width(text.substr(dash + 1));
}

const char* read_number(std::string_view presentation, char modifier, DatePart& part) {
  std::string text(presentation);
  if (modifier != 0) {
    text += ';';
    text += modifier;
  }
  if (const char* code = read_integer_picture(text, part.integer)) return code;
  part.has_integer = true;
  IntegerPicture& integer = part.integer;
  const bool is_decimal = integer.form == IntegerPicture::Form::Decimal;
  if (is_decimal && part.width_min && integer.mandatory_digits < *part.width_min)
    integer.mandatory_digits = static_cast<int>(std::min(*part.width_min, 1000.0));
  if (part.component != U'Y') return nullptr;
  if (part.width_max && *part.width_max <= 300) {
    part.year_digits = static_cast<int>(*part.width_max);
    integer.mandatory_digits = part.year_digits;
  } else if (is_decimal && integer.mandatory_digits + integer.optional_digits >= 2) {
    part.year_digits = integer.mandatory_digits + integer.optional_digits;
  }
  return nullptr;
}

const char* read_marker(std::string_view marker, DatePicture& picture) {
  DatePart part;
  std::size_t at = 0;
  if (!marker.empty()) part.component = next_code(marker, at);
  const std::size_t comma = marker.rfind(',');
  if (comma != std::string_view::npos) read_width(marker.substr(comma + 1), part);
  const std::size_t end = comma == std::string_view::npos ? marker.size() : comma;
  std::string_view presentation = end > at ? marker.substr(at, end - at) : std::string_view();
  char modifier = 0;
  if (presentation.size() > 1 &&
      std::string_view("atco").find(presentation.back()) != std::string_view::npos) {
    modifier = presentation.back();
    presentation.remove_suffix(1);
  } else if (presentation.empty()) {
    presentation = default_presentation(part.component);
    if (presentation.empty()) return "D3132";
  }
  part.is_z_for_zero = modifier == 't';
  if (presentation[0] == 'n') {
    part.names = Names::Lower;
  } else if (presentation[0] == 'N') {
    part.names = presentation.starts_with("Nn") ? Names::Title : Names::Upper;
  } else if (is_one_of(part.component, U"YMDdFWwXxHhmsf")) {
    if (const char* code = read_number(presentation, modifier, part)) return code;
    if (!picture.parts.empty() && picture.parts.back().has_integer) {
      IntegerPicture& before = picture.parts.back().integer;
      before.parse_width = before.mandatory_digits;
    }
  }
  if (is_one_of(part.component, U"Zz")) {
    part.integer = {};
    if (const char* code = read_integer_picture(presentation, part.integer)) return code;
    part.has_integer = true;
  }
  picture.parts.push_back(std::move(part));
  return nullptr;
}

void add_literal(std::string_view text, DatePicture& picture) {
  if (text.empty()) return;
  DatePart part;
  for (std::size_t at = 0; at < text.size(); ++at) {
    part.literal.push_back(text[at]);
    if (text.substr(at).starts_with("]]")) ++at;
  }
  picture.parts.push_back(std::move(part));
}

std::string without_space(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && (c < '\t' || c > '\r')) out.push_back(c);
  }
  return out;
}

}  // namespace

const char* read_date_picture(std::string_view text, DatePicture& picture) {
  std::size_t start = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '[') {
      ++at;
      continue;
    }
    add_literal(text.substr(start, at - start), picture);
    if (text.substr(at).starts_with("[[")) {
      add_literal("[", picture);
      at += 2;
    } else {
      const std::size_t end = text.find(']', at);
      if (end == std::string_view::npos) return "D3135";
      const std::string marker = without_space(text.substr(at + 1, end - at - 1));
      if (const char* code = read_marker(marker, picture)) return code;
      at = end + 1;
    }
    start = at;
  }
  add_literal(text.substr(start), picture);
  return nullptr;
}

const DatePicture& iso_date_picture() {
  static const DatePicture kPicture = [] {
    DatePicture picture;
    read_date_picture("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]", picture);
    return picture;
  }();
  return kPicture;
}

}  // namespace fermata::jsonata
