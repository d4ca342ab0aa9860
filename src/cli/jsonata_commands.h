#pragma once
// `fermata jsonata …`: the expression engine from the command line. Exit codes as in commands.h.
// Depends on the engine alone, so that tests/jsonata/tool.cc can be built without the product.

#include <string>

namespace fermata::cli {

struct JsonataEvalOptions {
  std::string expression;
  std::string file;  // the input; empty: none, `-`: standard input
};
int run_jsonata_eval(const JsonataEvalOptions& options);

struct JsonataSuiteOptions {
  std::string cases;
  std::string datasets;
};
// Prints each failing case with what was expected and what came, then `N passed, M failed`.
int run_jsonata_suite(const JsonataSuiteOptions& options);

struct JsonataBenchOptions {
  std::string bench;
  std::string only;  // name of one case; empty: all
};
// One JSON line a case: name, compileNs, evaluateNs, bytesAllocated, resultBytes.
int run_jsonata_bench(const JsonataBenchOptions& options);

// A line in (`{"expr", "data"?, "now"}`), a line out (`{"result"}`, `{}` or `{"code"}`): for tests
// that ask thousands of times.
int run_jsonata_serve();

}  // namespace fermata::cli
