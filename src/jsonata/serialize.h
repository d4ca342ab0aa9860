#pragma once
// Values to JSON text ($string, `&`) and to JSON values (what an evaluation gives out).

#include <optional>
#include <string>

#include "jsonata/cell.h"
#include "jsonata/run.h"

namespace fermata::jsonata {

// The digits of $string: whole numbers as they are, others rounded to 15 significant digits.
void append_rounded(std::string& out, double number);
double rounded_to_15_digits(double number);

// What JSON, or a database, cannot hold: numbers that are not finite, halves of UTF-16 pairs on
// their own, U+0000.
enum class Unwritable : std::uint8_t {
  Official,     // null; halves as three bytes; U+0000
  RefuseFirst,  // a failure (D1001); U+FFFD for halves but in names; U+0000
  Refuse,       // a failure (D1001); U+FFFD
};
// Empty when the run failed (a number that is not finite, nesting too deep).
std::optional<json::Value> to_json(Run& run, const Cell& value, Unwritable unwritable);

}  // namespace fermata::jsonata
