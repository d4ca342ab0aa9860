#pragma once
// What the two halves of date pictures share: English names, and the numbers that a moment has.

#include <array>
#include <string_view>

#include "jsonata/js_date.h"

namespace fermata::jsonata {

inline constexpr std::array<std::string_view, 12> kMonthNames = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::array<std::string_view, 8> kDayNames = {
    "", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

// The number of a component (Y M D d F W w X x H h P m s f; P is 0 or 1) at a moment.
double date_component(double time, char32_t component);

}  // namespace fermata::jsonata
