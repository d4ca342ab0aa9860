#pragma once
// Test files: an author's cases for one definition. A case is a payload, fixtures, faults, and what
// is expected of the run. The form says docs/reference/testing.md. Where next: test_case.h plays
// them, coverage.h counts what they reached.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/result.h"
#include "simulate/simulate.h"

namespace fermata::simulate {

struct ExpectedTime {
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<std::int64_t> duration_ms;
};
struct Expectation {
  std::optional<std::string> status;
  std::optional<std::vector<std::string>> path;  // ids or paths, with ` [iteration]` when asked for
  json::Value outputs;                           // of the scopes, what is named; null: not asked
  json::Value error;                             // of the error, what is named
  json::Value side_effects;                      // a list; of each, what is named
  std::map<std::string, ExpectedTime> times;     // by id or path
  std::optional<std::int64_t> ended_at_ms;
};
struct TestCase {
  std::string name;
  json::Value payload;
  Fixtures fixtures;
  Faults faults;
  Expectation expect;
  bool has_snapshot = false;
};
struct TestFile {
  std::string definition;  // file beside the test file; empty: the one of the same name
  std::vector<TestCase> cases;
};

// Gives the document in a file that the test file names (a payload, a child).
using ReadDocument = std::function<Result<json::Value>(const std::string& file)>;

// Error: TEST_FILE_INVALID, naming every place that is wrong; those of `read`.
Result<TestFile> read_test_file(const json::Value& document, const ReadDocument& read);

}  // namespace fermata::simulate
