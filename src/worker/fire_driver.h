#pragma once
// FireDriver: the workflow that a schedule starts. It launches what the schedule is for, by one
// activity that is repeated until the store and Temporal took it, and ends with what came of it.

#include "worker/run_driver.h"

namespace fermata::worker {

class FireDriver final : public Driver {
 public:
  Driven handle(const temporal::Activation& activation) override;
};

}  // namespace fermata::worker
