#include "metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fermata::metrics {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreThereBeforeAnythingHappened) {
  Metrics metrics;
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("fermata_runs_ended_total{status=\"FAILED\"} 0"));
  EXPECT_THAT(text, HasSubstr("fermata_projection_lagging_runs 0"));
  EXPECT_THAT(text, HasSubstr("fermata_wakeup_seconds_count 0"));
}

TEST(Metrics, CountMeasureAndTellTheLastLevel) {
  Metrics metrics;
  metrics.add(Count::RunFailures, "ActionError");
  metrics.add(Count::RunFailures, "ActionError");
  metrics.observe(Duration::WakeUp, 40);
  metrics.set(Level::StreamReaders, 3);
  metrics.set(Level::StreamReaders, 2);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("fermata_run_failures_total{category=\"ActionError\"} 2"));
  EXPECT_THAT(text, HasSubstr("fermata_wakeup_seconds_bucket{le=\"0.05\"} 1"));
  EXPECT_THAT(text, HasSubstr("fermata_wakeup_seconds_bucket{le=\"0.025\"} 0"));
  EXPECT_THAT(text, HasSubstr("fermata_stream_readers 2"));
}

TEST(Metrics, AskWhoeverIsStillThere) {
  Metrics metrics;
  auto kept = metrics.before_text([&] { metrics.set(Level::QueueBacklog, 7); });
  EXPECT_THAT(metrics.text(), HasSubstr("fermata_queue_backlog_tasks 7"));
  kept.reset();
  metrics.set(Level::QueueBacklog, 0);
  EXPECT_THAT(metrics.text(), HasSubstr("fermata_queue_backlog_tasks 0"));
}

}  // namespace
}  // namespace fermata::metrics
