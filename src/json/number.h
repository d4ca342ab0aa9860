#pragma once
// Numbers to text, in one place: the digits and the layout of ECMAScript's Number::toString
// (ECMA-262, 6.1.6.1.20), which JSONata, hashes and people all expect. Shortest digits that read
// back as the same double.

#include <string>

namespace fermata::json {

// `number` must be finite. -0 is "0", 1e21 is "1e+21", 1.0 is "1".
void append_number(std::string& out, double number);
std::string number_to_text(double number);

}  // namespace fermata::json
