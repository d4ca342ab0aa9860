#pragma once
// Oidc: bearer tokens that an OpenID Connect issuer signed. Its keys are fetched and kept: fresh
// for ten minutes, used on for a day when the issuer is away, asked for anew when a token names an
// unknown one, and never more often than every 30 seconds, whatever callers send.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "foundation/clock.h"
#include "service/access.h"
#include "service/jwt.h"

namespace fermata::service {

struct OidcOptions {
  std::string issuer;    // as tokens say it, to the letter
  std::string audience;  // whom tokens must be for
  std::string keys_url;  // empty: where the issuer's discovery document says
  // A claim's name, or its path: realm_access.roles. A list, or a text of words.
  std::string role_claim = "roles";
  std::map<std::string, Role> roles;  // by the claim's words; empty: our own words
  std::string tenant_claim;           // empty: all are of `tenant`
  TenantId tenant;
  std::string name_claim = "sub";
};

class Oidc {
 public:
  // A document's text from an address.
  using Fetch = std::function<Result<std::string>(const std::string& url)>;
  // Errors: OIDC_INVALID.
  static Result<std::unique_ptr<Oidc>> create(OidcOptions options, Fetch fetch, const Clock& clock);
  // Errors: TOKEN_INVALID, TOKEN_KEY_UNKNOWN, ROLE_TOO_LOW (it grants no role), OIDC_UNAVAILABLE.
  Result<Principal> authenticate(std::string_view token);

 private:
  using Keys = std::shared_ptr<const TokenKeys>;
  enum class Need : std::uint8_t { Any, Newer };
  Oidc(OidcOptions options, Fetch fetch, const Clock& clock);
  // Those that are kept; asked for first when there are none, or old ones, or newer ones are needed
  // and it is not too soon.
  Result<Keys> keys(Need need);
  Result<Keys> kept();
  Result<void> refresh();
  Result<Principal> principal_of(const json::Object& claims) const;

  const OidcOptions options_;
  const Fetch fetch_;
  const Clock& clock_;
  std::mutex fetching_;  // held by the one that asks
  std::mutex mutex_;     // of what follows
  Keys keys_;
  TimeMs fetched_at_ = 0;
  std::optional<TimeMs> asked_at_;
};

}  // namespace fermata::service
