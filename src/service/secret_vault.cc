#include "service/secret_vault.h"

#include <sodium.h>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/base64.h"

namespace fermata::service {
namespace {

// What a sealed value is bound to.
std::string bond(const store::SecretRow& row) {
  return format("{}:{}:{}", row.tenant.text.size(), row.tenant.text, row.name);
}

bool is_name(std::string_view name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (name.empty() || name.size() > 255 || !is_upper(name.front())) return false;
  for (const char c : name) {
    if (!is_upper(c) && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  return true;
}

}  // namespace

Result<MasterKeys> MasterKeys::read(std::string_view text) {
  TRY(keyring::KeyRing ring, keyring::KeyRing::read(text, {"MASTER_KEY_INVALID", "master key"}));
  return MasterKeys(std::move(ring));
}

void SecretVault::seal(store::SecretRow& row, const std::string& value) const {
  keyring::KeyRing::Nonce nonce;
  randombytes_buf(nonce.data(), nonce.size());
  row.sealed = json::to_base64(keys_.seal(value, bond(row), nonce));
  row.key_id = keys_.newest_id();
}

Result<std::string> SecretVault::opened(const store::SecretRow& row) const {
  const auto sealed = json::from_base64(row.sealed);
  auto value = sealed ? keys_.open(row.key_id, *sealed, bond(row)) : std::nullopt;
  if (value) return *std::move(value);
  return make_error(ErrorKind::Internal, "SECRET_SEALED",
                    format("the secret `{}` does not open with this master key", row.name),
                    "start with the master key that it was stored with, or store it again");
}

Result<void> SecretVault::put(const Put& put) {
  if (!is_name(put.name))
    return make_error(ErrorKind::Invalid, "SECRET_INVALID",
                      format("`{}` is not a secret name", put.name),
                      "use capital letters, digits and `_`, a letter first");
  if (put.value.empty() || put.value.size() > limits::kSecretBytesMax)
    return make_error(ErrorKind::Invalid, "SECRET_INVALID",
                      format("a secret has from 1 to {} bytes", limits::kSecretBytesMax));
  if (put.description.size() > limits::kNameBytesMax)
    return make_error(ErrorKind::Invalid, "SECRET_INVALID",
                      format("a description has at most {} bytes", limits::kNameBytesMax));
  const TimeMs now = clock_.now();
  store::SecretRow row{put.tenant, put.name, "", "", put.description, now, now};
  seal(row, put.value);
  return store_.put_secret(row);
}

Result<std::string> SecretVault::open(const TenantId& tenant, const std::string& name) {
  TRY(const store::SecretRow row, store_.secret(tenant, name));
  return opened(row);
}

Result<std::size_t> SecretVault::reseal() {
  constexpr std::size_t kPerCall = 100;
  std::size_t done = 0;
  while (true) {
    TRY(auto rows, store_.secrets_not_of(keys_.newest_id(), kPerCall));
    if (rows.empty()) return done;
    for (store::SecretRow& row : rows) {
      TRY(const std::string value, opened(row));
      seal(row, value);
      TRY_DO(store_.put_secret(row));
      ++done;
    }
  }
}

}  // namespace fermata::service
