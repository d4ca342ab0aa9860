// Text functions. Documentation: "String functions".
#include <array>
#include <cmath>

#include "foundation/find_text.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

Cell fn_string(Run& run, Arguments& a) {
  return run.to_text(a[0], a[1].is(Tag::Bool) && a[1].flag);
}

Cell fn_length(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (!run.steps(a[0].size / 64)) return Cell::of(Tag::Failed);
  return Cell::real(static_cast<double>(code_length(a[0].view())));
}

// Byte at which a code point starts; the end when there are fewer.
std::size_t byte_of_code(std::string_view text, double code) {
  if (!(code > 0)) return 0;
  if (code >= static_cast<double>(text.size())) return text.size();
  if (is_ascii(text)) return static_cast<std::size_t>(code);
  std::size_t at = 0;
  for (auto left = static_cast<std::size_t>(code); left > 0 && at < text.size(); --left)
    next_code(text, at);
  return at;
}

// Array.slice's reading of an end: truncated, negative ones count from the end.
double slice_place(double place, double length) {
  if (std::isnan(place)) return 0;
  place = std::trunc(place);
  return place < 0 ? std::max(length + place, 0.0) : std::min(place, length);
}

Cell fn_substring(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::string_view text = a[0].view();
  if (!run.steps(text.size() / 64)) return Cell::of(Tag::Failed);
  const auto length = static_cast<double>(code_length(text));
  double start = a[1].is_undefined() ? std::nan("") : a[1].number;
  if (length + start < 0) start = 0;
  double end = length;
  if (!a[2].is_undefined()) {
    if (a[2].number <= 0) return Cell::string("");
    end = start >= 0 ? start + a[2].number : length + start + a[2].number;
  }
  const double from = slice_place(start, length);
  const double to = slice_place(end, length);
  if (!(to > from)) return Cell::string("");
  const std::size_t first = byte_of_code(text, from);
  const std::size_t size =
      to >= length ? text.size() - first : byte_of_code(text.substr(first), to - from);
  return Cell::string(text.substr(first, size), a[0].flags);
}

// An argument that is missing reads as the word that ECMAScript makes of it.
std::string_view needle_of(const Cell& cell) {
  return cell.is_text() ? cell.view() : std::string_view("undefined");
}

Cell fn_substring_before(Run&, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::size_t at = find_text(a[0].view(), needle_of(a[1]));
  return at == std::string_view::npos ? a[0] : Cell::string(a[0].view().substr(0, at));
}

Cell fn_substring_after(Run&, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::string_view needle = needle_of(a[1]);
  const std::size_t at = find_text(a[0].view(), needle);
  return at == std::string_view::npos ? a[0] : Cell::string(a[0].view().substr(at + needle.size()));
}

Cell change_case(Run& run, const Cell& value, bool is_upper) {
  if (value.is_undefined()) return {};
  const std::string_view text = value.view();
  if (!is_ascii(text)) return run.text(is_upper ? to_upper(text) : to_lower(text));
  if (!run.room_for_text(text.size())) return Cell::of(Tag::Failed);
  char* const out = static_cast<char*>(run.memory.take(text.size()));
  const char first = is_upper ? 'a' : 'A';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool changes = static_cast<unsigned char>(c - first) < 26;
    out[i] = static_cast<char>(changes ? c ^ 0x20 : c);
  }
  return Cell::string({out, text.size()}, kAscii);
}
Cell fn_uppercase(Run& run, Arguments& a) {
  return change_case(run, a[0], true);
}
Cell fn_lowercase(Run& run, Arguments& a) {
  return change_case(run, a[0], false);
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

Cell fn_trim(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  std::string out;
  out.reserve(a[0].size);
  bool is_pending = false;
  for (const char c : a[0].view()) {
    if (is_space(c)) {
      is_pending = !out.empty();
      continue;
    }
    if (is_pending) out += ' ';
    is_pending = false;
    out += c;
  }
  return run.text(out);
}

Cell fn_pad(Run& run, Arguments& a) {
  if (a[0].is_undefined() || a[1].is_undefined()) return a[0];
  const std::string_view text = a[0].view();
  const double width = std::trunc(a[1].number);
  const double missing = std::fabs(width) - static_cast<double>(code_length(text));
  if (!(missing > 0)) return a[0];
  const std::string_view fill = a[2].is_text() && a[2].size > 0 ? a[2].view() : " ";
  const auto offsets = code_offsets(fill);
  const std::size_t fill_codes = offsets.size() - 1;
  if (missing > 1e9 || !run.room_for_text(static_cast<std::uint64_t>(missing) * 4))
    return run.failed() ? Cell::of(Tag::Failed) : run.fail("U1004");
  const auto codes = static_cast<std::size_t>(missing);
  std::string padding;
  for (std::size_t i = 0; i < codes / fill_codes; ++i) padding += fill;
  padding += fill.substr(0, offsets[codes % fill_codes]);
  return run.text(width > 0 ? std::string(text) + padding : padding + std::string(text));
}

Cell fn_join(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::string_view separator = a[1].is_text() ? a[1].view() : std::string_view();
  const Items items(a[0]);
  if (!run.steps(items.size())) return Cell::of(Tag::Failed);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < items.size(); ++i)
    total += items.at(i).size + (i > 0 ? separator.size() : 0);
  if (!run.room_for_text(total)) return Cell::of(Tag::Failed);
  char* const out = static_cast<char*>(run.memory.take(total));
  char* at = out;
  const auto add = [&](std::string_view piece) {
    if (!piece.empty()) std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) add(separator);
    add(items.at(i).view());
  }
  return Cell::string({out, total});
}

constexpr std::array<Native, 10> kFunctions = {{
    {"string", "<x-b?:s>", "the value as text: what is no text as JSON, with `true` on many lines",
     fn_string},
    {"length", "<s-:n>", "how many characters a text has", fn_length},
    {"substring", "<s-nn?:s>",
     "the part of a text from a position, of a length; a negative position counts from the end",
     fn_substring, 3},
    {"substringBefore", "<s-s:s>",
     "what stands before the first place of a text in another; all of it when it is not there",
     fn_substring_before, 2},
    {"substringAfter", "<s-s:s>",
     "what stands after the first place of a text in another; all of it when it is not there",
     fn_substring_after, 2},
    {"uppercase", "<s-:s>", "the text in capital letters", fn_uppercase},
    {"lowercase", "<s-:s>", "the text in small letters", fn_lowercase},
    {"trim", "<s-:s>", "the text without space at its ends, and with single spaces in it", fn_trim},
    {"pad", "<s-ns?:s>",
     "the text filled up to a width: on the right, or on the left when it is negative", fn_pad, 3},
    {"join", "<a<s>s?:s>", "the texts of a list as one, with a separator", fn_join, 2},
}};

}  // namespace

std::span<const Native> text_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
