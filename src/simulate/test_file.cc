#include "simulate/test_file.h"

#include <set>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "simulate/reader.h"

namespace fermata::simulate {
namespace {

// What cases share; of objects, the members.
void inherit(json::Object& one, const json::Object& shared, std::string_view key) {
  const json::Value* common = json::find(shared, key);
  if (common == nullptr) return;
  json::Value* own = json::find(one, key);
  if (own == nullptr) {
    one[key] = *common;
  } else if (key != "input" && own->is_object() && common->is_object()) {
    for (const auto& member : common->get_object())
      own->get_object().emplace(member.key(), member.value());
  }
}

// Text where a document may stand names a file.
Result<void> follow(json::Value& place, const ReadDocument& read) {
  if (!place.is_string()) return {};
  TRY(place, read(json::to_std(place.get_string())));
  return {};
}

Result<json::Value> complete(const json::Value& written, const json::Object& shared,
                             const ReadDocument& read) {
  json::Value made = written;
  if (!made.is_object()) return made;
  json::Object& one = made.get_object();
  for (const char* key : {"input", "startAt", "actions", "children"}) inherit(one, shared, key);
  if (json::Value* input = json::find(one, "input")) TRY_DO(follow(*input, read));
  json::Value* children = json::find(one, "children");
  if (children != nullptr && children->is_object()) {
    for (auto& member : children->get_object()) TRY_DO(follow(member.value(), read));
  }
  return made;
}

Faults read_faults(const json::Value& value, std::string place, Problems& problems) {
  Reader reader(value, std::move(place), problems);
  Faults faults;
  faults.repeats_inputs = reader.flag("duplicates").value_or(false);
  faults.renews_history = reader.flag("newHistories").value_or(false);
  faults.late_events_ms = reader.whole("lateEventsMs").value_or(0);
  faults.slow_actions_ms = reader.whole("slowActionsMs").value_or(0);
  faults.failing_attempts =
      static_cast<std::uint32_t>(reader.whole("failingAttempts", limits::kAttemptsMax).value_or(0));
  return faults;
}

ExpectedTime read_time(const json::Value& value, const std::string& place, Problems& problems) {
  ExpectedTime time;
  if (value.is_int64()) {
    time.finished_at_ms = value.get_int64();
    return time;
  }
  Reader reader(value, place, problems);
  time.started_at_ms = reader.whole("startedAtMs");
  time.finished_at_ms = reader.whole("finishedAtMs");
  time.duration_ms = reader.whole("durationMs");
  return time;
}

Expectation read_expectation(const json::Value& value, std::string place, Problems& problems) {
  Reader reader(value, std::move(place), problems);
  Expectation expect;
  expect.status = reader.text("status");
  if (const json::Array* path = reader.array("path")) {
    expect.path.emplace();
    for (const json::Value& entry : *path) {
      if (entry.is_string()) {
        expect.path->push_back(json::to_std(entry.get_string()));
      } else {
        reader.wrong("path", "expected a list of step ids or paths");
      }
    }
  }
  if (const json::Object* outputs = reader.object("outputs")) expect.outputs = *outputs;
  if (const json::Object* error = reader.object("error")) expect.error = *error;
  if (const json::Array* effects = reader.array("sideEffects")) expect.side_effects = *effects;
  if (const json::Object* times = reader.object("times")) {
    for (const auto& member : *times) {
      const std::string step(member.key().data(), member.key().size());
      expect.times[step] =
          read_time(member.value(), format("{}.{}", reader.place_of("times"), step), problems);
    }
  }
  expect.ended_at_ms = reader.whole("endedAtMs");
  return expect;
}

TestCase read_case(const json::Value& value, const std::string& place, Problems& problems) {
  Reader reader(value, place, problems);
  TestCase test;
  reader.need("name", false);
  test.name = reader.text("name").value_or("");
  const json::Object* input = reader.object("input");
  test.payload = input == nullptr ? json::Object{} : *input;
  read_fixtures(reader, test.fixtures);
  if (const json::Value* faults = reader.given("faults"))
    test.faults = read_faults(*faults, reader.place_of("faults"), problems);
  if (const json::Value* expect = reader.given("expect"))
    test.expect = read_expectation(*expect, reader.place_of("expect"), problems);
  test.has_snapshot = reader.flag("snapshot").value_or(false);
  return test;
}

}  // namespace

Result<TestFile> read_test_file(const json::Value& document, const ReadDocument& read) {
  TestFile file;
  Problems problems;
  const json::Value whole =
      document.is_array() ? json::Value(json::Object{{"cases", document}}) : document;
  {
    Reader reader(whole, "test file", problems);
    file.definition = reader.text("definition").value_or("");
    for (const char* key : {"input", "startAt", "actions", "children"}) (void)reader.given(key);
    reader.need("cases", false);
    const json::Array* cases = reader.array("cases");
    std::set<std::string> names;
    for (std::size_t i = 0; cases != nullptr && i < cases->size(); ++i) {
      TRY(const json::Value full, complete((*cases)[i], whole.get_object(), read));
      const std::string place = format("cases[{}]", i);
      file.cases.push_back(read_case(full, place, problems));
      if (!names.insert(file.cases.back().name).second)
        problems.add(place + ".name", "another case has this name");
    }
  }
  TRY_DO(problems.verdict("TEST_FILE_INVALID", "docs/reference/testing.md shows the form"));
  return file;
}

}  // namespace fermata::simulate
