#pragma once
// The built-in functions: one table row each, code in native_*.cc by topic. A row's signature
// decides what arguments reach the code: those are of the types it says, or undefined.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "jsonata/cell.h"
#include "jsonata/jsonata.h"
#include "jsonata/picture_date.h"
#include "jsonata/picture_integer.h"
#include "jsonata/picture_number.h"
#include "jsonata/signature.h"

namespace fermata::jsonata {

class Run;

// Pictures made when the expression was compiled, from arguments that are constants.
struct Pictures {
  std::optional<NumberPicture> number;
  std::optional<IntegerPicture> integer;
  std::optional<DatePicture> date;
  std::optional<DateReader> reader;
};

struct Arguments {
  Cell* at = nullptr;
  std::uint32_t count = 0;  // at least as many as the signature has parameters
  const Pictures* pictures = nullptr;
  Cell context;
  Frame* frame = nullptr;

  const Cell& operator[](std::size_t index) const { return at[index]; }
};

struct Native {
  std::string_view name;       // without `$`
  std::string_view signature;  // "<s-:s>"
  std::string_view summary;    // what it gives, for people
  Cell (*run)(Run& run, Arguments& arguments) = nullptr;
  std::uint8_t arity = 1;  // how many arguments it takes as a call-back
  bool is_workflow_only = false;
  std::string_view refusal = {};  // why workflows may not use it; empty: they may
};

std::span<const Native> text_natives();
std::span<const Native> match_natives();
std::span<const Native> encoding_natives();
std::span<const Native> number_natives();
std::span<const Native> array_natives();
std::span<const Native> object_natives();
std::span<const Native> callback_natives();
std::span<const Native> date_natives();
std::span<const Native> workflow_natives();

// The function of this name in this dialect, or null.
const Native* find_native(std::string_view name, Dialect dialect);
const Signature& signature_of(const Native& native);
// Of a name that workflows may not use; empty for every other one.
std::string_view refusal_of(std::string_view name);
// The function as a value that lives as long as the program.
Cell native_value(const Native& native);
// Closest known function name within a small edit distance, or empty.
std::string_view nearest_native(std::string_view name, Dialect dialect);
// Makes what can be made of constant arguments; null when there is nothing.
std::shared_ptr<const Pictures> make_pictures(const Native& native,
                                              std::span<const Cell* const> constants);

}  // namespace fermata::jsonata
