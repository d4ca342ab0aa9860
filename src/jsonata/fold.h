#pragma once
// Aggregations over a path that need no list: $count, $sum, $max, $min, $average take the items as
// they come. INVARIANT: what they give is what the function gives for the list; when an item comes
// for which that is not plain (no number, an array on its own), the fold is `is_odd`, and the path
// is run again the long way.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "jsonata/cell.h"

namespace fermata::jsonata {

enum class FoldKind : std::uint8_t { None, Count, Sum, Max, Min, Average };

struct Fold {
  FoldKind kind = FoldKind::None;
  std::uint64_t count = 0;
  double value = 0;
  bool is_odd = false;

  void add(const Cell& item) {
    ++count;
    if (item.is_array() || item.is_undefined()) is_odd = true;
    if (kind == FoldKind::Count) return;
    if (!item.is(Tag::Number) || std::isnan(item.number)) {
      is_odd = true;
      return;
    }
    if (kind == FoldKind::Sum || kind == FoldKind::Average) {
      value += item.number;
    } else if (count == 1) {
      value = item.number;
    } else {
      value = kind == FoldKind::Max ? std::max(value, item.number) : std::min(value, item.number);
    }
  }
  [[nodiscard]] Cell result() const {
    if (kind == FoldKind::Count) return Cell::real(static_cast<double>(count));
    if (count == 0) return {};
    return Cell::real(kind == FoldKind::Average ? value / static_cast<double>(count) : value);
  }
};

}  // namespace fermata::jsonata
