#pragma once
// Signatures of functions, `<s-n?:s>`: what each argument may be, what the context may stand in
// for. The language defines them as a regular expression over the letters of the arguments' types;
// here that is a table of bit sets with a fast way for arguments that fit in order.

#include <cstdint>
#include <string_view>
#include <vector>

#include "jsonata/cell.h"

namespace fermata::jsonata {

struct Parameter {
  std::uint16_t types = 0;     // one bit a Tag
  bool is_optional = false;    // may be left out
  bool takes_context = false;  // when left out, the context stands in
  bool is_repeated = false;
  bool is_array = false;  // anything else is put in an array
  char item_type = 0;     // of the array
};

struct Signature {
  std::vector<Parameter> parameters;
  std::uint32_t arity = 0;
};

// S0401 or S0402; null when all is well.
const char* read_signature(std::string_view text, Signature& signature);

inline std::uint16_t type_bit(Tag tag) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(tag));
}
// Whether all items of an array are of the type that the letter means.
bool items_are(const Cell& array, char letter);

}  // namespace fermata::jsonata
