#pragma once
// ApiKeys: who may call the API. Keys are found by their id over all tenants: the key says whose it
// is. Errors as in store.h.

#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"

namespace fermata::store {

class Sql;

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

class ApiKeys {
 public:
  explicit ApiKeys(Sql& sql) : sql_(sql) {}

  // STORE_CONFLICT when the id is taken.
  Result<void> put(const ApiKeyRow& row);
  // NOT_FOUND.
  Result<ApiKeyRow> find(const std::string& key_id);
  // Newest first.
  Result<std::vector<ApiKeyRow>> rows(const TenantId& tenant);
  // For good; the first time counts. NOT_FOUND.
  Result<void> revoke(const TenantId& tenant, const std::string& key_id, TimeMs now);
  Result<void> mark_used(const std::string& key_id, TimeMs now);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
