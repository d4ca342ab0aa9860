#include "keyring/key_ring.h"

#include <sodium.h>

#include <algorithm>

#include "foundation/check.h"
#include "foundation/format.h"
#include "json/hash.h"

namespace fermata::keyring {
namespace {

constexpr std::size_t kKeyIdDigits = 16;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);
static_assert(kNonceBytes == std::tuple_size_v<KeyRing::Nonce>);

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Result<KeyRing> KeyRing::read(std::string_view text, const Kind& kind) {
  CHECK(sodium_init() >= 0, "the cryptography library does not start");
  KeyRing made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    Key key;
    std::size_t size = 0;
    const int read = sodium_hex2bin(key.bytes.data(), key.bytes.size(), line.data(), line.size(),
                                    nullptr, &size, nullptr);
    if (read != 0 || size != key.bytes.size())
      return make_error(ErrorKind::Invalid, std::string(kind.error_code),
                        format("a {} is 64 hexadecimal digits", kind.name),
                        "make one, e.g. by `openssl rand -hex 32`");
    key.id = json::sha256_hex({reinterpret_cast<const char*>(key.bytes.data()), size})
                 .substr(0, kKeyIdDigits);
    made.keys_.push_back(std::move(key));
  }
  if (made.keys_.empty())
    return make_error(ErrorKind::Invalid, std::string(kind.error_code),
                      format("there is no {}", kind.name));
  return made;
}

std::string KeyRing::seal(std::string_view plain, std::string_view bound,
                          const Nonce& nonce) const {
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  unsigned char* const raw = bytes_of(sealed);
  std::ranges::copy(nonce, raw);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw + kNonceBytes, nullptr, bytes_of(plain),
                                             plain.size(), bytes_of(bound), bound.size(), nullptr,
                                             raw, keys_.front().bytes.data());
  return sealed;
}

std::optional<std::string> KeyRing::open(std::string_view key_id, std::string_view sealed,
                                         std::string_view bound) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const auto key = std::ranges::find(keys_, key_id, &Key::id);
  if (key == keys_.end()) return std::nullopt;
  std::string plain(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const unsigned char* const raw = bytes_of(sealed);
  const int opens = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), nullptr, nullptr, raw + kNonceBytes, sealed.size() - kNonceBytes,
      bytes_of(bound), bound.size(), raw, key->bytes.data());
  return opens == 0 ? std::optional(std::move(plain)) : std::nullopt;
}

}  // namespace fermata::keyring
