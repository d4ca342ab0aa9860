#include "json/number.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace fermata::json {
namespace {

// Scientific form of to_chars taken apart: digits "d1d2…dk" and n, so that the value is 0.d1d2…dk ×
// 10^n.
struct Decimal {
  std::array<char, 24> digits;
  std::size_t count;
  int point;
};

Decimal to_decimal(double positive) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), positive,
                                 std::chars_format::scientific)
                       .ptr;
  Decimal decimal{{}, 0, 0};
  const char* at = buffer.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[decimal.count++] = *at;
  }
  ++at;
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end, exponent);
  decimal.point = exponent + 1;
  return decimal;
}

void append_scientific(std::string& out, std::string_view digits, int exponent) {
  out.push_back(digits[0]);
  if (digits.size() > 1) {
    out.push_back('.');
    out.append(digits.substr(1));
  }
  out.append(exponent < 0 ? "e-" : "e+");
  out.append(std::to_string(exponent < 0 ? -exponent : exponent));
}

}  // namespace

void append_number(std::string& out, double number) {
  if (number == 0) {
    out.push_back('0');
    return;
  }
  if (number < 0) {
    out.push_back('-');
    number = -number;
  }
  const Decimal decimal = to_decimal(number);
  const std::string_view digits(decimal.digits.data(), decimal.count);
  const int count = static_cast<int>(decimal.count);
  const int point = decimal.point;
  if (point > 21 || point < -5) {
    append_scientific(out, digits, point - 1);
  } else if (point <= 0) {
    out.append("0.");
    out.append(static_cast<std::size_t>(-point), '0');
    out.append(digits);
  } else if (point >= count) {
    out.append(digits);
    out.append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits.substr(0, static_cast<std::size_t>(point)));
    out.push_back('.');
    out.append(digits.substr(static_cast<std::size_t>(point)));
  }
}

std::string number_to_text(double number) {
  std::string text;
  append_number(text, number);
  return text;
}

}  // namespace fermata::json
