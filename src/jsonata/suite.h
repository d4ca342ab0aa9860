#pragma once
// The official suite's cases, run as its own runner does: a case is a line of
// tests/jsonata/cases.jsonl (its README names the fields). Used by the tests and by `fermata
// jsonata suite`.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

namespace fermata::jsonata {

struct SuiteCase {
  std::string group;
  std::string name;
  json::Object fields;
};
// Empty when the line is no case.
std::optional<SuiteCase> read_case(std::string_view line);

struct SuiteVerdict {
  bool passed = false;
  std::string expected;
  std::string actual;
};
// `dataset` gives the document of a name, or null when there is none.
using Datasets = std::function<const json::Value*(const std::string& name)>;
SuiteVerdict run_case(const SuiteCase& test, const Datasets& dataset);

}  // namespace fermata::jsonata
