#pragma once
// Numbers as the language means them: ECMAScript's, because authors' results were made by it.
// Rounding works on the decimal text of a number, never on its binary fraction. See json/number.h
// for numbers to text.

#include <optional>
#include <string_view>

namespace fermata::jsonata {

// $round: half to even at a decimal place; `precision` may be negative.
double round_half_even(double number, double precision = 0);
// The leading integer of a text (parseInt): NaN when there is none.
double leading_integer(std::string_view text);
// The whole text as a number of $number: JSON's grammar (leading zeros allowed) or a 0x, 0o, 0b
// integer; empty when it is neither.
std::optional<double> number_of_text(std::string_view text);
// A decimal literal, correctly rounded; too large gives infinity, too small gives zero.
double decimal_value(std::string_view text);

}  // namespace fermata::jsonata
