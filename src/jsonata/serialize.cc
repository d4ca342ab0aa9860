#include "jsonata/serialize.h"

#include <array>
#include <charconv>
#include <cmath>

#include "foundation/limits.h"
#include "json/number.h"
#include "jsonata/js_number.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

constexpr double kExactMax = 9007199254740991.0;

// Whether the number is the nearest one to a whole number of hundredths of at most 15 digits: most
// numbers that people write are, and then those digits are its text.
bool is_in_hundredths(double number) {
  const double hundredths = std::nearbyint(number * 100);
  return std::fabs(hundredths) < 1e15 && hundredths / 100 == number;
}

void append_hundredths(std::string& out, double number) {
  std::array<char, 24> digits{};
  auto value = static_cast<std::int64_t>(std::nearbyint(number * 100));
  if (value < 0) out += '-';
  value = value < 0 ? -value : value;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value / 100).ptr;
  out.append(digits.data(), end);
  out += '.';
  out += static_cast<char>('0' + value / 10 % 10);
  if (value % 10 != 0) out += static_cast<char>('0' + value % 10);
}

bool needs_escape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\' || c == 0xED;
}

void append_unicode(std::string& out, unsigned code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 15U];
}

void append_escaped(std::string& out, std::string_view text, std::size_t& at) {
  const auto c = static_cast<unsigned char>(text[at]);
  constexpr std::string_view kLetters = "\b\t\n\f\r\"\\";
  constexpr std::string_view kNames = "btnfr\"\\";
  if (const std::size_t place = kLetters.find(text[at]); place != std::string_view::npos) {
    out += '\\';
    out += kNames[place];
  } else if (c < 0x20) {
    append_unicode(out, c);
  } else if (c == 0xED && at + 2 < text.size() &&
             static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
    // Half of a pair on its own.
    std::size_t end = at;
    append_unicode(out, next_code(text, end));
    at = end - 1;
  } else {
    out += text[at];
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(static_cast<unsigned char>(text[i]))) continue;
    out.append(text.substr(start, i - start));
    append_escaped(out, text, i);
    start = i + 1;
  }
  out.append(text.substr(start));
  out += '"';
}

class Writer {
 public:
  Writer(Run& run, bool is_pretty) : run_(run), is_pretty_(is_pretty) {}

  bool value(const Cell& cell) {
    switch (cell.tag) {
      case Tag::Bool:
        out += cell.flag ? "true" : "false";
        return true;
      case Tag::Number:
        if (std::isinf(cell.number)) {
          run_.fail("D1001");
          return false;
        }
        if (std::isnan(cell.number)) {
          out += "null";
        } else {
          append_rounded(out, cell.number);
        }
        return true;
      case Tag::String:
        append_quoted(out, cell.view());
        return true;
      case Tag::Function:
        out += "\"\"";
        return true;
      case Tag::Array:
      case Tag::Object:
        break;
      default:
        out += "null";
        return true;
    }
    DataLevel level(run_);
    if (!level.fits()) return false;
    return cell.is_array() ? array(cell) : object(cell);
  }

  std::string out;

 private:
  void line() {
    if (!is_pretty_) return;
    out += '\n';
    out.append(std::size_t{2} * indent_, ' ');
  }

  bool array(const Cell& cell) {
    const Items items(cell);
    if (!run_.steps(items.size())) return false;
    out += '[';
    ++indent_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ',';
      line();
      if (!value(items.at(i))) return false;
    }
    --indent_;
    if (items.size() > 0) line();
    out += ']';
    return true;
  }

  bool object(const Cell& cell) {
    Members members(cell);
    out += '{';
    ++indent_;
    bool is_first = true;
    while (members.next()) {
      if (!is_first) out += ',';
      is_first = false;
      line();
      append_quoted(out, members.key());
      out += is_pretty_ ? ": " : ":";
      if (!run_.step() || !value(members.value())) return false;
    }
    --indent_;
    if (!is_first) line();
    out += '}';
    return true;
  }

  Run& run_;
  bool is_pretty_;
  std::uint32_t indent_ = 0;
};

// A small value may be a part of itself a billion times over: copied out it is all of them.
class Output {
 public:
  Output(Run& run, Unwritable unwritable) : run_(run), unwritable_(unwritable) {}

  bool value(const Cell& cell, json::Value& out) {
    switch (cell.tag) {
      case Tag::Bool:
        out = cell.flag;
        return true;
      case Tag::Number:
        return number(cell.number, out);
      case Tag::String:
        out = text(cell.view());
        return true;
      case Tag::Array:
      case Tag::Object:
        break;
      default:
        return true;
    }
    DataLevel level(run_);
    if (!level.fits()) return false;
    return cell.is(Tag::Object) ? members(cell, out.emplace_object())
                                : items(cell, out.emplace_array());
  }

 private:
  // What has more of them has more bytes than any place takes (limits::kLoopItemsBytesMax).
  static constexpr std::uint64_t kItemsMax = limits::kMiB;

  bool takes(std::uint64_t count) {
    items_ += count;
    if (items_ <= kItemsMax || unwritable_ != Unwritable::Refuse) return true;
    run_.fail("U1003");
    return false;
  }
  bool number(double number, json::Value& out) {
    if (!std::isfinite(number)) {
      if (unwritable_ != Unwritable::Official) run_.fail("D1001");
      return unwritable_ == Unwritable::Official;
    }
    if (std::trunc(number) == number && std::fabs(number) <= kExactMax) {
      out = static_cast<std::int64_t>(number);
    } else {
      out = number;
    }
    return true;
  }
  [[nodiscard]] json::Value text(std::string_view text) const {
    if (unwritable_ == Unwritable::Refuse && !is_writable(text))
      return json::Value(with_replaced(text));
    if (unwritable_ == Unwritable::RefuseFirst && has_lone_half(text))
      return json::Value(with_replaced_halves(text));
    return json::Value(text);
  }
  bool members(const Cell& cell, json::Object& object) {
    Members members(cell);
    while (members.next()) {
      if (!takes(1)) return false;
      const bool is_kept = unwritable_ != Unwritable::Refuse || is_writable(members.key());
      json::Value& place = is_kept ? object[members.key()] : object[with_replaced(members.key())];
      place = nullptr;  // two names may have become the same one
      if (!value(members.value(), place)) return false;
    }
    return true;
  }
  bool items(const Cell& cell, json::Array& array) {
    const Items items(cell);
    if (!takes(items.size())) return false;
    array.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!value(items.at(i), array[i])) return false;
    }
    return true;
  }

  Run& run_;
  Unwritable unwritable_;
  std::uint64_t items_ = 0;
};

}  // namespace

double rounded_to_15_digits(double number) {
  if (std::trunc(number) == number || !std::isfinite(number) || is_in_hundredths(number))
    return number;
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 std::chars_format::scientific, 14)
                       .ptr;
  return decimal_value({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void append_rounded(std::string& out, double number) {
  if (std::trunc(number) == number && std::fabs(number) <= kExactMax) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   static_cast<std::int64_t>(number))
                         .ptr;
    out.append(digits.data(), end);
    return;
  }
  if (is_in_hundredths(number) && number != 0) {
    append_hundredths(out, number);
    return;
  }
  // The shortest text of most numbers has no more than 15 digits, and then it is the answer.
  const std::size_t start = out.size();
  json::append_number(out, number);
  if (out.size() - start <= 16) return;
  out.resize(start);
  json::append_number(out, rounded_to_15_digits(number));
}

Cell Run::to_text(const Cell& value, bool is_pretty) {
  switch (value.tag) {
    case Tag::String:
    case Tag::Undefined:
      return value;
    case Tag::Function:
      return Cell::string("", kAscii);
    case Tag::Bool:
      return Cell::string(value.flag ? "true" : "false", kAscii);
    case Tag::Null:
      return Cell::string("null", kAscii);
    case Tag::Number: {
      if (!std::isfinite(value.number)) return fail("D3001");
      std::string digits;
      append_rounded(digits, value.number);
      return text(digits);
    }
    default:
      break;
  }
  const bool is_outer = value.is_array() && !value.is_foreign() && value.list->is_outer;
  Writer writer(*this, is_pretty);
  if (!writer.value(is_outer ? value.list->items[0] : value)) return Cell::of(Tag::Failed);
  return text(writer.out);
}

std::optional<json::Value> to_json(Run& run, const Cell& value, Unwritable unwritable) {
  json::Value out;
  if (!Output(run, unwritable).value(value, out)) return std::nullopt;
  return out;
}

}  // namespace fermata::jsonata
