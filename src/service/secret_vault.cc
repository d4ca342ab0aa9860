#include "service/secret_vault.h"

#include <sodium.h>

#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "service/base64.h"

namespace fermata::service {
namespace {

constexpr std::size_t kKeyIdDigits = 16;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

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
  CHECK(sodium_init() >= 0, "the cryptography library does not start");
  MasterKeys made;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    Key key;
    std::size_t size = 0;
    const int read = sodium_hex2bin(key.bytes.data(), key.bytes.size(), line.data(), line.size(),
                                    nullptr, &size, nullptr);
    if (read != 0 || size != key.bytes.size())
      return make_error(ErrorKind::Invalid, "MASTER_KEY_INVALID",
                        "a master key is 64 hexadecimal digits",
                        "make one, e.g. by `openssl rand -hex 32`");
    key.id = json::sha256_hex({reinterpret_cast<const char*>(key.bytes.data()), size})
                 .substr(0, kKeyIdDigits);
    made.keys_.push_back(std::move(key));
  }
  if (made.keys_.empty())
    return make_error(ErrorKind::Invalid, "MASTER_KEY_INVALID", "there is no master key");
  return made;
}

void SecretVault::seal(store::SecretRow& row, const std::string& value) const {
  const MasterKeys::Key& key = keys_.keys_.front();
  const std::string bound = bond(row);
  std::string sealed(kNonceBytes + value.size() + kTagBytes, '\0');
  unsigned char* const raw = bytes_of(sealed);
  randombytes_buf(raw, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw + kNonceBytes, nullptr, bytes_of(value),
                                             value.size(), bytes_of(bound), bound.size(), nullptr,
                                             raw, key.bytes.data());
  row.sealed = to_base64(sealed);
  row.key_id = key.id;
}

Result<std::string> SecretVault::opened(const store::SecretRow& row) const {
  const auto sealed = from_base64(row.sealed);
  const std::string bound = bond(row);
  for (const MasterKeys::Key& key : keys_.keys_) {
    if (key.id != row.key_id || !sealed || sealed->size() < kNonceBytes + kTagBytes) continue;
    std::string value(sealed->size() - kNonceBytes - kTagBytes, '\0');
    const unsigned char* const raw = bytes_of(*sealed);
    const int opens = crypto_aead_xchacha20poly1305_ietf_decrypt(
        bytes_of(value), nullptr, nullptr, raw + kNonceBytes, sealed->size() - kNonceBytes,
        bytes_of(bound), bound.size(), raw, key.bytes.data());
    if (opens == 0) return value;
  }
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
    TRY(auto rows, store_.secrets_not_of(keys_.keys_.front().id, kPerCall));
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
