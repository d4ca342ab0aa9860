#include "jsonata/distinct.h"

#include <algorithm>
#include <string_view>

namespace fermata::jsonata {
namespace {

constexpr std::uint32_t kEmpty = UINT32_MAX;

std::uint32_t mix(std::uint64_t bits) {
  bits ^= bits >> 33U;
  bits *= 0xFF51AFD7ED558CCDU;
  bits ^= bits >> 33U;
  return static_cast<std::uint32_t>(bits);
}

}  // namespace

DistinctSet::DistinctSet(Run& run, std::size_t size_max) : run_(run) {
  capacity_ = size_max < 16 ? 32 : 64;
  table_ = run_.memory.array<Place>(capacity_);
  std::fill_n(table_, capacity_, Place{0, kEmpty});
}

void DistinctSet::grow() {
  const Place* const old = table_;
  const std::uint32_t old_capacity = capacity_;
  capacity_ *= 4;
  table_ = run_.memory.array<Place>(capacity_);
  std::fill_n(table_, capacity_, Place{0, kEmpty});
  for (std::uint32_t i = 0; i < old_capacity; ++i) {
    if (old[i].index == kEmpty) continue;
    std::uint32_t at = old[i].hash & (capacity_ - 1);
    while (table_[at].index != kEmpty) at = (at + 1) & (capacity_ - 1);
    table_[at] = old[i];
  }
}

std::uint32_t DistinctSet::hash_of(const Cell& value) {
  switch (value.tag) {
    case Tag::Number:
      return mix(value.number == 0 ? 1 : value.bits);
    case Tag::Bool:
      return value.flag ? 3 : 5;
    case Tag::String: {
      std::uint64_t hash = 1469598103934665603U;
      for (const char c : value.view())
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
      return mix(hash);
    }
    case Tag::Array:
    case Tag::Object:
      break;
    default:
      return static_cast<std::uint32_t>(value.tag);
  }
  DataLevel level(run_);
  if (!level.fits() || !run_.step()) return 0;
  std::uint32_t hash = 7;
  if (value.is_array()) {
    const Items items(value);
    for (std::size_t i = 0; i < items.size(); ++i) hash = mix(hash * 31ULL + hash_of(items.at(i)));
    return hash;
  }
  Members members(value);
  while (members.next())
    hash += mix(hash_of(Cell::string(members.key())) * 31ULL + hash_of(members.value()));
  return hash;
}

bool DistinctSet::add(const Cell& value, const List& seen) {
  const std::uint32_t hash = hash_of(value);
  std::uint32_t at = hash & (capacity_ - 1);
  for (; table_[at].index != kEmpty; at = (at + 1) & (capacity_ - 1)) {
    if (table_[at].hash == hash && run_.deep_equal(seen.items[table_[at].index], value))
      return false;
  }
  table_[at] = {hash, size_++};
  if (size_ * 2 > capacity_) grow();
  return true;
}

}  // namespace fermata::jsonata
