#pragma once
// Recorder: effects to the report, as the projection folds them to rows.

#include <map>
#include <span>

#include "simulate/report.h"

namespace fermata::simulate {

class Recorder {
 public:
  explicit Recorder(Report& report) : report_(report) {}

  void take(std::size_t run, TimeMs now, std::span<const interpreter::Effect> effects);
  void say(std::size_t run, TimeMs now, std::string text);
  // "reserve [0]": the id of the step visited last at this path, and its iteration.
  [[nodiscard]] std::string name_of(std::size_t run, std::string_view path) const;

 private:
  void step(std::size_t run, TimeMs now, const interpreter::RecordStep& effect);
  void open(std::size_t run, TimeMs now, const interpreter::OpenWait& effect);
  void close(std::size_t run, TimeMs now, const interpreter::CloseWait& effect);

  Report& report_;
  std::map<std::string, std::size_t, std::less<>> waits_;  // wait id to its line
};

}  // namespace fermata::simulate
