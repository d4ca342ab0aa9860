// Numeric and boolean functions. Source: the language's documentation, "Numeric functions",
// "Boolean functions".
#include <array>
#include <charconv>
#include <cmath>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"
#include "jsonata/js_number.h"
#include "jsonata/picture_integer.h"
#include "jsonata/picture_number.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

Val finite(Evaluator& e, double number, const char* code) {
  return std::isfinite(number) ? Val::number(number) : e.fail_here(code);
}

Val parse_number(Evaluator& e, std::string_view text) {
  const auto number = number_of_text(text);
  return number ? Val::number(*number) : e.fail_here("D3030", std::string(text));
}

Val fn_number(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[0].is_number()) return a[0];
  if (a[0].is_bool()) return Val::number(a[0].as_bool() ? 1 : 0);
  if (a[0].is_text()) return parse_number(e, a[0].as_text());
  return e.fail_here("T0410");
}

Val fn_abs(Evaluator&, Arguments& a) {
  return a[0].is_undefined() ? Val() : Val::number(std::fabs(a[0].as_number()));
}
Val fn_floor(Evaluator&, Arguments& a) {
  return a[0].is_undefined() ? Val() : Val::number(std::floor(a[0].as_number()));
}
Val fn_ceil(Evaluator&, Arguments& a) {
  return a[0].is_undefined() ? Val() : Val::number(std::ceil(a[0].as_number()));
}
Val fn_round(Evaluator&, Arguments& a) {
  if (a[0].is_undefined()) return {};
  return Val::number(round_half_even(a[0].as_number(), a[1].is_number() ? a[1].as_number() : 0));
}
Val fn_power(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined() || a[1].is_undefined()) return {};
  return finite(e, std::pow(a[0].as_number(), a[1].as_number()), "D3061");
}
Val fn_sqrt(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[0].as_number() < 0) return e.fail_here("D3060");
  return Val::number(std::sqrt(a[0].as_number()));
}

Val fn_format_base(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const double number = round_half_even(a[0].as_number());
  const int base = a[1].is_number() ? static_cast<int>(round_half_even(a[1].as_number())) : 10;
  if (base < 2 || base > 36) return e.fail_here("D3100", std::to_string(base));
  if (std::fabs(number) > 9007199254740991.0) return e.fail_here("D3100", number_text(number));
  std::array<char, 80> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                 static_cast<std::int64_t>(number), base)
                       .ptr;
  return Val::text(std::string(digits.data(), end));
}

Val fn_format_number(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  NumberSymbols symbols;
  for (std::size_t i = 0; a[2].is_object() && i < a[2].member_count(); ++i) {
    const auto [name, value] = a[2].member(i);
    if (value.is_text()) symbols.set(name, to_utf16(value.as_text()));
  }
  NumberPicture picture;
  if (const char* code = read_number_picture(a[1].as_text(), std::move(symbols), picture))
    return e.fail_here(code);
  return Val::text(format_number(a[0].as_number(), picture));
}

Val fn_format_integer(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  IntegerPicture picture;
  std::string out;
  const char* code = read_integer_picture(a[1].as_text(), picture);
  if (code == nullptr) code = format_integer(std::floor(a[0].as_number()), picture, out);
  return code != nullptr ? e.fail_here(code) : Val::text(std::move(out));
}

Val fn_parse_integer(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  IntegerPicture picture;
  double number = 0;
  const char* code = read_integer_picture(a[1].as_text(), picture);
  if (code == nullptr) code = parse_integer(a[0].as_text(), picture, number);
  return code != nullptr ? e.fail_here(code) : Val::number(number);
}

template <typename Step>
Val aggregate(Arguments& a, double start, Step step) {
  if (a[0].is_undefined() || a[0].size() == 0) return {};
  double result = start;
  for (std::size_t i = 0; i < a[0].size(); ++i) result = step(result, a[0].at(i).as_number());
  return Val::number(result);
}
Val fn_sum(Evaluator&, Arguments& a) {
  if (a[0].is_undefined()) return {};
  double total = 0;
  for (std::size_t i = 0; i < a[0].size(); ++i) total += a[0].at(i).as_number();
  return Val::number(total);
}
Val fn_max(Evaluator&, Arguments& a) {
  return aggregate(a, -HUGE_VAL, [](double x, double y) { return std::max(x, y); });
}
Val fn_min(Evaluator&, Arguments& a) {
  return aggregate(a, HUGE_VAL, [](double x, double y) { return std::min(x, y); });
}
Val fn_average(Evaluator&, Arguments& a) {
  Val total = aggregate(a, 0, [](double x, double y) { return x + y; });
  return total.is_undefined() ? total
                              : Val::number(total.as_number() / static_cast<double>(a[0].size()));
}

Val fn_boolean(Evaluator&, Arguments& a) {
  return a[0].is_undefined() ? Val() : Val::boolean(truthy(a[0]));
}
Val fn_not(Evaluator&, Arguments& a) {
  return a[0].is_undefined() ? Val() : Val::boolean(!truthy(a[0]));
}
Val fn_exists(Evaluator&, Arguments& a) {
  return Val::boolean(!a[0].is_undefined());
}

constexpr std::array<Native, 18> kFunctions = {{
    {"number", "<(nsb)-:n>", fn_number},
    {"abs", "<n-:n>", fn_abs},
    {"floor", "<n-:n>", fn_floor},
    {"ceil", "<n-:n>", fn_ceil},
    {"round", "<n-n?:n>", fn_round},
    {"power", "<n-n:n>", fn_power},
    {"sqrt", "<n-:n>", fn_sqrt},
    {"formatBase", "<n-n?:s>", fn_format_base},
    {"formatNumber", "<n-so?:s>", fn_format_number},
    {"formatInteger", "<n-s:s>", fn_format_integer},
    {"parseInteger", "<s-s:n>", fn_parse_integer},
    {"sum", "<a<n>:n>", fn_sum},
    {"max", "<a<n>:n>", fn_max},
    {"min", "<a<n>:n>", fn_min},
    {"average", "<a<n>:n>", fn_average},
    {"boolean", "<x-:b>", fn_boolean},
    {"not", "<x-:b>", fn_not},
    {"exists", "<x:b>", fn_exists},
}};

}  // namespace

std::span<const Native> number_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
