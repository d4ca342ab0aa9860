#include "worker/replay.h"

#include "worker/fire_driver.h"

namespace fermata::worker {
namespace {

// Core wraps its sentence into a printed structure.
std::string sentence_of(const std::string& message) {
  constexpr std::string_view kBegin = "message: \"";
  const std::size_t begin = message.find(kBegin);
  if (begin == std::string::npos) return message;
  const std::size_t from = begin + kBegin.size();
  const std::size_t end = message.find("\", source:", from);
  return end == std::string::npos ? message : message.substr(from, end - from);
}

// Notes that the store was away, for which the task fails: no disagreement with the history.
class NotingDefinitions final : public service::DefinitionSource {
 public:
  explicit NotingDefinitions(service::DefinitionSource& source) : source_(source) {}

  Result<definition::ProgramPtr> load(const service::VersionRef& ref) override {
    auto loaded = source_.load(ref);
    if (!loaded.has_value() && loaded.error().kind == ErrorKind::Unavailable)
      away_ = loaded.error();
    return loaded;
  }
  [[nodiscard]] const std::optional<Error>& away() const { return away_; }

 private:
  service::DefinitionSource& source_;
  std::optional<Error> away_;
};

}  // namespace

Result<std::unique_ptr<Replayer>> Replayer::create(const temporal::Runtime& runtime,
                                                   service::DefinitionSource& definitions,
                                                   const interpreter::PureActions& pure_actions) {
  TRY(temporal::ReplayWorker worker,
      temporal::ReplayWorker::create(runtime, std::string(service::kTaskQueue)));
  return std::unique_ptr<Replayer>(new Replayer(std::move(worker), definitions, pure_actions));
}

Replayer::Replayer(temporal::ReplayWorker worker, service::DefinitionSource& definitions,
                   const interpreter::PureActions& pure_actions)
    : worker_(std::move(worker)), definitions_(definitions), pure_actions_(pure_actions) {}

Replayer::~Replayer() {
  worker_.close();
  // Says that there is nothing more; Core wants to be asked until it does.
  while (worker_.worker().poll_activation().has_value()) {
  }
  static_cast<void>(worker_.worker().finalize());
}

Result<ReplayVerdict> Replayer::check(const std::string& workflow_id,
                                      const temporal::History& history) {
  TRY(Projected projected, project(workflow_id, history));
  return std::move(projected.verdict);
}

Result<Projected> Replayer::project(const std::string& workflow_id,
                                    const temporal::History& history) {
  TRY_DO(worker_.push(workflow_id, history));
  NotingDefinitions definitions(definitions_);
  RunDriver run({definitions, pure_actions_, RowsOf::WholeHistory});
  FireDriver fire;
  Driver* driver = &run;
  Projected made;
  const auto disagree = [&](const std::string& message) {
    if (!made.verdict.agrees) return;
    made.verdict.agrees = false;
    made.verdict.message = message;
    if (const definition::Step* step = run.place()) {
      made.verdict.step_path = step->path.text;
      made.verdict.step_id = step->id;
    }
  };
  while (true) {
    TRY(const temporal::Activation activation, worker_.worker().poll_activation());
    if (const auto* removed = std::get_if<temporal::RemoveFromCache>(&activation.jobs.front())) {
      if (removed->reason == temporal::EvictionReason::Nondeterminism)
        disagree(sentence_of(removed->message));
      TRY_DO(worker_.worker().complete({activation.run_id, std::vector<temporal::Command>{}}));
      if (definitions.away()) return *definitions.away();
      made.ends = run.ends();
      made.is_open = run.is_open();
      return made;
    }
    if (const auto* begun = std::get_if<temporal::InitializeWorkflow>(&activation.jobs.front())) {
      made.continued_from = begun->continued_from_run_id;
      if (begun->workflow_type == service::kFireWorkflow) driver = &fire;
    }
    Driven driven = driver->handle(activation);
    if (const auto* failed = std::get_if<temporal::TaskFailure>(&driven.completion.status))
      disagree(failed->failure.message);
    if (driven.launch) made.launch = std::move(driven.launch);
    if (driven.corrected && !made.rows.empty()) made.rows.back() = *std::move(driven.corrected);
    if (driven.rows) made.rows.push_back(*std::move(driven.rows));
    TRY_DO(worker_.worker().complete(driven.completion));
  }
}

}  // namespace fermata::worker
