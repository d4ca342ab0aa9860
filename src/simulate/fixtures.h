#pragma once
// Fixtures: the world that a simulated run lives in, as the author writes it: what actions answer,
// which events and answers come, when it is canceled, what its children are. Times are instants
// here; how the author may write them says docs/reference/testing.md. Where next: world.h plays it.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "foundation/clock.h"
#include "foundation/result.h"
#include "interpreter/run_error.h"
#include "json/value.h"

namespace fermata::simulate {

// 2026-01-01T00:00:00Z: a simulation without `startAt` gives the same result every day.
inline constexpr TimeMs kDefaultStart = 1'767'225'600'000;

// One answer of an action. Calls take the entries in their order; the last one repeats. An entry
// with a path, an iteration or an attempt answers only such calls.
struct ActionAnswer {
  std::optional<std::string> path;
  std::optional<std::string> iteration;
  std::optional<std::uint32_t> attempt;
  std::variant<json::Value, interpreter::RunError> outcome;
  std::int64_t delay_ms = 0;
  std::optional<std::int64_t> retry_after_ms;
};
struct FixtureEvent {
  TimeMs at = 0;
  std::string event_id;
  std::string event_name;
  std::optional<std::string> correlation_key;
  json::Value payload;
};
struct FixtureAnswer {
  TimeMs at = 0;
  std::string step_path;
  json::Value response;
  bool is_admin_override = false;
};
struct FixturePause {
  TimeMs at = 0;
  std::optional<TimeMs> resume_at;
};

struct Fixtures {
  TimeMs start_at = kDefaultStart;
  // What times in reports count from: start_at, or 0 when the author writes epoch milliseconds.
  TimeMs origin = kDefaultStart;
  std::map<std::string, std::vector<ActionAnswer>, std::less<>> actions;  // by `id@version`
  std::vector<FixtureEvent> events;
  std::vector<FixtureAnswer> answers;
  std::optional<TimeMs> cancel_at;
  std::vector<FixturePause> pauses;
  std::map<std::string, json::Value> children;  // definitions by `workflowId@version`
};

// Null is the empty fixtures. Error: FIXTURES_INVALID, naming every place that is wrong.
Result<Fixtures> read_fixtures(const json::Value& document);

class Reader;
// The same out of an object that holds more than fixtures (a case of a test file).
void read_fixtures(Reader& reader, Fixtures& fixtures);

// "id" and version of `id@version`; nothing when it is not of that form.
struct VersionedName {
  std::string id;
  int version = 0;
};
std::optional<VersionedName> versioned_name(const std::string& text);

}  // namespace fermata::simulate
