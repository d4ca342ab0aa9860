#include "metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <sstream>
#include <string_view>
#include <vector>

namespace fermata::metrics {
namespace {

// In the order of the enumerations. With an empty label the metric has none.
struct Meaning {
  const char* name;
  const char* help;
  const char* label;
  std::string_view known;  // values that are there from the start, with spaces
};

constexpr std::array kCounts = {
    Meaning{"fermata_runs_ended_total", "Runs that ended", "status", "SUCCEEDED FAILED CANCELED"},
    Meaning{"fermata_run_failures_total", "Runs that failed, by the category of their error",
            "category",
            "ValidationError ExpressionError ActionError TransientError TimeoutError "
            "ChildWorkflowError QuotaExceeded InterpreterCorruption"},
    Meaning{"fermata_workflow_task_failures_total",
            "Workflow tasks that failed and are repeated by Temporal", "", ""},
    Meaning{"fermata_actions_sealed_total",
            "Actions that wait for a worker with the payload key, by each try of one without", "",
            ""},
    Meaning{"fermata_ledger_total", "What the ledger said of actions", "outcome",
            "begun reused repeated waited succeeded failed lost"},
    Meaning{"fermata_http_requests_total", "Requests to the API, by class of their status", "class",
            "2xx 4xx 5xx"},
    Meaning{"fermata_ingress_trimmed_total",
            "Messages that were trimmed from the event stream before they were read", "", ""},
};
constexpr std::array kDurations = {
    Meaning{"fermata_wakeup_seconds",
            "From an event's storing, or its wait's opening, to the signal that Temporal accepted",
            "", ""},
    Meaning{"fermata_projection_write_seconds", "From a task's rows to their commit", "", ""},
    Meaning{"fermata_action_seconds", "How long actions ran", "action", ""},
    Meaning{"fermata_http_request_seconds", "How long the API took to answer", "", ""},
};
constexpr std::array kLevels = {
    Meaning{"fermata_queue_backlog_tasks",
            "Workflow tasks of the authored queue that wait for a worker, approximately", "", ""},
    Meaning{"fermata_queue_pollers", "Workers that poll the authored queue", "kind",
            "workflow activity"},
    Meaning{"fermata_events_unrouted", "Stored events whose routing has not ended, up to 10,000",
            "", ""},
    Meaning{"fermata_projection_lagging_runs", "Runs whose rows wait for a database that was away",
            "", ""},
    Meaning{"fermata_activities_outstanding", "Actions under way", "", ""},
    Meaning{"fermata_stream_readers", "Live streams that are open", "", ""},
    Meaning{"fermata_ingress_lag_messages", "Messages of the event stream that wait to be read", "",
            ""},
    Meaning{"fermata_ingress_pending_messages",
            "Messages of the event stream that were read and are not finished", "", ""},
    Meaning{"fermata_dead_letters", "Dead letters that nobody has let through, up to 10,000", "",
            ""},
};

// Seconds: from what is unnoticed to what somebody should look at.
const prometheus::Histogram::BucketBoundaries kBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

prometheus::Labels labels_of(const Meaning& meaning, const std::string& value) {
  return *meaning.label == '\0' ? prometheus::Labels{} : prometheus::Labels{{meaning.label, value}};
}

// Calls with each value that is known, or once with none.
template <typename Make>
void for_known(const Meaning& meaning, Make make) {
  if (*meaning.label == '\0') make(std::string());
  std::istringstream words{std::string(meaning.known)};
  for (std::string word; words >> word;) make(word);
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  std::vector<prometheus::Family<prometheus::Counter>*> counts;
  std::vector<prometheus::Family<prometheus::Histogram>*> durations;
  std::vector<prometheus::Family<prometheus::Gauge>*> levels;
  // By number. Held while they are called, so that none is called once its owner let it go.
  std::mutex mutex;
  std::map<std::uint64_t, std::function<void()>> look_ups;
  std::uint64_t next_look_up = 0;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
  for (const Meaning& meaning : kCounts) {
    auto& family = prometheus::BuildCounter()
                       .Name(meaning.name)
                       .Help(meaning.help)
                       .Register(families_->registry);
    families_->counts.push_back(&family);
    for_known(meaning, [&](const std::string& value) { family.Add(labels_of(meaning, value)); });
  }
  for (const Meaning& meaning : kDurations) {
    auto& family = prometheus::BuildHistogram()
                       .Name(meaning.name)
                       .Help(meaning.help)
                       .Register(families_->registry);
    families_->durations.push_back(&family);
    for_known(meaning,
              [&](const std::string& value) { family.Add(labels_of(meaning, value), kBuckets); });
  }
  for (const Meaning& meaning : kLevels) {
    auto& family = prometheus::BuildGauge()
                       .Name(meaning.name)
                       .Help(meaning.help)
                       .Register(families_->registry);
    families_->levels.push_back(&family);
    for_known(meaning, [&](const std::string& value) { family.Add(labels_of(meaning, value)); });
  }
}

Metrics::~Metrics() = default;

void Metrics::add(Count what, const std::string& label, std::int64_t times) {
  const auto i = static_cast<std::size_t>(what);
  families_->counts[i]->Add(labels_of(kCounts[i], label)).Increment(static_cast<double>(times));
}

void Metrics::observe(Duration what, std::int64_t ms, const std::string& label) {
  const auto i = static_cast<std::size_t>(what);
  families_->durations[i]
      ->Add(labels_of(kDurations[i], label), kBuckets)
      .Observe(static_cast<double>(ms) / 1'000);
}

void Metrics::set(Level what, double value, const std::string& label) {
  const auto i = static_cast<std::size_t>(what);
  families_->levels[i]->Add(labels_of(kLevels[i], label)).Set(value);
}

std::shared_ptr<void> Metrics::before_text(std::function<void()> look_up) {
  const std::scoped_lock lock(families_->mutex);
  const std::uint64_t number = families_->next_look_up++;
  families_->look_ups.emplace(number, std::move(look_up));
  return {nullptr, [families = families_.get(), number](void*) {
            const std::scoped_lock held(families->mutex);
            families->look_ups.erase(number);
          }};
}

std::string Metrics::text() {
  {
    const std::scoped_lock lock(families_->mutex);
    for (const auto& [number, look_up] : families_->look_ups) look_up();
  }
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace fermata::metrics
