#include "jsonata/number_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Words = std::string_view;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

constexpr std::array<Words, 20> kFew = {"Zero",    "One",     "Two",       "Three",    "Four",
                                        "Five",    "Six",     "Seven",     "Eight",    "Nine",
                                        "Ten",     "Eleven",  "Twelve",    "Thirteen", "Fourteen",
                                        "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::array<Words, 20> kOrdinals = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::array<Words, 9> kTens = {"Twenty",  "Thirty", "Forty",  "Fifty",  "Sixty",
                                        "Seventy", "Eighty", "Ninety", "Hundred"};
constexpr std::array<Words, 4> kMagnitudes = {"Thousand", "Million", "Billion", "Trillion"};

void append_words(std::string& out, double number, bool has_before, bool is_ordinal) {
  if (number <= 19) {
    if (has_before) out += " and ";
    out += (is_ordinal ? kOrdinals : kFew)[static_cast<std::size_t>(number)];
  } else if (number < 100) {
    if (has_before) out += " and ";
    const auto tens = static_cast<std::size_t>(number / 10);
    const double rest = std::fmod(number, 10);
    out += kTens[tens - 2];
    if (rest > 0) {
      out += '-';
      append_words(out, rest, false, is_ordinal);
    } else if (is_ordinal) {
      out.pop_back();
      out += "ieth";
    }
  } else if (number < 1000) {
    if (has_before) out += ", ";
    out += kFew[static_cast<std::size_t>(number / 100)];
    out += " Hundred";
    const double rest = std::fmod(number, 100);
    if (rest > 0) {
      append_words(out, rest, true, is_ordinal);
    } else if (is_ordinal) {
      out += "th";
    }
  } else {
    // Beyond the largest word it repeats: "ten billion trillion".
    const double steps = std::floor(std::log10(number) / 3);
    const auto magnitude = static_cast<std::size_t>(std::min(steps, 4.0));
    const double factor = std::pow(10.0, static_cast<double>(magnitude * 3));
    const double count = std::floor(number / factor);
    const double rest = number - count * factor;
    if (has_before) out += ", ";
    append_words(out, count, false, false);
    out += ' ';
    out += kMagnitudes[magnitude - 1];
    if (rest > 0) {
      append_words(out, rest, true, is_ordinal);
    } else if (is_ordinal) {
      out += "th";
    }
  }
}

std::string lower(Words word) {
  std::string text(word);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

struct WordValue {
  std::string word;
  double value;
};

const std::vector<WordValue>& word_values() {
  static const std::vector<WordValue> kValues = [] {
    std::vector<WordValue> values;
    for (std::size_t i = 0; i < kFew.size(); ++i)
      values.push_back({lower(kFew[i]), static_cast<double>(i)});
    for (std::size_t i = 0; i < kOrdinals.size(); ++i)
      values.push_back({lower(kOrdinals[i]), static_cast<double>(i)});
    for (std::size_t i = 0; i < kTens.size(); ++i) {
      const std::string word = lower(kTens[i]);
      const double value = static_cast<double>(i + 2) * 10;
      values.push_back({word, value});
      values.push_back({word.substr(0, word.size() - 1) + "ieth", value});
    }
    values.push_back({"hundredth", 100});
    double value = 1000;
    for (const Words magnitude : kMagnitudes) {
      values.push_back({lower(magnitude), value});
      values.push_back({lower(magnitude) + "th", value});
      value *= 1000;
    }
    return values;
  }();
  return kValues;
}

double value_of(std::string_view word) {
  const auto& all = word_values();
  const auto at = std::ranges::find(all, word, &WordValue::word);
  return at == all.end() ? kNaN : at->value;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Bytes of the separator at `at`: a comma and a space, " and ", or one of space, `\` and `-`.
std::size_t separator_size(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.size() >= 2 && rest[0] == ',' && is_space(rest[1])) return 2;
  if (rest.size() >= 5 && is_space(rest[0]) && rest.substr(1, 3) == "and" && is_space(rest[4]))
    return 5;
  return is_space(rest[0]) || rest[0] == '\\' || rest[0] == '-' ? 1 : 0;
}

struct Numeral {
  double value;
  std::string_view text;
};
constexpr std::array<Numeral, 13> kNumerals = {{{1000, "m"},
                                                {900, "cm"},
                                                {500, "d"},
                                                {400, "cd"},
                                                {100, "c"},
                                                {90, "xc"},
                                                {50, "l"},
                                                {40, "xl"},
                                                {10, "x"},
                                                {9, "ix"},
                                                {5, "v"},
                                                {4, "iv"},
                                                {1, "i"}}};

}  // namespace

std::string number_words(double number, bool is_ordinal) {
  std::string out;
  append_words(out, number, false, is_ordinal);
  return out;
}

double words_number(std::string_view text) {
  std::vector<double> segments = {0};
  const auto take = [&](std::string_view word) {
    const double value = value_of(word);
    if (value < 100) {
      double top = segments.back();
      segments.pop_back();
      if (top >= 1000) {
        segments.push_back(top);
        top = 0;
      }
      segments.push_back(top + value);
    } else {
      segments.back() *= value;
    }
  };
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = separator_size(text, at);
    if (size == 0) {
      ++at;
      continue;
    }
    take(text.substr(start, at - start));
    at += size;
    start = at;
  }
  take(text.substr(start));
  double total = 0;
  for (const double segment : segments) total += segment;
  return total;
}

std::string number_word_pattern() {
  std::string pattern;
  for (const WordValue& entry : word_values()) pattern += entry.word + "|";
  return pattern;
}

std::string roman_numerals(double number) {
  std::string out;
  for (const Numeral& numeral : kNumerals) {
    while (number >= numeral.value) {
      out += numeral.text;
      number -= numeral.value;
    }
  }
  return out;
}

double roman_number(std::string_view text) {
  double number = 0;
  double most = 1;
  for (std::size_t i = text.size(); i-- > 0;) {
    const char letter = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : ' ';
    const auto* row = std::ranges::find(kNumerals, std::string_view(&letter, 1), &Numeral::text);
    if (row == kNumerals.end()) return kNaN;
    if (row->value < most) {
      number -= row->value;
    } else {
      most = row->value;
      number += row->value;
    }
  }
  return number;
}

std::string letter_count(double number, char first) {
  std::string out;
  while (number > 0) {
    out.push_back(static_cast<char>(first + static_cast<char>(std::fmod(number - 1, 26))));
    number = std::floor((number - 1) / 26);
  }
  std::ranges::reverse(out);
  return out;
}

double letter_number(std::string_view text, char first) {
  double number = 0;
  const std::u16string units = to_utf16(text);
  for (std::size_t i = 0; i < units.size(); ++i) {
    const int digit = units[units.size() - i - 1] - first + 1;
    number += digit * std::pow(26.0, static_cast<double>(i));
  }
  return number;
}

}  // namespace fermata::jsonata
