#pragma once
// How a child run ended, as its parent's machine hears it.

#include "foundation/clock.h"
#include "interpreter/input.h"
#include "interpreter/machine.h"
#include "temporal/activation.h"

namespace fermata::worker {

// `parent` says by which rules: a result that cannot be read is the child's failure, but the first
// semantics version went on with null.
interpreter::InputKind end_of_child(const temporal::ResolveChild& job,
                                    const interpreter::RunIdentity& parent, TimeMs now);

}  // namespace fermata::worker
