// The engine's own commands without the rest of the product: `jsonata_tool eval|suite|bench|serve`.
// Tests and measurements use it; people use `fermata jsonata`.
#include <iostream>
#include <string>
#include <vector>

#include "cli/jsonata_commands.h"

int main(int argc, char** argv) {
  namespace cli = fermata::cli;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto word = [&](std::size_t index) {
    return index < words.size() ? words[index] : std::string();
  };
  if (word(0) == "eval") return cli::run_jsonata_eval({word(1), word(2)});
  if (word(0) == "suite") return cli::run_jsonata_suite({word(1), word(2)});
  if (word(0) == "bench") return cli::run_jsonata_bench({word(1), word(2)});
  if (word(0) == "serve") return cli::run_jsonata_serve();
  std::cerr << "usage: jsonata_tool eval EXPR [FILE] | suite CASES DATASETS | bench BENCH [NAME] | "
               "serve\n";
  return 2;
}
