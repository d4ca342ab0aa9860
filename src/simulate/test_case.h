#pragma once
// Playing a case: straight, and once more with the state saved and loaded after every input; both
// must agree with each other and with what is expected.

#include <string>
#include <vector>

#include "simulate/prepare.h"
#include "simulate/test_file.h"

namespace fermata::simulate {

struct CaseResult {
  std::vector<std::string> problems;  // empty: passed
  Report report;                      // of the straight run
};

struct CaseStage {
  const interpreter::PureActions& pure_actions;
  const FormCheck* form_check = nullptr;
  std::uint32_t semantics = interpreter::kCurrentSemantics;
};

CaseResult play_case(const TestCase& test, const Prepared& prepared, const CaseStage& stage);

// What is not as expected, a sentence each.
std::vector<std::string> differences(const Expectation& expect, const Report& report);

// Whether `actual` has everything that `expected` names: members of objects may be more, lists are
// of equal length. Adds a sentence for each place where not. Its depth is that of a document, which
// is bounded.
void compare(const json::Value& expected, const json::Value& actual, const std::string& place,
             std::vector<std::string>& problems);

}  // namespace fermata::simulate
