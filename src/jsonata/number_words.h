#pragma once
// Numbers as English words, Roman numerals and letters, both ways. See picture_integer.h.

#include <string>
#include <string_view>

namespace fermata::jsonata {

// `number` is whole, finite and not negative. Words are in title case.
std::string number_words(double number, bool is_ordinal);
double words_number(std::string_view lower_case_text);
// Every word that may stand in a number, joined by `|`, for a regular expression.
std::string number_word_pattern();

std::string roman_numerals(double number);  // lower case
double roman_number(std::string_view upper_case_text);
std::string letter_count(double number, char first);
double letter_number(std::string_view text, char first);

}  // namespace fermata::jsonata
