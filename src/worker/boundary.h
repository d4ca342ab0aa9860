#pragma once
// Boundaries: the places in a worker's life between which nothing may be lost and nothing may act
// twice. A proof hands in a function that ends the process there; otherwise it is empty.

#include <functional>
#include <string>

namespace fermata::worker {

// `name` is the same when the boundary is passed again after a crash:
//   RUN effect N rows          rows are committed, Temporal does not know of it yet
//   RUN effect N acknowledged  Temporal has the answer, and the task is over
//   KEY recorded               an action's end is in the ledger, Temporal does not know of it yet
using AtBoundary = std::function<void(const std::string& name)>;

}  // namespace fermata::worker
