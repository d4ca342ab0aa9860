#pragma once
// Access: who calls, and what they may. A caller brings the server's own token, which is an
// admin's, a key made for it, or a token that an issuer signed (oidc.h). A key is
// `fk_<id>_<secret>`; of the secret only a hash is kept, so it is shown once.

#include <string>
#include <string_view>

#include "foundation/clock.h"
#include "service/random.h"
#include "store/api_keys.h"

namespace fermata::service {

// Each may what those before may: look; launch, steer and answer; write definitions and what
// belongs to them; keys, secrets and everything else.
enum class Role : std::uint8_t { Viewer, Operator, Author, Admin };
std::string_view word_of(Role role);
std::optional<Role> role_of(std::string_view word);

// A tenant is a name for a door sign: 1 to 63 of a-z, 0-9, `-` and `_`, not beginning with a sign.
bool is_tenant_name(std::string_view text);

struct Principal {
  TenantId tenant;
  std::string name;  // of the key
  std::string id;    // of the key; no other caller has it
  Role role = Role::Viewer;
  bool is_owner = false;  // brings the server's own token: may make keys for other tenants
};

struct NewKey {
  TenantId tenant;
  std::string name;
  Role role = Role::Viewer;
  std::optional<TimeMs> expires_at;
};
struct MadeKey {
  store::ApiKeyRow row;
  std::string key;  // shown once
};

class Oidc;

class Access {
 public:
  struct Parts {
    store::ApiKeys& keys;
    const Clock& clock;
    Random& random;
    Oidc* oidc = nullptr;  // an issuer whose tokens are taken, too
  };
  // `token` is the server's own, of `tenant`.
  Access(Parts parts, TenantId tenant, std::string token)
      : parts_(parts), tenant_(std::move(tenant)), token_(std::move(token)) {}

  // `authorization` is the header, or empty. Errors: TOKEN_MISSING, TOKEN_INVALID (unknown, revoked
  // or expired; which of them is not told).
  Result<Principal> authenticate(std::string_view authorization);
  // Errors: KEY_INVALID, TENANT_INVALID.
  Result<MadeKey> make_key(const NewKey& key);
  Result<std::vector<store::ApiKeyRow>> keys(const TenantId& tenant);
  // Errors: NOT_FOUND.
  Result<void> revoke(const TenantId& tenant, const std::string& key_id);

 private:
  Result<Principal> principal_of_key(std::string_view token);

  Parts parts_;
  TenantId tenant_;
  std::string token_;
};

}  // namespace fermata::service
