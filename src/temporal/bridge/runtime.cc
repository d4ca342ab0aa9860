#include "temporal/runtime.h"

#include <atomic>

#include "foundation/format.h"
#include "temporal/bridge/handles.h"

namespace fermata::temporal {
namespace {

// Core's log callback carries no user data, so the receiver has to be found from nowhere: the one
// mutable global of this library.
std::atomic<Log*> g_log{nullptr};

std::string text_of(TemporalCoreByteArrayRef bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

LogLevel level_of(TemporalCoreForwardedLogLevel level) {
  switch (level) {
    case TemporalCoreForwardedLogLevel_Trace:
      return LogLevel::Trace;
    case TemporalCoreForwardedLogLevel_Debug:
      return LogLevel::Debug;
    case TemporalCoreForwardedLogLevel_Info:
      return LogLevel::Info;
    case TemporalCoreForwardedLogLevel_Warn:
      return LogLevel::Warn;
    case TemporalCoreForwardedLogLevel_Error:
      return LogLevel::Error;
  }
  return LogLevel::Info;
}

void forward_log(TemporalCoreForwardedLogLevel level, const TemporalCoreForwardedLog* line) {
  Log* log = g_log.load();
  if (log == nullptr) return;
  log->write(level_of(level), "temporal core",
             {{"target", text_of(temporal_core_forwarded_log_target(line))},
              {"text", text_of(temporal_core_forwarded_log_message(line))},
              {"fields", text_of(temporal_core_forwarded_log_fields_json(line))}});
}

std::string_view filter_of(LogLevel level) {
  switch (level) {
    case LogLevel::Trace:
      return "temporalio_sdk_core=trace,temporalio_client=trace";
    case LogLevel::Debug:
      return "temporalio_sdk_core=debug,temporalio_client=debug";
    case LogLevel::Info:
      return "temporalio_sdk_core=info,temporalio_client=info";
    case LogLevel::Warn:
      return "temporalio_sdk_core=warn,temporalio_client=warn";
    case LogLevel::Error:
      return "temporalio_sdk_core=error,temporalio_client=error";
  }
  return "temporalio_sdk_core=warn";
}

}  // namespace

Result<Runtime> Runtime::create(const RuntimeOptions& options) {
  TemporalCoreLoggingOptions logging{};
  logging.filter = bridge::lend(filter_of(options.log_level));
  logging.forward_to = forward_log;
  if (options.log != nullptr) g_log.store(options.log);

  TemporalCorePrometheusOptions prometheus{};
  prometheus.bind_address = bridge::lend(options.prometheus_address);
  prometheus.counters_total_suffix = true;
  prometheus.unit_suffix = true;
  prometheus.durations_as_seconds = true;
  TemporalCoreOpenTelemetryOptions otlp{};
  otlp.url = bridge::lend(options.otlp_url);
  otlp.metric_periodicity_millis = 10'000;
  otlp.metric_temporality = TemporalCoreOpenTelemetryMetricTemporality_Cumulative;
  otlp.durations_as_seconds = true;
  otlp.protocol = TemporalCoreOpenTelemetryProtocol_Grpc;
  TemporalCoreMetricsOptions metrics{};
  metrics.prometheus = options.prometheus_address.empty() ? nullptr : &prometheus;
  metrics.opentelemetry = options.otlp_url.empty() ? nullptr : &otlp;
  metrics.attach_service_name = true;
  metrics.metric_prefix = bridge::lend("temporal_");

  TemporalCoreTelemetryOptions telemetry{};
  telemetry.logging = &logging;
  telemetry.metrics =
      metrics.prometheus != nullptr || metrics.opentelemetry != nullptr ? &metrics : nullptr;
  TemporalCoreRuntimeOptions runtime_options{};
  runtime_options.telemetry = &telemetry;

  const TemporalCoreRuntimeOrFail made = temporal_core_runtime_new(&runtime_options);
  auto handle = std::make_shared<Handle>();
  handle->raw = made.runtime;
  handle->codec = options.codec;
  if (made.fail != nullptr) {
    return make_error(ErrorKind::Invalid, "TEMPORAL_RUNTIME",
                      "starting Temporal's runtime: " + bridge::take(*handle, made.fail),
                      "check the metrics address and the collector's URL");
  }
  return Runtime(std::move(handle));
}

}  // namespace fermata::temporal
