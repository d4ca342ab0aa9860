#pragma once
// SecretVault: secrets of tenants, sealed with a master key before they reach the store, opened
// only for an action that refers to them. Each is bound to its tenant and name: a sealed value that
// was copied to another row does not open. Nothing here gives a value to the API.

#include <string>
#include <string_view>
#include <utility>

#include "foundation/clock.h"
#include "keyring/key_ring.h"
#include "store/tenant_store.h"

namespace fermata::service {

// What a vault seals with.
class MasterKeys {
 public:
  // One key a line, 64 hexadecimal digits, the newest first. Error: MASTER_KEY_INVALID.
  static Result<MasterKeys> read(std::string_view text);

 private:
  friend class SecretVault;
  explicit MasterKeys(keyring::KeyRing ring) : ring_(std::move(ring)) {}
  keyring::KeyRing ring_;
};

class SecretVault {
 public:
  SecretVault(store::TenantStore& store, MasterKeys keys, const Clock& clock)
      : store_(store), keys_(std::move(keys.ring_)), clock_(clock) {}

  // Errors: SECRET_INVALID.
  struct Put {
    TenantId tenant;
    std::string name;
    std::string value;
    std::string description;
  };
  Result<void> put(const Put& put);
  // Errors: NOT_FOUND, SECRET_SEALED (the master key is another one).
  Result<std::string> open(const TenantId& tenant, const std::string& name);
  // Seals what older keys sealed with the first one; how many.
  Result<std::size_t> reseal();

 private:
  [[nodiscard]] Result<std::string> opened(const store::SecretRow& row) const;
  void seal(store::SecretRow& row, const std::string& value) const;

  store::TenantStore& store_;
  keyring::KeyRing keys_;
  const Clock& clock_;
};

}  // namespace fermata::service
