#pragma once
// Random definitions and random worlds, from one seed: the same number gives the same things on
// every machine.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace fermata::simulation {

// splitmix64: small, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 to bound - 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

// A definition of id `w` that calls c@1 and d@1, which come with it as `children`. Valid, and full
// of errors that only show when it runs.
struct Generated {
  json::Value definition;
  json::Object children;
};
Generated generate_definition(Random& random);

// Fixtures for it: answers of actions, events, people, a cancel, pauses. Many things fall on the
// same instant on purpose.
json::Value generate_fixtures(Random& random, const Generated& generated);

}  // namespace fermata::simulation
