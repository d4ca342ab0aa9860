#include "simulate/fixtures.h"

#include <charconv>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"
#include "jsonata/instant.h"
#include "simulate/reader.h"

namespace fermata::simulate {
namespace {

// The time that the author means: from the start, or an instant where the start is a number.
class Times {
 public:
  explicit Times(Fixtures& fixtures) : fixtures_(fixtures) {}

  void read_start(Reader& reader) {
    const json::Value* start = reader.given("startAt");
    if (start == nullptr) return;
    std::optional<TimeMs> at;
    if (start->is_int64() && start->get_int64() >= 0) {
      at = start->get_int64();
    } else if (start->is_string()) {
      at = jsonata::parse_instant(json::view(start->get_string()));
    }
    if (!at || *at < 0 || *at > kFixtureMsMax) {
      reader.wrong("startAt", "expected an ISO 8601 instant or milliseconds since 1970");
      return;
    }
    fixtures_.start_at = *at;
    fixtures_.origin = start->is_string() ? *at : 0;
  }
  // A number below the start cannot be an instant of this run: it counts from the start, too.
  [[nodiscard]] TimeMs instant(std::int64_t written) const {
    const bool is_instant = fixtures_.origin == 0 && written >= fixtures_.start_at;
    return is_instant ? written : fixtures_.start_at + written;
  }
  [[nodiscard]] std::optional<TimeMs> optional(Reader& reader, std::string_view key) const {
    const auto written = reader.whole(key);
    return written ? std::optional(instant(*written)) : std::nullopt;
  }

 private:
  Fixtures& fixtures_;
};

interpreter::RunError read_error(const json::Value& value, const std::string& place,
                                 Problems& problems) {
  Reader reader(value, place, problems);
  interpreter::RunError error;
  error.category = reader.text("category").value_or(std::string(interpreter::category::kAction));
  error.code = reader.text("code").value_or("");
  error.message = reader.text("message").value_or("the action failed");
  if (const json::Value* details = reader.any("details")) error.details = *details;
  return error;
}

ActionAnswer read_action_answer(const json::Value& value, const std::string& place,
                                Problems& problems) {
  Reader reader(value, place, problems);
  ActionAnswer answer;
  answer.path = reader.text("path");
  answer.iteration = reader.text("iteration");
  if (const auto attempt = reader.whole("attempt", limits::kAttemptsMax))
    answer.attempt = static_cast<std::uint32_t>(*attempt);
  answer.delay_ms = reader.whole("delayMs").value_or(0);
  answer.retry_after_ms = reader.whole("retryAfterMs");
  const json::Value* result = reader.any("result");
  const json::Value* error = reader.given("error");
  if (result != nullptr && error != nullptr)
    reader.wrong("error", "an entry has a result or an error");
  if (result != nullptr) answer.outcome = *result;
  if (error != nullptr) answer.outcome = read_error(*error, reader.place_of("error"), problems);
  return answer;
}

void read_actions(Reader& reader, Fixtures& fixtures) {
  const json::Object* actions = reader.object("actions");
  if (actions == nullptr) return;
  for (const auto& member : *actions) {
    const std::string name(member.key().data(), member.key().size());
    const std::string place = format("{}.{}", reader.place_of("actions"), name);
    if (!versioned_name(name)) reader.problems().add(place, "expected a name such as `log@1`");
    auto& answers = fixtures.actions[name];
    if (!member.value().is_array()) {
      answers.push_back(read_action_answer(member.value(), place, reader.problems()));
      continue;
    }
    std::size_t index = 0;
    for (const json::Value& entry : member.value().get_array())
      answers.push_back(
          read_action_answer(entry, format("{}[{}]", place, index++), reader.problems()));
    if (answers.empty()) reader.problems().add(place, "an empty list answers nothing");
  }
}

void read_events(Reader& reader, const Times& times, Fixtures& fixtures) {
  const json::Array* events = reader.array("events");
  if (events == nullptr) return;
  for (std::size_t i = 0; i < events->size(); ++i) {
    Reader entry((*events)[i], format("{}[{}]", reader.place_of("events"), i), reader.problems());
    FixtureEvent event;
    event.at = times.instant(entry.whole("atMs").value_or(0));
    event.event_id = entry.text("eventId").value_or(format("event-{}", i + 1));
    entry.need("eventName", false);
    event.event_name = entry.text("eventName").value_or("");
    // As production writes keys down: numbers and booleans by their JSON text.
    const json::Value* key = entry.given("correlationKey");
    if (key != nullptr)
      event.correlation_key =
          key->is_string() ? json::to_std(key->get_string()) : json::to_text(*key);
    const json::Value* payload = entry.given("payload");
    event.payload = payload == nullptr ? json::Value(json::Object{}) : *payload;
    fixtures.events.push_back(std::move(event));
  }
}

void read_answers(Reader& reader, const Times& times, Fixtures& fixtures) {
  const json::Array* answers = reader.array("answers");
  if (answers == nullptr) return;
  for (std::size_t i = 0; i < answers->size(); ++i) {
    Reader entry((*answers)[i], format("{}[{}]", reader.place_of("answers"), i), reader.problems());
    FixtureAnswer answer;
    answer.at = times.instant(entry.whole("atMs").value_or(0));
    entry.need("stepPath", false);
    answer.step_path = entry.text("stepPath").value_or("");
    const json::Value* response = entry.any("response");
    answer.response = response == nullptr ? json::Value(json::Object{}) : *response;
    answer.is_admin_override = entry.flag("isAdminOverride").value_or(false);
    fixtures.answers.push_back(std::move(answer));
  }
}

void read_pauses(Reader& reader, const Times& times, Fixtures& fixtures) {
  const json::Array* pauses = reader.array("pauses");
  if (pauses == nullptr) return;
  for (std::size_t i = 0; i < pauses->size(); ++i) {
    Reader entry((*pauses)[i], format("{}[{}]", reader.place_of("pauses"), i), reader.problems());
    FixturePause pause;
    pause.at = times.instant(entry.whole("atMs").value_or(0));
    pause.resume_at = times.optional(entry, "resumeAtMs");
    fixtures.pauses.push_back(pause);
  }
}

void read_children(Reader& reader, Fixtures& fixtures) {
  const json::Object* children = reader.object("children");
  if (children == nullptr) return;
  for (const auto& member : *children) {
    const std::string name(member.key().data(), member.key().size());
    if (!versioned_name(name))
      reader.problems().add(format("{}.{}", reader.place_of("children"), name),
                            "expected a name such as `scoring@3`");
    fixtures.children[name] = member.value();
  }
}

}  // namespace

std::optional<VersionedName> versioned_name(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos || at == 0) return std::nullopt;
  VersionedName name{text.substr(0, at), 0};
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data() + at + 1, end, name.version);
  if (status != std::errc{} || stop != end || name.version < 1) return std::nullopt;
  return name;
}

void read_fixtures(Reader& reader, Fixtures& fixtures) {
  Times times(fixtures);
  times.read_start(reader);
  read_actions(reader, fixtures);
  read_events(reader, times, fixtures);
  read_answers(reader, times, fixtures);
  read_pauses(reader, times, fixtures);
  fixtures.cancel_at = times.optional(reader, "cancelAtMs");
  read_children(reader, fixtures);
}

Result<Fixtures> read_fixtures(const json::Value& document) {
  Fixtures fixtures;
  if (document.is_null()) return fixtures;
  Problems problems;
  {
    Reader reader(document, "fixtures", problems);
    read_fixtures(reader, fixtures);
  }
  TRY_DO(problems.verdict("FIXTURES_INVALID", "docs/reference/testing.md shows the form"));
  return fixtures;
}

}  // namespace fermata::simulate
