// Commands for API keys.
#include "cli/client.h"
#include "foundation/format.h"
#include "json/text.h"

namespace fermata::cli {

int run_keys_create(const KeyOptions& key) {
  json::Object body{{"name", key.name}, {"role", key.role}};
  if (!key.expires_at.empty()) body["expiresAt"] = key.expires_at;
  if (!key.tenant.empty()) body["tenant"] = key.tenant;
  return print(call(key.server, {"POST", "/api/v1/api-keys", json::to_text(body)}));
}

int run_keys_list(const ServerAddress& server) {
  return print(call(server, {"GET", "/api/v1/api-keys", ""}));
}

int run_keys_revoke(const TargetOptions& key) {
  return print(
      call(key.server, {"DELETE", format("/api/v1/api-keys/{}", percent_encode(key.id)), ""}));
}

}  // namespace fermata::cli
