#pragma once
// Crash points: a proof's way to kill a worker at every boundary once, so that the runs still end.

#include <string>

#include "foundation/result.h"
#include "worker/boundary.h"

namespace fermata::cli {

// At a boundary that the file does not name, its name is written there and this process is ended
// by SIGKILL: no destructor runs, nothing is flushed. Errors: FILE_UNREADABLE.
Result<worker::AtBoundary> crash_points(const std::string& file);

}  // namespace fermata::cli
