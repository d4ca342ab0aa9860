#pragma once
// Random: where new ids come from. Implemented in cli; a test gives its own.

#include <string>

namespace fermata::service {

class Random {
 public:
  virtual ~Random() = default;
  // A new UUID, version 7: sorts by time of making.
  virtual std::string uuid() = 0;
  // 48 hex digits that nobody can guess.
  virtual std::string secret() = 0;
};

}  // namespace fermata::service
