#include "json/parse.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "foundation/format.h"

namespace fermata::json {
namespace {

namespace bj = boost::json;
using bj::error_code;

// Why the handler stopped the parser, when the reason is ours.
enum class Refusal { None, DuplicateKey, NumberTooLarge, NulCharacter };

// U+0000 and halves of UTF-16 pairs, as three bytes, become U+FFFD.
void replace_unwritable(std::string& text) {
  constexpr std::string_view kSuspects("\0\xED", 2);
  std::size_t at = text.find_first_of(kSuspects);
  if (at == std::string::npos) return;
  std::string out;
  std::size_t start = 0;
  for (; at != std::string::npos; at = text.find_first_of(kSuspects, std::max(at + 1, start))) {
    const bool is_nul = text[at] == '\0';
    const bool is_half =
        !is_nul && at + 2 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0;
    if (!is_nul && !is_half) continue;
    out.append(text, start, at - start).append("\xEF\xBF\xBD");
    start = at + (is_nul ? 1 : 3);
  }
  text = std::move(out.append(text, start));
}

// Collects digits itself and converts them with from_chars, which rounds correctly.
struct Handler {
  // The library's names.
  // NOLINTBEGIN(readability-identifier-naming)
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  // NOLINTEND(readability-identifier-naming)

  bj::value_stack stack;
  std::string number;
  std::string text;
  DuplicateKeys duplicate_keys = DuplicateKeys::Refuse;
  bool replaces_unwritable = false;
  std::vector<std::vector<std::string>> keys;  // keys seen, one list per open object
  Refusal refusal = Refusal::None;
  std::string offender;

  bool refuse(Refusal why, error_code& ec) {
    refusal = why;
    ec = bj::error::exception;
    return false;
  }

  // Makes the collected text one that may be kept; false when it may not.
  bool settle_text(error_code& ec) {
    if (replaces_unwritable) replace_unwritable(text);
    return text.find('\0') == std::string::npos || refuse(Refusal::NulCharacter, ec);
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code&) {
    keys.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, error_code& ec) {
    if (duplicate_keys == DuplicateKeys::Refuse) {
      std::ranges::sort(keys.back());
      const auto twin = std::ranges::adjacent_find(keys.back());
      if (twin != keys.back().end()) {
        offender = *twin;
        return refuse(Refusal::DuplicateKey, ec);
      }
    }
    keys.pop_back();
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    stack.push_array(count);
    return true;
  }

  bool on_key_part(bj::string_view part, std::size_t, error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_key(bj::string_view part, std::size_t, error_code& ec) {
    text.append(part.data(), part.size());
    if (!settle_text(ec)) return false;
    stack.push_key(text);
    if (duplicate_keys == DuplicateKeys::Refuse) keys.back().push_back(text);
    text.clear();
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_string(bj::string_view part, std::size_t, error_code& ec) {
    text.append(part.data(), part.size());
    if (!settle_text(ec)) return false;
    stack.push_string(text);
    text.clear();
    return true;
  }

  bool on_number_part(bj::string_view part, error_code&) {
    number.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t, bj::string_view part, error_code& ec) {
    return finish_number(part, ec);
  }
  bool on_uint64(std::uint64_t, bj::string_view part, error_code& ec) {
    return finish_number(part, ec);
  }
  bool on_double(double, bj::string_view part, error_code& ec) { return finish_number(part, ec); }
  bool finish_number(bj::string_view part, error_code& ec) {
    number.append(part.data(), part.size());
    const char* const begin = number.data();
    const char* const end = begin + number.size();
    std::int64_t whole = 0;
    const auto [stop, status] = std::from_chars(begin, end, whole);
    // -0 as an integer would lose its sign; nobody needs it, 0 is what ECMAScript prints for it.
    if (status == std::errc{} && stop == end) {
      stack.push_int64(whole);
    } else {
      double real = 0;
      const auto result = std::from_chars(begin, end, real);
      if (result.ec == std::errc::result_out_of_range) {
        // Too small is zero, too large is not JSON.
        const bool is_tiny =
            number.find("e-") != std::string::npos || number.find("E-") != std::string::npos;
        if (!is_tiny) return refuse(Refusal::NumberTooLarge, ec);
        real = 0;
      }
      stack.push_double(real);
    }
    number.clear();
    return true;
  }

  bool on_bool(bool flag, error_code&) {
    stack.push_bool(flag);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, error_code&) { return true; }
  bool on_comment(bj::string_view, error_code&) { return true; }
};

std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return format("line {}, column {}", line, column);
}

Error explain(const Handler& handler, const error_code& ec, std::string_view text,
              std::size_t consumed, const ParseOptions& options) {
  const std::string where = position(text, consumed);
  switch (handler.refusal) {
    case Refusal::DuplicateKey:
      return make_error(
          ErrorKind::Invalid, "JSON_DUPLICATE_KEY",
          format("key `{}` stands twice in one object, near {}", handler.offender, where),
          "remove or rename one of them");
    case Refusal::NumberTooLarge:
      return make_error(ErrorKind::Invalid, "JSON_INVALID",
                        format("number out of range at {}", where),
                        "numbers are 64-bit floating point; write larger ones as strings");
    case Refusal::NulCharacter:
      return make_error(ErrorKind::Invalid, "JSON_INVALID",
                        format("text contains U+0000, near {}", where),
                        "remove the \\u0000: databases cannot keep it");
    case Refusal::None:
      break;
  }
  if (ec == bj::error::too_deep) {
    return make_error(ErrorKind::TooLarge, "JSON_TOO_DEEP",
                      format("nested deeper than {} levels at {}", options.depth_max, where),
                      "flatten the document");
  }
  return make_error(
      ErrorKind::Invalid, "JSON_INVALID", format("{} at {}", ec.message(), where),
      "the document must be strict JSON: double quotes, no comments, no trailing commas");
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The unit of an escape `\uXXXX` at `at`; -1 when there is none.
int escaped_unit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high(int unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(int unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

// The text with escapes of lone halves written as their three bytes.
std::string with_raw_surrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const int unit = escaped_unit(text, i);
    if (is_high(unit) && is_low(escaped_unit(text, i + 6))) {
      out += text.substr(i, 12);
      i += 12;
    } else if (is_high(unit) || is_low(unit)) {
      out += static_cast<char>(0xED);
      out += static_cast<char>(0x80 | ((unit >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (unit & 0x3F));
      i += 6;
    } else {
      const std::size_t size = text[i] == '\\' && i + 1 < text.size() ? 2 : 1;
      out += text.substr(i, size);
      i += size;
    }
  }
  return out;
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseOptions& options) {
  if (text.size() > options.bytes_max) {
    return make_error(
        ErrorKind::TooLarge, "JSON_TOO_LARGE",
        format("document has {} bytes, at most {} are accepted", text.size(), options.bytes_max),
        "send less, or split it");
  }
  std::string rewritten;
  bj::parse_options parser_options;
  if (options.lone_surrogates) {
    rewritten = with_raw_surrogates(text);
    text = rewritten;
    parser_options.allow_invalid_utf8 = true;
  }
  // Of broken bytes only halves can be there: nobody else writes what this is for.
  if (options.replaces_unwritable) parser_options.allow_invalid_utf8 = true;
  parser_options.max_depth = options.depth_max;
  bj::basic_parser<Handler> parser(parser_options);
  parser.handler().duplicate_keys = options.duplicate_keys;
  parser.handler().replaces_unwritable = options.replaces_unwritable;
  parser.handler().stack.reset();
  error_code ec;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && consumed < text.size()) ec = bj::error::extra_data;
  if (ec) return explain(parser.handler(), ec, text, consumed, options);
  return parser.handler().stack.release();
}

}  // namespace fermata::json
