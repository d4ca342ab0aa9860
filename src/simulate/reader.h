#pragma once
// Reader: one object of a fixtures or test file. It notes every problem with its place, and every
// member that nobody asked for, so that a slip of the pen is reported and not ignored.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::simulate {

// Times and delays: two of them together are still an instant that ISO 8601 can write.
inline constexpr std::int64_t kFixtureMsMax = 4'000'000'000'000'000;

class Problems {
 public:
  void add(std::string place, std::string_view what);
  // Nothing noted: fine. Otherwise one error with all of them, under this code.
  [[nodiscard]] Result<void> verdict(std::string_view code, std::string_view help) const;

 private:
  std::vector<std::string> list_;
};

class Reader {
 public:
  // `value` may be anything; what is no object is a problem.
  Reader(const json::Value& value, std::string place, Problems& problems);
  // Notes the members that were not asked for.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The member, null included. The others take null as absent.
  [[nodiscard]] const json::Value* any(std::string_view key);
  [[nodiscard]] const json::Value* given(std::string_view key);
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  // 0 to `most`.
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key,
                                                  std::int64_t most = kFixtureMsMax);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  [[nodiscard]] const json::Array* array(std::string_view key);
  [[nodiscard]] const json::Object* object(std::string_view key);
  void need(std::string_view key, bool is_there);
  void wrong(std::string_view key, std::string_view what);
  [[nodiscard]] std::string place_of(std::string_view key) const;
  [[nodiscard]] Problems& problems() const { return problems_; }

 private:
  const json::Object* object_ = nullptr;
  std::string place_;
  Problems& problems_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace fermata::simulate
