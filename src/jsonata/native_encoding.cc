// Base64 and URLs. Documentation: "String functions". Base64 works on the low byte of each UTF-16
// unit, URLs on UTF-8: as ECMAScript's functions do.
#include <array>

#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Cell fn_base64_encode(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  std::string out;
  unsigned bits = 0;
  int held = 0;
  const std::u16string units = to_utf16(a[0].view());
  for (const char16_t unit : units) {
    bits = (bits << 8U) | (unit & 0xFFU);
    for (held += 8; held >= 6; held -= 6) out += kDigits[(bits >> (held - 6)) & 63U];
  }
  if (held > 0) out += kDigits[(bits << (6 - held)) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return run.text(out);
}

Cell fn_base64_decode(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : a[0].view()) {
    if (c == '=') break;
    const char plain = c == '-' ? '+' : c == '_' ? '/' : c;
    const std::size_t digit = kDigits.find(plain);
    if (digit == std::string_view::npos) continue;
    bits = (bits << 6U) | static_cast<unsigned>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    append_utf8(out, (bits >> held) & 0xFFU);
  }
  return run.text(out);
}

constexpr std::string_view kUnreserved = "-_.!~*'()";
constexpr std::string_view kReserved = ";/?:@&=+$,#";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Cell encode(Run& run, const Cell& value, std::string_view kept) {
  if (value.is_undefined()) return {};
  if (has_lone_half(value.view())) return run.fail("D3140", std::string(value.view()));
  std::string out;
  for (const char c : value.view()) {
    const bool is_kept = is_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos ||
                         kept.find(c) != std::string_view::npos;
    if (is_kept) {
      out += c;
      continue;
    }
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return run.text(out);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The byte of the escape at `at`; -1 when it is none.
int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// One code point that is written as escapes; false when it is not UTF-8.
bool decode_escapes(std::string_view text, std::size_t& at, std::string& bytes) {
  const int first = escaped_byte(text, at);
  if (first < 0) return false;
  const int more = first < 0x80 ? 0 : first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first >= 0x80 && (first < 0xC2 || first > 0xF4)) return false;
  bytes.assign(1, static_cast<char>(first));
  at += 3;
  for (int i = 0; i < more; ++i, at += 3) {
    const int next = escaped_byte(text, at);
    if (next < 0x80 || next >= 0xC0) return false;
    bytes += static_cast<char>(next);
  }
  std::size_t start = 0;
  const char32_t code = next_code(bytes, start);
  const bool is_half = code >= 0xD800 && code < 0xE000;
  const bool is_long = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
  return !is_half && !is_long && code <= 0x10FFFF;
}

Cell decode(Run& run, const Cell& value, std::string_view kept) {
  if (value.is_undefined()) return {};
  const std::string_view text = value.view();
  std::string out;
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    const std::size_t start = at;
    if (!decode_escapes(text, at, bytes)) return run.fail("D3140", std::string(text));
    const bool stays = bytes.size() == 1 && kept.find(bytes[0]) != std::string_view::npos;
    out += stays ? text.substr(start, at - start) : std::string_view(bytes);
  }
  return run.text(out);
}

Cell fn_encode_component(Run& run, Arguments& a) {
  return encode(run, a[0], "");
}
Cell fn_encode_url(Run& run, Arguments& a) {
  return encode(run, a[0], kReserved);
}
Cell fn_decode_component(Run& run, Arguments& a) {
  return decode(run, a[0], "");
}
Cell fn_decode_url(Run& run, Arguments& a) {
  return decode(run, a[0], kReserved);
}

constexpr std::array<Native, 6> kFunctions = {{
    {"base64encode", "<s-:s>", "a text as base 64", fn_base64_encode},
    {"base64decode", "<s-:s>", "the text that base 64 stands for", fn_base64_decode},
    {"encodeUrlComponent", "<s-:s>",
     "a part of an address, with every character escaped that means something there",
     fn_encode_component},
    {"encodeUrl", "<s-:s>", "an address, with what may not stand in one escaped", fn_encode_url},
    {"decodeUrlComponent", "<s-:s>", "undoes encodeUrlComponent", fn_decode_component},
    {"decodeUrl", "<s-:s>", "undoes encodeUrl", fn_decode_url},
}};

}  // namespace

std::span<const Native> encoding_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
