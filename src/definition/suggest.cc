#include "definition/suggest.h"

#include <algorithm>
#include <vector>

namespace fermata::definition {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + change});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::size_t least = name.size() <= 4 ? 2 : name.size() <= 8 ? 3 : 4;
  std::string_view best;
  for (const std::string_view candidate : candidates) {
    // Names of very different length cannot be near; it also bounds the work on hostile input.
    if (candidate.size() > name.size() + least || name.size() > candidate.size() + least) continue;
    const std::size_t away = distance(name, candidate);
    if (away < least) {
      least = away;
      best = candidate;
    }
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? "" : ", did you mean `" + near + "`";
}

}  // namespace fermata::definition
