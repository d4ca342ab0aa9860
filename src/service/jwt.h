#pragma once
// Signed tokens (JWS, compact form) against an issuer's public keys. Only what we accept at all:
// RS256 with at least 2048 bits and ES256; never `none`, never a symmetric key. What a token
// claims is for who asks to judge.

#include <memory>
#include <string>
#include <string_view>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::service {

class TokenKeys {
 public:
  // From a JSON Web Key Set; keys of other kinds are passed over. Errors: OIDC_UNAVAILABLE when it
  // is none or has no key that fits.
  static Result<std::shared_ptr<const TokenKeys>> read(std::string_view key_set);
  virtual ~TokenKeys() = default;
  // What a token with a right signature claims. Errors: TOKEN_INVALID, and TOKEN_KEY_UNKNOWN when
  // it names a key that is not here. Safe from any thread.
  [[nodiscard]] virtual Result<json::Object> claims_of(std::string_view token) const = 0;
};

}  // namespace fermata::service
