#pragma once
// What the store keeps of who may call the API. Keys are found by their id over all tenants: the
// key says whose it is. Errors as in store.h.

#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"

namespace fermata::store {

struct ApiKeyRow {
  TenantId tenant;
  std::string key_id;
  std::string name;
  std::string role;         // viewer, operator, author, admin
  std::string secret_hash;  // SHA-256 of the secret half, in hex
  TimeMs created_at = 0;
  std::optional<TimeMs> expires_at;
  std::optional<TimeMs> revoked_at;
  std::optional<TimeMs> used_at;  // to the minute
};

class AccessStore {
 public:
  virtual ~AccessStore() = default;

  virtual Result<void> put_api_key(const ApiKeyRow& row) = 0;
  // NOT_FOUND.
  virtual Result<ApiKeyRow> api_key(const std::string& key_id) = 0;
  // Newest first.
  virtual Result<std::vector<ApiKeyRow>> api_keys(const TenantId& tenant) = 0;
  // For good; the first time counts. NOT_FOUND.
  virtual Result<void> revoke_api_key(const TenantId& tenant, const std::string& key_id,
                                      TimeMs now) = 0;
  virtual Result<void> mark_api_key_used(const std::string& key_id, TimeMs now) = 0;
};

}  // namespace fermata::store
