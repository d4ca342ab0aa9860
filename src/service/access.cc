#include "service/access.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "service/oidc.h"

namespace fermata::service {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"viewer", "operator", "author", "admin"};
constexpr std::string_view kPrefix = "fk_";
// How old the note of a key's last use may be.
constexpr std::int64_t kUseMs = 60'000;

// In constant time, so that a secret cannot be felt out byte by byte.
bool are_same(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

Error refused() {
  return make_error(ErrorKind::Unauthorized, "TOKEN_INVALID",
                    "the token is not, or no longer, one that this server knows",
                    "ask an admin for a key; `fermata dev` prints its own token");
}

}  // namespace

std::string_view word_of(Role role) {
  return kRoles[static_cast<std::size_t>(role)];
}

std::optional<Role> role_of(std::string_view word) {
  for (std::size_t i = 0; i < kRoles.size(); ++i)
    if (kRoles[i] == word) return static_cast<Role>(i);
  return std::nullopt;
}

bool is_tenant_name(std::string_view text) {
  constexpr std::size_t kBytesMax = 63;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kBytesMax && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || c == '-' || c == '_'; });
}

Result<Principal> Access::authenticate(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) {
    return make_error(ErrorKind::Unauthorized, "TOKEN_MISSING", "no token",
                      "send `Authorization: Bearer TOKEN`; `fermata dev` prints its own");
  }
  const std::string_view token = authorization.substr(kScheme.size());
  if (are_same(token, token_)) return Principal{tenant_, "server", "server", Role::Admin, true};
  // Three parts: a signed token. Keys have no dots.
  if (parts_.oidc != nullptr && std::ranges::count(token, '.') == 2)
    return parts_.oidc->authenticate(token);
  return principal_of_key(token);
}

Result<Principal> Access::principal_of_key(std::string_view token) {
  const std::size_t end = token.find('_', kPrefix.size());
  if (!token.starts_with(kPrefix) || end == std::string_view::npos) return refused();
  const std::string id(token.substr(kPrefix.size(), end - kPrefix.size()));
  const auto row = parts_.keys.find(id);
  if (!row.has_value()) return row.error().code == "NOT_FOUND" ? refused() : row.error();
  const TimeMs now = parts_.clock.now();
  const auto role = role_of(row->role);
  const bool is_good = are_same(json::sha256_hex(token.substr(end + 1)), row->secret_hash) &&
                       !row->revoked_at && (!row->expires_at || *row->expires_at > now);
  if (!is_good || !role) return refused();
  if (!row->used_at || now - *row->used_at > kUseMs) {
    // A note only: who has the right key is let in also when it cannot be written.
    const auto noted = parts_.keys.mark_used(id, now);
    static_cast<void>(noted);
  }
  return Principal{row->tenant, row->name, row->key_id, *role, false};
}

Result<MadeKey> Access::make_key(const NewKey& key) {
  const TimeMs now = parts_.clock.now();
  if (key.name.empty() || key.name.size() > limits::kNameBytesMax)
    return make_error(ErrorKind::Invalid, "KEY_INVALID", "name: expected 1 to 512 bytes");
  if (key.expires_at && *key.expires_at <= now)
    return make_error(ErrorKind::Invalid, "KEY_INVALID", "expiresAt: lies in the past");
  if (!is_tenant_name(key.tenant.text))
    return make_error(ErrorKind::Invalid, "TENANT_INVALID",
                      format("tenant: `{}` is no name of a tenant", key.tenant.text),
                      "1 to 63 of a-z, 0-9, `-` and `_`, beginning with a letter or digit");
  constexpr std::size_t kIdDigits = 12;
  const std::string id = parts_.random.secret().substr(0, kIdDigits);
  const std::string secret = parts_.random.secret();
  MadeKey made;
  made.row.tenant = key.tenant;
  made.row.key_id = id;
  made.row.name = key.name;
  made.row.role = word_of(key.role);
  made.row.secret_hash = json::sha256_hex(secret);
  made.row.created_at = now;
  made.row.expires_at = key.expires_at;
  TRY_DO(parts_.keys.put(made.row));
  made.key = format("{}{}_{}", kPrefix, id, secret);
  return made;
}

Result<std::vector<store::ApiKeyRow>> Access::keys(const TenantId& tenant) {
  return parts_.keys.rows(tenant);
}

Result<void> Access::revoke(const TenantId& tenant, const std::string& key_id) {
  return parts_.keys.revoke(tenant, key_id, parts_.clock.now());
}

}  // namespace fermata::service
