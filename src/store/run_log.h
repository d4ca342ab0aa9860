#pragma once
// RunLog: what happened in one run, told in lines: what authors log, steps that failed and retries,
// its launch, pauses and end, and what operators asked of it. No table of its own: each line is
// read off the row that already says it, so it costs nothing to write, a repeated task repeats no
// line, and what is rebuilt from Temporal has the same lines. What operators did only the audit log
// knows.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace fermata::store {

// Where a line stands: in order of time, then of what kind of row says it, then of that row's key.
struct LogPlace {
  TimeMs at = 0;
  std::int64_t rank = 0;
  std::string key;
  auto operator<=>(const LogPlace&) const = default;
};

struct LogLine {
  LogPlace place;      // unique in the run
  std::string level;   // DEBUG, INFO, WARN, ERROR
  std::string source;  // run, author, step, retry, operator
  std::string step_path;
  std::string iteration;
  std::string message;
  json::Value data;  // redacted and bounded
};

class Sql;

enum class LogOrder : std::uint8_t { OldestFirst, NewestFirst };
struct LogFilter {
  std::vector<std::string> levels;   // any of them; empty: all
  std::vector<std::string> sources;  // the same
  std::optional<std::string> step_path;
  std::optional<std::string> search;  // in the message, whatever the case of its ASCII letters
  std::optional<TimeMs> from;
  std::optional<TimeMs> before;
  LogOrder order = LogOrder::OldestFirst;
  std::optional<LogPlace> after;
  std::size_t limit = 50;
};

struct LogPage {
  std::vector<LogLine> lines;
  // Where to go on; nothing: these were the last. A page may be short of its limit when few lines
  // of very many fit the filter.
  std::optional<LogPlace> next;
};

class RunLog {
 public:
  explicit RunLog(Sql& sql) : sql_(sql) {}

  Result<LogPage> page(const RunView& run, const LogFilter& filter);

 private:
  Result<std::vector<LogLine>> read(const RunView& run, const LogFilter& filter,
                                    const std::optional<LogPlace>& after);

  Sql& sql_;
};

}  // namespace fermata::store
