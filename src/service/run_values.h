#pragma once
// RunValues: the documents of one run, each as one value: what it was given, what it has, what its
// steps got and gave. Redacted as everywhere. Where next: json/browse.h shows parts of them.

#include <optional>
#include <string>

#include "service/run_control.h"
#include "store/store.h"

namespace fermata::service {

struct ValueQuery {
  TenantId tenant;
  RunId run;
  // input, output, error: of its row. payload, vars, local, meta: as a worker has them now.
  // stepInput, stepOutput: of the step with the number.
  std::string of;
  std::optional<std::uint64_t> step;
};

class RunValues {
 public:
  RunValues(store::Store& store, RunControl& control) : store_(store), control_(control) {}

  // Errors: NOT_FOUND, QUERY_INVALID, TEMPORAL_* (no worker answers).
  Result<json::Value> value(const ValueQuery& query);

 private:
  Result<json::Value> step_value(const ValueQuery& query);

  store::Store& store_;
  RunControl& control_;
};

}  // namespace fermata::service
