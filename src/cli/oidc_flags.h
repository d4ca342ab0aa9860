#pragma once
// From options of the command line to who judges an issuer's tokens.

#include <memory>

#include "cli/commands.h"
#include "foundation/clock.h"
#include "service/oidc.h"

namespace fermata::cli {

// Nothing when no issuer is named. Errors: OIDC_INVALID.
Result<std::unique_ptr<service::Oidc>> make_oidc(const OidcFlags& flags, const Clock& clock);

}  // namespace fermata::cli
