#pragma once
// A set of values under the language's equality, for $distinct: values that are equal have equal
// hashes, whatever the order of their members.

#include <cstdint>

#include "jsonata/run.h"

namespace fermata::jsonata {

class DistinctSet {
 public:
  DistinctSet(Run& run, std::size_t size_max);
  // Whether the value was not among those of `seen` yet; it then counts as their next.
  bool add(const Cell& value, const List& seen);

 private:
  struct Place {
    std::uint32_t hash;
    std::uint32_t index;
  };
  void grow();
  std::uint32_t hash_of(const Cell& value);

  Run& run_;
  Place* table_ = nullptr;
  std::uint32_t capacity_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace fermata::jsonata
