#pragma once
// store.get, store.set, store.delete and store.list: key-value pairs of the tenant. What is written
// with `expectedRevision` is written over that revision only; a try that is repeated under the same
// invocation key acts once.

#include <memory>
#include <vector>

#include "actions/action.h"
#include "foundation/clock.h"
#include "store/tenant_store.h"

namespace fermata::actions {

// Without a store they can be looked up, not run. Both must outlive the actions.
std::vector<std::unique_ptr<Action>> make_key_value(store::TenantStore* store, const Clock* clock);

// What is wrong with a key or a value, in words; nullptr: nothing. For the API, too.
const char* wrong_key(std::string_view space, std::string_view key);
const char* wrong_value(const json::Value& value);

}  // namespace fermata::actions
