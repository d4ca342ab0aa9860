// Numeric and boolean functions. Source: the language's documentation, "Numeric functions",
// "Boolean functions".
#include <array>
#include <charconv>
#include <cmath>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

Val finite(Evaluator& e, double number, const char* code) {
  return std::isfinite(number) ? Val::number(number) : e.fail_here(code);
}

// The number grammar of JSON, and 0x, 0b, 0o integers.
Val parse_number(Evaluator& e, std::string_view text) {
  const auto refuse = [&] { return e.fail_here("D3030", std::string(text)); };
  double number = 0;
  if (text.size() > 2 && text[0] == '0') {
    const char kind = text[1];
    const int base = kind == 'x' || kind == 'X'   ? 16
                     : kind == 'b' || kind == 'B' ? 2
                     : kind == 'o' || kind == 'O' ? 8
                                                  : 0;
    if (base != 0) {
      for (const char c : text.substr(2)) {
        int digit = 0;
        if (std::from_chars(&c, &c + 1, digit, base).ec != std::errc{}) return refuse();
        number = number * base + digit;
      }
      return Val::number(number);
    }
  }
  std::string_view rest = text;
  if (!rest.empty() && rest[0] == '-') rest.remove_prefix(1);
  if (rest.empty() || rest[0] < '0' || rest[0] > '9') return refuse();
  if (rest.size() > 1 && rest[0] == '0' && rest[1] >= '0' && rest[1] <= '9') return refuse();
  const std::size_t dot = rest.find('.');
  if (dot != std::string_view::npos &&
      (dot + 1 >= rest.size() || rest[dot + 1] < '0' || rest[dot + 1] > '9'))
    return refuse();
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || status != std::errc{}) return refuse();
  return Val::number(number);
}

Val fn_number(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[0].is_number()) return a[0];
  if (a[0].is_bool()) return Val::number(a[0].as_bool() ? 1 : 0);
  if (a[0].is_text()) return parse_number(e, a[0].as_text());
  return e.fail_here("T0410");
}

// Half to even at a decimal place, on the shortest digits of the number.
double round_even(double value, int precision) {
  const double scale = std::pow(10.0, std::abs(precision));
  double scaled = precision >= 0 ? value * scale : value / scale;
  // Undo what binary fractions add: 1.005 × 100 is 100.49999….
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), scaled,
                                 std::chars_format::general, 15)
                       .ptr;
  std::from_chars(digits.data(), end, scaled);
  double rounded = std::floor(scaled + 0.5);
  if (std::fabs(scaled - std::trunc(scaled)) == 0.5 && std::fmod(rounded, 2) != 0) rounded -= 1;
  const double result = precision >= 0 ? rounded / scale : rounded * scale;
  return result == 0 ? 0 : result;
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
  return Val::number(
      round_even(a[0].as_number(), a[1].is_number() ? static_cast<int>(a[1].as_number()) : 0));
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
  const double number = round_even(a[0].as_number(), 0);
  const int base = a[1].is_number() ? static_cast<int>(round_even(a[1].as_number(), 0)) : 10;
  if (base < 2 || base > 36) return e.fail_here("D3100", std::to_string(base));
  if (std::fabs(number) > 9007199254740991.0) return e.fail_here("D3100", number_text(number));
  std::array<char, 80> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                 static_cast<std::int64_t>(number), base)
                       .ptr;
  return Val::text(std::string(digits.data(), end));
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

constexpr std::array<Native, 15> kFunctions = {{
    {"number", "<(nsb)-:n>", fn_number},
    {"abs", "<n-:n>", fn_abs},
    {"floor", "<n-:n>", fn_floor},
    {"ceil", "<n-:n>", fn_ceil},
    {"round", "<n-n?:n>", fn_round},
    {"power", "<n-n:n>", fn_power},
    {"sqrt", "<n-:n>", fn_sqrt},
    {"formatBase", "<n-n?:s>", fn_format_base},
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
