// String functions. Source: the language's documentation, "String functions".
#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cmath>

#include "json/number.h"
#include "json/text.h"
#include "jsonata/evaluator.h"
#include "jsonata/functions.h"
#include "jsonata/regex.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;
Val made(Evaluator& evaluator, std::string text) {
  return evaluator.spend_text(text.size()) ? Val::text(std::move(text)) : Val();
}

void write_value(Evaluator& evaluator, std::string& out, const Val& value, bool is_pretty,
                 int indent) {
  const auto line = [&](int depth) {
    if (!is_pretty) return;
    out.push_back('\n');
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
  };
  if (evaluator.failed()) return;
  if (indent > 500) {
    evaluator.fail_here("U1001");
    return;
  }
  switch (value.tag()) {
    case Tag::Undefined:
    case Tag::Null:
      out += "null";
      return;
    case Tag::Bool:
      out += value.as_bool() ? "true" : "false";
      return;
    case Tag::Number:
      out += number_text(value.as_number());
      return;
    case Tag::String:
      json::append_quoted(out, value.as_text());
      return;
    case Tag::Function:
      out += "\"\"";
      return;
    case Tag::Array:
      out.push_back('[');
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out.push_back(',');
        line(indent + 1);
        write_value(evaluator, out, value.at(i), is_pretty, indent + 1);
      }
      if (value.size() > 0) line(indent);
      out.push_back(']');
      return;
    case Tag::Object:
      out.push_back('{');
      for (std::size_t i = 0; i < value.member_count(); ++i) {
        const auto [key, item] = value.member(i);
        if (i > 0) out.push_back(',');
        line(indent + 1);
        json::append_quoted(out, key);
        out += is_pretty ? ": " : ":";
        write_value(evaluator, out, item, is_pretty, indent + 1);
      }
      if (value.member_count() > 0) line(indent);
      out.push_back('}');
      return;
  }
}

Val fn_string(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[0].is_text()) return a[0];
  return made(e, to_text(e, a[0], a[1].is_bool() && a[1].as_bool()));
}

Val fn_length(Evaluator&, Arguments& a) {
  if (a[0].is_undefined()) return {};
  return Val::number(static_cast<double>(code_length(a[0].as_text())));
}

Val fn_substring(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::string_view text = a[0].as_text();
  const auto offsets = code_offsets(text);
  const auto count = static_cast<double>(offsets.size() - 1);
  double start = a[1].is_number() ? std::trunc(a[1].as_number()) : 0;
  if (start + count < 0) start = 0;
  if (start < 0) start += count;
  start = std::min(start, count);
  double end = count;
  if (a[2].is_number()) {
    if (a[2].as_number() <= 0) return Val::text("");
    end = std::min(count, start + std::trunc(a[2].as_number()));
  }
  const std::size_t from = offsets[static_cast<std::size_t>(start)];
  const std::size_t to = offsets[static_cast<std::size_t>(std::max(start, end))];
  return made(e, std::string(text.substr(from, to - from)));
}

Val fn_substring_before(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (!a[1].is_text()) return a[0];
  const std::size_t at = a[0].as_text().find(a[1].as_text());
  return at == std::string_view::npos ? a[0] : made(e, std::string(a[0].as_text().substr(0, at)));
}

Val fn_substring_after(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (!a[1].is_text()) return a[0];
  const std::size_t at = a[0].as_text().find(a[1].as_text());
  return at == std::string_view::npos
             ? a[0]
             : made(e, std::string(a[0].as_text().substr(at + a[1].as_text().size())));
}

Val fn_lowercase(Evaluator& e, Arguments& a) {
  return a[0].is_undefined() ? Val() : made(e, to_lower(a[0].as_text()));
}
Val fn_uppercase(Evaluator& e, Arguments& a) {
  return a[0].is_undefined() ? Val() : made(e, to_upper(a[0].as_text()));
}

Val fn_trim(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  std::string text;
  for (const char c : a[0].as_text()) {
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!is_space) {
      text.push_back(c);
    } else if (!text.empty() && text.back() != ' ') {
      text.push_back(' ');
    }
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return made(e, std::move(text));
}

Val fn_pad(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::string text(a[0].as_text());
  const std::string fill(a[2].is_text() && !a[2].as_text().empty() ? a[2].as_text() : " ");
  const double wanted = a[1].is_number() ? std::trunc(a[1].as_number()) : 0;
  const auto have = static_cast<double>(code_length(text));
  const double missing = std::fabs(wanted) - have;
  if (missing <= 0) return a[0];
  if (!e.spend_text(static_cast<std::uint64_t>(missing) * fill.size())) return {};
  const auto offsets = code_offsets(fill);
  std::string padding;
  for (double i = 0; i < missing; ++i) {
    const std::size_t at = static_cast<std::size_t>(i) % (offsets.size() - 1);
    padding += fill.substr(offsets[at], offsets[at + 1] - offsets[at]);
  }
  return Val::text(wanted < 0 ? padding + text : text + padding);
}

// Calls a matcher (a regex or a function of the author's) and checks that it answers as one.
Val next_match(Evaluator& e, const Val& matcher, const Val& text) {
  const Val match = e.apply(matcher, {text});
  if (e.failed() || match.is_undefined()) return {};
  const bool is_match =
      match.is_object() && (match.get("start").is_number() || match.get("end").is_number() ||
                            match.get("groups").is_array() || match.get("next").is_function());
  return is_match ? match : e.fail_here("T1010");
}

Val fn_contains(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined() || a[1].is_undefined()) return {};
  if (a[1].is_text())
    return Val::boolean(a[0].as_text().find(a[1].as_text()) != std::string_view::npos);
  const Val match = next_match(e, a[1], a[0]);
  return e.failed() ? Val() : Val::boolean(!match.is_undefined());
}

Val fn_match(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[2].is_number() && a[2].as_number() < 0)
    return e.fail_here("D3040", number_text(a[2].as_number()));
  const Val results = sequence();
  const double limit = a[2].is_number() ? a[2].as_number() : HUGE_VAL;
  double count = 0;
  for (Val match = limit > 0 ? next_match(e, a[1], a[0]) : Val();
       !e.failed() && !match.is_undefined() && count < limit; ++count) {
    auto object = std::make_shared<ObjectData>();
    object->set("match", match.get("match"));
    object->set("index", match.get("start"));
    object->set("groups", match.get("groups"));
    push(results, Val::object(std::move(object)));
    if (!e.spend_items(1)) return {};
    if (match.get("match").is_text() && match.get("match").as_text().empty())
      return e.fail_here("D1004");
    match = e.apply(match.get("next"), {});
  }
  return e.failed() ? Val() : results;
}

// $1, $12, $$ in a replacement. The longest group number that exists is taken.
std::string expand(std::string_view pattern, const Val& match) {
  std::string out;
  const Val groups = match.get("groups");
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$') {
      out.push_back(pattern[i]);
      continue;
    }
    if (i + 1 < pattern.size() && pattern[i + 1] == '$') {
      out.push_back('$');
      ++i;
      continue;
    }
    if (i + 1 < pattern.size() && pattern[i + 1] == '0') {
      out += match.get("match").as_text();
      ++i;
      continue;
    }
    std::size_t digits = 0;
    std::size_t number = 0;
    const std::size_t width = groups.size() == 0 ? 1 : std::to_string(groups.size()).size();
    while (digits < width && i + 1 + digits < pattern.size() && pattern[i + 1 + digits] >= '0' &&
           pattern[i + 1 + digits] <= '9') {
      number = number * 10 + static_cast<std::size_t>(pattern[i + 1 + digits] - '0');
      ++digits;
    }
    if (digits > 1 && number > groups.size()) {
      number /= 10;
      --digits;
    }
    if (digits == 0) {
      out.push_back('$');
      continue;
    }
    if (number >= 1 && number <= groups.size() && groups.at(number - 1).is_text())
      out += groups.at(number - 1).as_text();
    i += digits;
  }
  return out;
}

Val replacement(Evaluator& e, const Val& with, const Val& match) {
  if (with.is_text()) return Val::text(expand(with.as_text(), match));
  const Val text = e.apply(with, {match});
  if (e.failed()) return {};
  return text.is_text() ? text : e.fail_here("D3012");
}

Val replace_matches(Evaluator& e, Arguments& a, double limit) {
  const std::string text(a[0].as_text());
  const auto offsets = code_offsets(text);
  std::string out;
  std::size_t at = 0;
  double count = 0;
  for (Val match = next_match(e, a[1], a[0]); !e.failed() && !match.is_undefined() && count < limit;
       ++count) {
    const std::size_t start = offsets[static_cast<std::size_t>(match.get("start").as_number())];
    const std::size_t end = offsets[static_cast<std::size_t>(match.get("end").as_number())];
    if (end == start) return e.fail_here("D1004");
    const Val with = replacement(e, a[2], match);
    if (e.failed()) return {};
    out += text.substr(at, start - at);
    out += with.as_text();
    at = end;
    match = e.apply(match.get("next"), {});
  }
  if (e.failed()) return {};
  return made(e, out + text.substr(at));
}

Val fn_replace(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[1].is_text() && a[1].as_text().empty()) return e.fail_here("D3010");
  if (a[3].is_number() && a[3].as_number() < 0)
    return e.fail_here("D3011", number_text(a[3].as_number()));
  const double limit = a[3].is_number() ? a[3].as_number() : HUGE_VAL;
  if (limit <= 0) return a[0];
  if (a[1].is_function()) return replace_matches(e, a, limit);
  if (!a[1].is_text()) return a[0];
  const std::string_view text = a[0].as_text();
  const std::string_view pattern = a[1].as_text();
  std::string out;
  std::size_t at = 0;
  double count = 0;
  for (std::size_t found = text.find(pattern); found != std::string_view::npos && count < limit;
       found = text.find(pattern, at), ++count) {
    out += text.substr(at, found - at);
    const Val with = a[2].is_text() ? a[2] : e.apply(a[2], {a[1]});
    if (e.failed()) return {};
    if (!with.is_text()) return e.fail_here("D3012");
    out += with.as_text();
    at = found + pattern.size();
  }
  out += text.substr(at);
  return made(e, std::move(out));
}

Val fn_split(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[2].is_number() && a[2].as_number() < 0)
    return e.fail_here("D3020", number_text(a[2].as_number()));
  const double limit = a[2].is_number() ? std::floor(a[2].as_number()) : HUGE_VAL;
  const std::string text(a[0].as_text());
  std::vector<Val> parts;
  const auto add = [&](std::string part) {
    if (static_cast<double>(parts.size()) < limit && e.spend_items(1))
      parts.push_back(Val::text(std::move(part)));
  };
  if (a[1].is_function()) {
    const auto offsets = code_offsets(text);
    std::size_t at = 0;
    for (Val match = next_match(e, a[1], a[0]); !e.failed() && !match.is_undefined();
         match = e.apply(match.get("next"), {})) {
      const std::size_t start = offsets[static_cast<std::size_t>(match.get("start").as_number())];
      const std::size_t end = offsets[static_cast<std::size_t>(match.get("end").as_number())];
      if (end == start) return e.fail_here("D1004");
      add(text.substr(at, start - at));
      at = end;
    }
    add(text.substr(at));
    return e.failed() ? Val() : list(std::move(parts));
  }
  const std::string separator(a[1].is_text() ? a[1].as_text() : "");
  if (separator.empty()) {
    const auto offsets = code_offsets(text);
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
      add(text.substr(offsets[i], offsets[i + 1] - offsets[i]));
  } else {
    std::size_t at = 0;
    for (std::size_t found = text.find(separator); found != std::string::npos;
         found = text.find(separator, at)) {
      add(text.substr(at, found - at));
      at = found + separator.size();
    }
    add(text.substr(at));
  }
  return e.failed() ? Val() : list(std::move(parts));
}

Val fn_join(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  std::string out;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    if (i > 0 && a[1].is_text()) out += a[1].as_text();
    out += a[0].at(i).as_text();
  }
  return made(e, std::move(out));
}

Val fn_base64encode(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const std::string_view text = a[0].as_text();
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return made(e, std::move(out));
}

Val fn_base64decode(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  std::string text(a[0].as_text());
  while (text.size() % 4 != 0) text.push_back('=');
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return e.fail_here("D3137", "base64");
  std::size_t length = static_cast<std::size_t>(size);
  for (std::size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) --length;
  out.resize(length);
  return made(e, std::move(out));
}

Val percent_encode(Evaluator& e, const Val& value, std::string_view kept) {
  if (value.is_undefined()) return {};
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : value.as_text()) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_plain || kept.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return made(e, std::move(out));
}

Val percent_decode(Evaluator& e, const Val& value, std::string_view kept, std::string_view name) {
  if (value.is_undefined()) return {};
  const std::string_view text = value.as_text();
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    const bool has_two = i + 2 < text.size();
    if (!has_two || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
      return e.fail_here("D3140", std::string(name));
    }
    if (kept.find(static_cast<char>(byte)) != std::string_view::npos && byte < 0x80) {
      out += text.substr(i, 3);
    } else {
      out.push_back(static_cast<char>(byte));
    }
    i += 2;
  }
  // What comes out has to be text.
  for (std::size_t at = 0; at < out.size();) {
    const auto first = static_cast<unsigned char>(out[at]);
    const std::size_t more = first < 0x80    ? 0
                             : first >= 0xF0 ? 3
                             : first >= 0xE0 ? 2
                             : first >= 0xC2 ? 1
                                             : 9;
    if (more == 9 || at + more >= out.size()) return e.fail_here("D3140", std::string(name));
    for (std::size_t i = 1; i <= more; ++i) {
      if ((static_cast<unsigned char>(out[at + i]) & 0xC0U) != 0x80U)
        return e.fail_here("D3140", std::string(name));
    }
    at += more + 1;
  }
  return made(e, std::move(out));
}

Val fn_encode_component(Evaluator& e, Arguments& a) {
  return percent_encode(e, a[0], "-_.!~*'()");
}
Val fn_encode_url(Evaluator& e, Arguments& a) {
  return percent_encode(e, a[0], "-_.!~*'();/?:@&=+$,#");
}
Val fn_decode_component(Evaluator& e, Arguments& a) {
  return percent_decode(e, a[0], "", "decodeUrlComponent");
}
Val fn_decode_url(Evaluator& e, Arguments& a) {
  return percent_decode(e, a[0], ";/?:@&=+$,#", "decodeUrl");
}

constexpr std::array<Native, 20> kFunctions = {{
    {"string", "<x-b?:s>", fn_string, false, 1},
    {"length", "<s-:n>", fn_length},
    {"substring", "<s-nn?:s>", fn_substring},
    {"substringBefore", "<s-s:s>", fn_substring_before},
    {"substringAfter", "<s-s:s>", fn_substring_after},
    {"lowercase", "<s-:s>", fn_lowercase},
    {"uppercase", "<s-:s>", fn_uppercase},
    {"trim", "<s-:s>", fn_trim},
    {"pad", "<s-ns?:s>", fn_pad},
    {"contains", "<s-(sf):b>", fn_contains},
    {"match", "<s-f<s:o>n?:a<o>>", fn_match},
    {"replace", "<s-(sf)(sf)n?:s>", fn_replace},
    {"split", "<s-(sf)n?:a<s>>", fn_split},
    {"join", "<a<s>s?:s>", fn_join},
    {"base64encode", "<s-:s>", fn_base64encode},
    {"base64decode", "<s-:s>", fn_base64decode},
    {"encodeUrlComponent", "<s-:s>", fn_encode_component},
    {"encodeUrl", "<s-:s>", fn_encode_url},
    {"decodeUrlComponent", "<s-:s>", fn_decode_component},
    {"decodeUrl", "<s-:s>", fn_decode_url},
}};

}  // namespace

std::string number_text(double number) {
  std::array<char, 40> buffer{};
  const auto rounded = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                     std::chars_format::scientific, 14);
  double kept = number;
  std::from_chars(buffer.data(), rounded.ptr, kept);
  return json::number_to_text(kept);
}

std::string to_text(Evaluator& evaluator, const Val& value, bool is_pretty) {
  if (value.is_text()) return std::string(value.as_text());
  if (value.is_function()) return "";
  if (value.is_number() && !std::isfinite(value.as_number())) {
    evaluator.fail_here("D3001");
    return "";
  }
  std::string out;
  write_value(evaluator, out, value, is_pretty, 0);
  return out;
}

std::span<const Native> text_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
