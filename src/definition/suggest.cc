#include "definition/suggest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "foundation/format.h"

namespace fermata::definition {
namespace {

// Longer names are not compared: nobody mistypes one by three letters, and the cost is quadratic.
constexpr std::size_t kComparedBytesMax = 128;
// Names in a sentence; the rest is only counted.
constexpr std::size_t kListedMax = 12;

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t changed = diagonal + (lower(left[i]) == lower(right[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::size_t budget(std::string_view name) {
  if (name.size() <= 4) return 1;
  return name.size() <= 8 ? 2 : 3;
}

std::vector<std::string_view> views(std::span<const std::string> names) {
  return {names.begin(), names.end()};
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kComparedBytesMax) return {};
  const std::size_t allowed = budget(name);
  std::size_t best = allowed + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(name.size(), candidate.size());
    const std::size_t shorter = std::min(name.size(), candidate.size());
    if (longer > kComparedBytesMax || longer - shorter > allowed) continue;
    const std::size_t far = distance(name, candidate);
    if (far >= best || far >= longer) continue;
    best = far;
    found = candidate;
  }
  return std::string(found);
}

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
  return nearest(name, views(candidates));
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates,
                         std::string_view otherwise) {
  const std::string found = nearest(name, candidates);
  return found.empty() ? std::string(otherwise) : format("did you mean `{}`?", found);
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates,
                         std::string_view otherwise) {
  return did_you_mean(name, views(candidates), otherwise);
}

std::string listing(std::span<const std::string_view> names) {
  const std::size_t shown = std::min(names.size(), kListedMax);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_last = i + 1 == names.size();
    if (i > 0) out += is_last ? " and " : ", ";
    out += format("`{}`", names[i]);
  }
  if (shown < names.size()) out += format(" and {} more", names.size() - shown);
  return out;
}

std::string listing(std::span<const std::string> names) {
  return listing(views(names));
}

std::string written_name(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool is_plain = name.empty() || (std::ranges::all_of(name, is_word) &&
                                         (name.front() < '0' || name.front() > '9'));
  return is_plain ? std::string(name) : format("`{}`", name);
}

}  // namespace fermata::definition
