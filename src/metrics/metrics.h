#pragma once
// Metrics: what a process tells Prometheus of itself. One object per process, handed down to
// whoever has something to tell; the names stand in metrics.cc, and docs/reference/metrics.md says
// what each means. Safe from any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fermata::metrics {

// They only grow.
enum class Count : std::uint8_t {
  RunsEnded,             // by status
  RunFailures,           // by category
  WorkflowTaskFailures,  // Temporal repeats them
  ActionsSealed,         // no key here opens what they are given: they are tried again
  Ledger,                // by what was found or written
  HttpRequests,          // by class of status
  IngressTrimmed,        // messages that were gone before anybody read them
};

// How long something took, in milliseconds.
enum class Duration : std::uint8_t {
  WakeUp,       // from an event's storing, or its wait's opening, to Temporal's word
  RowsWritten,  // from the rows' making to their commit
  Action,       // by action
  HttpRequest,
};

// They go up and down.
enum class Level : std::uint8_t {
  QueueBacklog,
  QueuePollers,  // by kind
  EventsUnrouted,
  RunsLagging,
  ActivitiesOutstanding,
  StreamReaders,
  IngressLag,      // messages of the stream that nobody read
  IngressPending,  // that somebody read and did not finish
  DeadLetters,
};

class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  // `label` is the value of the metric's one label; empty where it has none.
  void add(Count what, const std::string& label = {}, std::int64_t times = 1);
  void observe(Duration what, std::int64_t ms, const std::string& label = {});
  void set(Level what, double value, const std::string& label = {});

  // Asked before each text(), as long as the result lives: for levels that are looked up.
  [[nodiscard]] std::shared_ptr<void> before_text(std::function<void()> look_up);
  // In Prometheus's text format.
  [[nodiscard]] std::string text();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace fermata::metrics
