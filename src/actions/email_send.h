#pragma once
// email.send@1: one message by SMTP. Its Message-ID is made of the invocation's key, so that an
// attempt that is repeated after a crash is the same message to whoever reads it. What is passing
// (4xx, a lost connection) is TransientError, what the server refuses is ActionError.

#include <memory>
#include <string>

#include "actions/action.h"
#include "foundation/clock.h"
#include "http/client.h"

namespace fermata::actions {

struct EmailOptions {
  http::AddressPolicy policy;    // which private addresses may be connected to
  std::string ca_file;           // PEM file of the authorities to trust; empty: the system's
  const Clock* clock = nullptr;  // without one it can be looked up, not run
};
std::unique_ptr<Action> make_email_send(EmailOptions options);

}  // namespace fermata::actions
