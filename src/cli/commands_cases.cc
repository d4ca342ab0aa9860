// test: an author's cases, played without a server.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "cli/commands.h"
#include "cli/host.h"
#include "foundation/format.h"
#include "service/form_check.h"
#include "service/schemas.h"
#include "simulate/coverage.h"
#include "simulate/render.h"
#include "simulate/test_case.h"

namespace fermata::cli {
namespace {

constexpr std::size_t kSnapshotsBytesMax = std::size_t{64} * 1024 * 1024;
constexpr std::string_view kHead = "=== ";

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
};

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

// The timelines of a test file's cases, all in one text beside it.
class Snapshots {
 public:
  explicit Snapshots(std::string path) : path_(std::move(path)) {
    const auto text = read_file(path_, kSnapshotsBytesMax);
    if (!text.has_value()) return;
    std::string name;
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t end = std::min(text->find('\n', at), text->size() - 1) + 1;
      const std::string line = text->substr(at, end - at);
      at = end;
      if (line.starts_with(kHead)) {
        name = line.substr(kHead.size(), line.size() - kHead.size() - 1);
        old_[name];
      } else {
        old_[name] += line;
      }
    }
  }
  void check(const std::string& name, const std::string& text, std::vector<std::string>& problems) {
    made_ += std::string(kHead) + name + "\n" + text;
    const auto old = old_.find(name);
    if (old == old_.end()) {
      problems.push_back("there is no snapshot yet: run with --update, and read what it writes");
    } else if (old->second != text) {
      problems.push_back(format("the timeline is not the one in {}:\n{}", path_, text));
    }
  }
  [[nodiscard]] Result<void> update() const {
    return made_.empty() ? Result<void>{} : write_file(path_, made_);
  }

 private:
  std::string path_;
  std::map<std::string, std::string> old_;
  std::string made_;
};

// The stem of `orders.test.yaml` is `orders`.
Result<std::string> stem_of(const std::string& file) {
  for (const std::string_view end : {".test.yaml", ".test.yml", ".test.json"}) {
    if (file.ends_with(end)) return file.substr(0, file.size() - end.size());
  }
  return make_error(ErrorKind::Invalid, "TEST_FILE_INVALID",
                    format("`{}` is not named as a test file", file),
                    "name it like its definition: NAME.test.yaml or NAME.test.json");
}

Result<std::string> definition_beside(const std::string& stem) {
  std::error_code ignored;
  for (const char* end : {".json", ".yaml", ".yml"}) {
    if (std::filesystem::exists(stem + end, ignored)) return stem + end;
  }
  return make_error(ErrorKind::NotFound, "FILE_UNREADABLE",
                    format("there is no definition `{}.json` or `{}.yaml`", stem, stem),
                    "name it in the test file's `definition`");
}

// One test file with what its cases share.
class FileRun {
 public:
  FileRun(std::string definition_path, json::Value document, const std::string& stem)
      : definition_path_(std::move(definition_path)),
        document_(std::move(document)),
        log_(make_log("warn")),
        actions_(make_actions({}, *log_)),
        snapshots_(stem + ".timelines.txt") {}

  // What is not as expected.
  std::vector<std::string> play(const simulate::TestCase& test, bool updates) {
    std::vector<std::string> problems;
    const simulate::Prepared prepared =
        simulate::prepare(document_, test.fixtures, {actions_, schemas_});
    if (prepared.program == nullptr) {
      for (const definition::Finding& finding : prepared.findings)
        problems.push_back(line_of(definition_path_, finding));
      return problems;
    }
    simulate::CaseResult result = simulate::play_case(test, prepared, {actions_, &forms_});
    problems = std::move(result.problems);
    if (test.has_snapshot) {
      std::vector<std::string> unlike;
      snapshots_.check(test.name, simulate::timeline_text(result.report), unlike);
      if (!updates) problems.insert(problems.end(), unlike.begin(), unlike.end());
    }
    if (program_ == nullptr) {
      program_ = prepared.program;
      coverage_.emplace(*program_);
    }
    if (coverage_) coverage_->take(result.report.root());
    return problems;
  }
  [[nodiscard]] std::string coverage() const { return coverage_ ? coverage_->text() : ""; }
  [[nodiscard]] Result<void> update_snapshots() const { return snapshots_.update(); }

 private:
  std::string definition_path_;
  json::Value document_;
  std::unique_ptr<Log> log_;
  actions::ActionRegistry actions_;
  service::BuiltInSchemas schemas_;
  service::SchemaFormCheck forms_;
  Snapshots snapshots_;
  definition::ProgramPtr program_;
  std::optional<simulate::Coverage> coverage_;
};

Result<Totals> run_file(const std::string& path, bool updates) {
  TRY(const std::string stem, stem_of(path));
  const auto folder = std::filesystem::path(path).parent_path();
  const simulate::ReadDocument read = [&](const std::string& file) {
    return read_document_file((folder / file).string());
  };
  TRY(const json::Value written, read_document_file(path));
  auto file = simulate::read_test_file(written, read);
  if (!file.has_value()) return file.error().within(path);
  std::string definition_path = (folder / file->definition).string();
  if (file->definition.empty()) {
    TRY(definition_path, definition_beside(stem));
  }
  TRY(json::Value document, read_document_file(definition_path));
  FileRun run(std::move(definition_path), std::move(document), stem);
  Totals totals;
  print(path + "\n");
  for (const simulate::TestCase& test : file->cases) {
    const std::vector<std::string> problems = run.play(test, updates);
    ++(problems.empty() ? totals.passed : totals.failed);
    print(format("  {}  {}\n", problems.empty() ? "ok    " : "FAILED", test.name));
    for (const std::string& problem : problems) print("          " + problem + "\n");
  }
  print("  " + run.coverage());
  if (updates) TRY_DO(run.update_snapshots());
  return totals;
}

}  // namespace

int run_test(const TestOptions& options) {
  Totals totals;
  int code = 0;
  for (const std::string& file : options.files) {
    const auto made = run_file(file, options.updates);
    if (!made.has_value()) {
      code = std::max(code, report(made.error()));
      ++totals.failed;
      continue;
    }
    totals.passed += made->passed;
    totals.failed += made->failed;
  }
  print(format("{} passed, {} failed\n", totals.passed, totals.failed));
  return totals.failed > 0 ? std::max(code, 1) : code;
}

}  // namespace fermata::cli
