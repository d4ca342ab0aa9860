#pragma once
// What the store keeps for a tenant besides workflows and runs: its key-value pairs and its sealed
// secrets. Errors as in store.h.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

struct KeyValueRow {
  TenantId tenant;
  std::string space;
  std::string key;
  json::Value value;
  std::int64_t revision = 0;  // counts the writings of the key, deletions included
  TimeMs updated_at = 0;
};

struct KeyValuePut {
  TenantId tenant;
  std::string space;
  std::string key;
  std::optional<json::Value> value;      // nothing: delete
  std::optional<std::int64_t> expected;  // the revision that was seen; 0: the key is not there
  std::string writer;  // who writes, the same for each try of one writing; empty: nobody special
  TimeMs now = 0;
};

struct KeyValueOutcome {
  bool is_done = false;       // false: the revision is another one
  std::int64_t revision = 0;  // as it is now; 0: the key is not there
};

struct KeyValueFilter {
  std::string space;
  std::string prefix;
  std::string after;  // keys behind this one
  std::size_t limit = 50;
};

struct SecretRow {
  TenantId tenant;
  std::string name;
  std::string sealed;  // base64; only who has the master key can open it
  std::string key_id;  // of that master key
  std::string description;
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
};

class TenantStore {
 public:
  virtual ~TenantStore() = default;

  virtual Result<std::optional<KeyValueRow>> key_value(const TenantId& tenant,
                                                       const std::string& space,
                                                       const std::string& key) = 0;
  // A writing that was done before by the same writer is done: a try that is repeated acts once.
  virtual Result<KeyValueOutcome> put_key_value(const KeyValuePut& put) = 0;
  // In order of keys.
  virtual Result<std::vector<KeyValueRow>> key_values(const TenantId& tenant,
                                                      const KeyValueFilter& filter) = 0;

  virtual Result<void> put_secret(const SecretRow& row) = 0;
  // NOT_FOUND.
  virtual Result<SecretRow> secret(const TenantId& tenant, const std::string& name) = 0;
  virtual Result<std::vector<SecretRow>> secrets(const TenantId& tenant) = 0;
  // Secrets of all tenants that another master key sealed.
  virtual Result<std::vector<SecretRow>> secrets_not_of(const std::string& key_id,
                                                        std::size_t limit) = 0;
  // NOT_FOUND.
  virtual Result<void> remove_secret(const TenantId& tenant, const std::string& name) = 0;
};

}  // namespace fermata::store
