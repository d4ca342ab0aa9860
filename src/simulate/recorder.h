#pragma once
// Recorder: effects to the report, as the projection folds them to rows.

#include <span>

#include "simulate/report.h"

namespace fermata::simulate {

class Recorder {
 public:
  Recorder(Report& report, bool keeps_timeline)
      : report_(report), keeps_timeline_(keeps_timeline) {}

  void take(std::size_t run, TimeMs now, std::span<const interpreter::Effect> effects);
  // `text` makes the line, when somebody wants it.
  template <typename Text>
  void say(std::size_t run, TimeMs now, Text text) {
    if (keeps_timeline_) report_.timeline.push_back({now, run, text()});
  }
  // "reserve [0]": the id of the step visited last at this path, and its iteration.
  [[nodiscard]] std::string name_of(std::size_t run, std::string_view path) const;

 private:
  void step(std::size_t run, TimeMs now, const interpreter::RecordStep& effect);
  void open(std::size_t run, TimeMs now, const interpreter::OpenWait& effect);
  void close(std::size_t run, TimeMs now, const interpreter::CloseWait& effect);

  Report& report_;
  const bool keeps_timeline_;
};

}  // namespace fermata::simulate
