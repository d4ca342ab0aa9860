#pragma once
// The row that a launcher makes, of a run that none has made one for: a child, or one whose rows
// are made again.

#include <string>

#include "service/contract.h"
#include "store/store.h"
#include "temporal/activation.h"

namespace fermata::worker {

store::LaunchRow launch_row(const service::RunArguments& arguments,
                            const temporal::InitializeWorkflow& job,
                            const std::string& temporal_run_id);

}  // namespace fermata::worker
