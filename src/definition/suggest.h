#pragma once
// Suggestions: the name that an author probably meant.

#include <span>
#include <string>
#include <string_view>

namespace fermata::definition {

// The candidate nearest to `name` in case-insensitive edit distance, or "" when none is near: one
// edit for up to four letters, two for up to eight, else three. The first of equals wins.
std::string nearest(std::string_view name, std::span<const std::string_view> candidates);
std::string nearest(std::string_view name, std::span<const std::string> candidates);

// "did you mean `x`?" for the nearest candidate, else `otherwise`.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates,
                         std::string_view otherwise = {});
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates,
                         std::string_view otherwise = {});

// The name as an expression writes it: with marks when it is no plain word; "" stays "".
std::string written_name(std::string_view name);

// "`a`, `b` and `c`": a list for a sentence.
std::string listing(std::span<const std::string_view> names);
std::string listing(std::span<const std::string> names);

}  // namespace fermata::definition
