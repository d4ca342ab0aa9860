#pragma once
// SavedViews: filters of the run list under names that people gave them. A view is its owner's; a
// shared one everybody of the tenant sees. Errors as in store.h.

#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

class Sql;

struct SavedViewRow {
  TenantId tenant;
  std::string owner;
  std::string name;
  json::Value query;  // the list's query parameters by name
  bool is_shared = false;
  TimeMs updated_at = 0;
};

class SavedViews {
 public:
  explicit SavedViews(Sql& sql) : sql_(sql) {}

  // Makes the owner's view of that name, or replaces it.
  Result<void> put(const SavedViewRow& row);
  // The owner's, and those that others share; in order of names.
  Result<std::vector<SavedViewRow>> rows(const TenantId& tenant, const std::string& owner);
  // NOT_FOUND.
  Result<void> remove(const TenantId& tenant, const std::string& owner, const std::string& name);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
