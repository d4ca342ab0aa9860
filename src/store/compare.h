#pragma once
// Two stores, the rows of one run: what they do not agree on.

#include <string>
#include <vector>

#include "store/store.h"

namespace fermata::store {

// One line per difference: run.status: `RUNNING`, expected `SUCCEEDED`. Only projections: the run's
// row, its steps and its waits.
Result<std::vector<std::string>> differences(Store& actual, Store& expected, const TenantId& tenant,
                                             const RunId& run);

}  // namespace fermata::store
