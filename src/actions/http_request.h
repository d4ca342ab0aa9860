#pragma once
// http.request@1: one HTTP call. The invocation's key goes along as Idempotency-Key, so that a
// repeated attempt is told apart from a new order. 408, 429, 5xx and a lost connection are
// TransientError; any other status that was not expected is ActionError.

#include <memory>

#include "actions/action.h"
#include "http/client.h"

namespace fermata::actions {

std::unique_ptr<Action> make_http_request(http::AddressPolicy policy);

}  // namespace fermata::actions
