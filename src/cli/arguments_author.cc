// validate, complete, explain, simulate, test, jsonata
#include "cli/arguments.h"
#include "cli/jsonata_commands.h"

namespace fermata::cli {
namespace {

void add_jsonata(CommandLine& line) {
  CLI::App& jsonata = line.group("jsonata", "the expression engine");
  {
    auto [command, eval] = line.add<JsonataEvalOptions>(
        jsonata, "eval", "the value of an expression", run_jsonata_eval);
    command.add_option("expression", eval.expression)->required();
    command.add_option("file", eval.file, "the input; - is standard input");
  }
  {
    auto [command, suite] = line.add<JsonataSuiteOptions>(
        jsonata, "suite", "cases of the official suite, one a line", run_jsonata_suite);
    command.add_option("cases", suite.cases)->required();
    command.add_option("--datasets", suite.datasets, "folder of the documents")->required();
  }
  {
    auto [command, bench] = line.add<JsonataBenchOptions>(
        jsonata, "bench", "time and memory, one JSON line a case", run_jsonata_bench);
    command.add_option("bench", bench.bench)->required();
    command.add_option("--only", bench.only, "name of one case");
  }
}

}  // namespace

void add_author_tools(CommandLine& line) {
  {
    auto [command, validate] = line.add<ValidateOptions>(
        line.app(), "validate", "check definitions; all findings at once", run_validate);
    command.add_option("files", validate.files, "JSON or YAML")->required();
    command.add_flag("--json", validate.prints_json, "one JSON line per file");
  }
  {
    auto [command, complete] = line.add<CompleteOptions>(
        line.app(), "complete", "what can stand at a place in an expression", run_complete);
    command.add_option("definition", complete.definition, "JSON or YAML")->required();
    command
        .add_option("--path", complete.path,
                    "of the expression, as findings name it: root.steps[0].condition")
        ->required();
    command.add_option("--at", complete.offset, "bytes of the expression before the cursor")
        ->required();
    command.add_option("--source", complete.source, "the expression as it is being written");
    command.add_flag("--json", complete.prints_json, "print one JSON object");
  }
  {
    auto [command, explain] = line.add<ExplainOptions>(
        line.app(), "explain", "what an error code means, and what to do", run_explain);
    command.add_option("code", explain.code)->required();
  }
  {
    auto [command, simulate] = line.add<SimulateOptions>(
        line.app(), "simulate", "play a definition under virtual time, with no server",
        run_simulate);
    command.add_option("definition", simulate.definition, "JSON or YAML")->required();
    command.add_option("--input", simulate.input, "file with the payload, a JSON object");
    command.add_option("--fixtures", simulate.fixtures,
                       "file with what actions, events, people do");
    command.add_option("--up-to", simulate.up_to, "stop before the step at this path");
    command.add_flag("--json", simulate.prints_json, "print one JSON object");
  }
  {
    auto [command, test] = line.add<TestOptions>(
        line.app(), "test", "play the cases of test files, with no server", run_test);
    command.add_option("files", test.files, "NAME.test.yaml or NAME.test.json")->required();
    command.add_flag("--update", test.updates, "write the timelines of cases with a snapshot");
  }
  add_jsonata(line);
}

}  // namespace fermata::cli
