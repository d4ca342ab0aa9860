// Numeric and boolean functions. Documentation: "Numeric functions", "Numeric aggregation
// functions", "Boolean functions".
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "json/number.h"
#include "jsonata/js_number.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

Cell fn_number(Run& run, Arguments& a) {
  switch (a[0].tag) {
    case Tag::Number:
    case Tag::Undefined:
      return a[0];
    case Tag::Bool:
      return Cell::real(a[0].flag ? 1 : 0);
    case Tag::String: {
      const auto number = number_of_text(a[0].view());
      return number ? Cell::real(*number) : run.fail("D3030", std::string(a[0].view()));
    }
    default:
      return run.fail("D3030");
  }
}

template <typename Step>
Cell map_number(const Cell& value, Step step) {
  return value.is_undefined() ? value : Cell::real(step(value.number));
}
Cell fn_abs(Run&, Arguments& a) {
  return map_number(a[0], [](double x) { return std::fabs(x); });
}
Cell fn_floor(Run&, Arguments& a) {
  return map_number(a[0], [](double x) { return std::floor(x); });
}
Cell fn_ceil(Run&, Arguments& a) {
  return map_number(a[0], [](double x) { return std::ceil(x); });
}
Cell fn_round(Run&, Arguments& a) {
  const double places = a[1].is(Tag::Number) ? a[1].number : 0;
  return map_number(a[0], [&](double x) { return round_half_even(x, places); });
}

Cell fn_power(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[1].is_undefined()) return run.fail("D3061");
  const double base = a[0].number;
  // ECMAScript: 1 to the power of what is no number is no number.
  const bool is_odd_one = std::fabs(base) == 1 && !std::isfinite(a[1].number);
  const double result =
      is_odd_one ? std::numeric_limits<double>::quiet_NaN() : std::pow(base, a[1].number);
  return std::isfinite(result) ? Cell::real(result) : run.fail("D3061");
}

Cell fn_sqrt(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  return a[0].number < 0 ? run.fail("D3060") : Cell::real(std::sqrt(a[0].number));
}

// Digits of a whole number in a base up to 36. Digits that a double cannot hold are zero, as the
// official engine's host writes them.
std::string in_base(double number, int base) {
  constexpr double kWholeMax = 36028797018963968.0;
  std::string digits;
  double whole = std::fabs(number);
  for (; whole >= kWholeMax; whole /= base) digits += '0';
  for (double rest = std::floor(whole); rest >= 1; rest = std::floor(rest / base)) {
    const auto digit = static_cast<std::size_t>(std::fmod(rest, base));
    digits.insert(digits.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[digit]);
  }
  if (digits.empty()) digits = "0";
  return number < 0 ? "-" + digits : digits;
}

Cell fn_format_base(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const double number = round_half_even(a[0].number);
  const double base = a[1].is_undefined() ? 10 : round_half_even(a[1].number);
  if (!(base >= 2 && base <= 36)) return run.fail("D3100");
  if (!std::isfinite(number)) return run.fail("D1001");
  if (base == 10) return run.text(json::number_to_text(number));
  return run.text(in_base(number, static_cast<int>(base)));
}

Cell fn_format_number(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (!std::isfinite(a[0].number)) return run.fail("D1001");
  if (a.pictures != nullptr && a[2].is_undefined())
    return run.text(format_number(a[0].number, *a.pictures->number));
  if (!a[1].is_text()) return run.fail("T0410");
  NumberSymbols symbols;
  if (a[2].is(Tag::Object)) {
    Members members(a[2]);
    while (members.next()) {
      if (members.value().is_text()) symbols.set(members.key(), to_utf16(members.value().view()));
    }
  }
  NumberPicture picture;
  if (const char* code = read_number_picture(a[1].view(), std::move(symbols), picture))
    return run.fail(code);
  return run.text(format_number(a[0].number, picture));
}

Cell fn_format_integer(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  IntegerPicture read;
  if (a.pictures == nullptr) {
    if (!a[1].is_text()) return run.fail("T0410");
    if (const char* code = read_integer_picture(a[1].view(), read)) return run.fail(code);
  }
  std::string out;
  const IntegerPicture& picture = a.pictures == nullptr ? read : *a.pictures->integer;
  const char* code = format_integer(std::floor(a[0].number), picture, out);
  return code != nullptr ? run.fail(code) : run.text(out);
}

Cell fn_parse_integer(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  IntegerPicture read;
  if (a.pictures == nullptr) {
    if (!a[1].is_text()) return run.fail("T0410");
    if (const char* code = read_integer_picture(a[1].view(), read)) return run.fail(code);
  }
  const IntegerPicture& picture = a.pictures == nullptr ? read : *a.pictures->integer;
  double number = 0;
  const char* code = parse_integer(a[0].view(), picture, number);
  return code != nullptr ? run.fail(code) : Cell::real(number);
}

template <typename Step>
double fold(const Items& items, double start, Step step) {
  for (std::size_t i = 0; i < items.size(); ++i) start = step(start, items.at(i).number);
  return start;
}

Cell fn_sum(Run&, Arguments& a) {
  if (a[0].is_undefined()) return {};
  return Cell::real(fold(Items(a[0]), 0, [](double x, double y) { return x + y; }));
}

template <typename Step>
Cell extreme(const Cell& array, double start, Step step) {
  if (array.is_undefined() || Items(array).size() == 0) return {};
  return Cell::real(fold(Items(array), start, [&](double x, double y) {
    return std::isnan(x) || std::isnan(y) ? std::numeric_limits<double>::quiet_NaN() : step(x, y);
  }));
}
Cell fn_max(Run&, Arguments& a) {
  return extreme(a[0], -HUGE_VAL, [](double x, double y) { return std::max(x, y); });
}
Cell fn_min(Run&, Arguments& a) {
  return extreme(a[0], HUGE_VAL, [](double x, double y) { return std::min(x, y); });
}
Cell fn_average(Run&, Arguments& a) {
  if (a[0].is_undefined() || Items(a[0]).size() == 0) return {};
  const Items items(a[0]);
  const double total = fold(items, 0, [](double x, double y) { return x + y; });
  return Cell::real(total / static_cast<double>(items.size()));
}

Cell fn_boolean(Run& run, Arguments& a) {
  return a[0].is_undefined() ? Cell() : Cell::boolean(run.truthy(a[0]));
}
Cell fn_not(Run& run, Arguments& a) {
  return a[0].is_undefined() ? Cell() : Cell::boolean(!run.truthy(a[0]));
}
Cell fn_exists(Run&, Arguments& a) {
  return Cell::boolean(!a[0].is_undefined());
}

constexpr std::array<Native, 18> kFunctions = {{
    {"number", "<(nsb)-:n>", "the number that a text or boolean stands for", fn_number},
    {"abs", "<n-:n>", "the number without its sign", fn_abs},
    {"floor", "<n-:n>", "the next whole number below", fn_floor},
    {"ceil", "<n-:n>", "the next whole number above", fn_ceil},
    {"round", "<n-n?:n>", "rounded to so many digits behind the point, halves to the even digit",
     fn_round, 2},
    {"power", "<n-n:n>", "a number raised to a power", fn_power, 2},
    {"sqrt", "<n-:n>", "the square root", fn_sqrt},
    {"formatBase", "<n-n?:s>", "a whole number as digits of a base from 2 to 36", fn_format_base,
     2},
    {"formatNumber", "<n-so?:s>", "a number by a picture such as `#,##0.00`", fn_format_number, 3},
    {"formatInteger", "<n-s:s>", "a whole number by a picture: digits, words, letters, Roman",
     fn_format_integer, 2},
    {"parseInteger", "<s-s:n>", "the whole number that a text of a picture's form stands for",
     fn_parse_integer, 2},
    {"sum", "<a<n>:n>", "the sum of the numbers", fn_sum},
    {"max", "<a<n>:n>", "the largest of the numbers", fn_max},
    {"min", "<a<n>:n>", "the smallest of the numbers", fn_min},
    {"average", "<a<n>:n>", "the mean of the numbers", fn_average},
    {"boolean", "<x-:b>", "whether a value counts as true: what is empty, 0 or null does not",
     fn_boolean},
    {"not", "<x-:b>", "true for what does not count as true", fn_not},
    {"exists", "<x:b>", "whether there is a value; null is one", fn_exists},
}};

}  // namespace

std::span<const Native> number_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
