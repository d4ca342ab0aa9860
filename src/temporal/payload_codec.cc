#include "temporal/payload_codec.h"

#include <sodium.h>

#include <algorithm>

#include "foundation/check.h"
#include "json/hash.h"
#include "temporal/encode/codec.h"

namespace fermata::temporal {
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

}  // namespace

Result<std::shared_ptr<const PayloadCodec>> PayloadCodec::read(std::string_view text) {
  CHECK(sodium_init() >= 0, "the cryptography library does not start");
  std::shared_ptr<PayloadCodec> made(new PayloadCodec());
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
      return make_error(ErrorKind::Invalid, "PAYLOAD_KEYS_INVALID",
                        "a payload key is 64 hexadecimal digits",
                        "make one, e.g. by `openssl rand -hex 32`");
    key.id = json::sha256_hex({reinterpret_cast<const char*>(key.bytes.data()), size})
                 .substr(0, kKeyIdDigits);
    made->keys_.push_back(std::move(key));
  }
  if (made->keys_.empty())
    return make_error(ErrorKind::Invalid, "PAYLOAD_KEYS_INVALID", "there is no payload key");
  return std::shared_ptr<const PayloadCodec>(std::move(made));
}

Payload PayloadCodec::seal(const Payload& payload) const {
  const Key& key = keys_.front();
  const std::string plain = encode::bytes_of(payload);
  Payload sealed;
  sealed.data.resize(kNonceBytes + plain.size() + kTagBytes);
  unsigned char* const raw = bytes_of(sealed.data);
  randombytes_buf(raw, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw + kNonceBytes, nullptr, bytes_of(plain),
                                             plain.size(), bytes_of(key.id), key.id.size(), nullptr,
                                             raw, key.bytes.data());
  sealed.metadata = {{"encoding", std::string(kSealedEncoding)},
                     {"encryption-cipher", std::string(kSealedCipher)},
                     {std::string(kSealedKeyId), key.id}};
  return sealed;
}

Payload PayloadCodec::open(const Payload& payload) const {
  if (!is_sealed(payload) || payload.data.size() < kNonceBytes + kTagBytes) return payload;
  const std::string id(payload.metadata_at(kSealedKeyId));
  const auto key = std::ranges::find(keys_, id, &Key::id);
  if (key == keys_.end()) return payload;
  std::string plain(payload.data.size() - kNonceBytes - kTagBytes, '\0');
  const unsigned char* const raw = bytes_of(payload.data);
  const int opens = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), nullptr, nullptr, raw + kNonceBytes, payload.data.size() - kNonceBytes,
      bytes_of(id), id.size(), raw, key->bytes.data());
  const auto opened = opens == 0 ? encode::payload_of(plain) : std::nullopt;
  return opened ? *opened : payload;
}

}  // namespace fermata::temporal
