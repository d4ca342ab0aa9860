#include "temporal/payload_codec.h"

#include <sodium.h>

#include "temporal/encode/codec.h"

namespace fermata::temporal {

Result<std::shared_ptr<const PayloadCodec>> PayloadCodec::read(std::string_view text) {
  TRY(keyring::KeyRing keys, keyring::KeyRing::read(text, {"PAYLOAD_KEYS_INVALID", "payload key"}));
  return std::shared_ptr<const PayloadCodec>(new PayloadCodec(std::move(keys)));
}

Payload PayloadCodec::seal(const Payload& payload) const {
  const std::string& id = keys_.newest_id();
  keyring::KeyRing::Nonce nonce;
  randombytes_buf(nonce.data(), nonce.size());
  Payload sealed;
  sealed.data = keys_.seal(encode::bytes_of(payload), id, nonce);
  sealed.metadata = {{"encoding", std::string(kSealedEncoding)},
                     {"encryption-cipher", std::string(kSealedCipher)},
                     {std::string(kSealedKeyId), id}};
  return sealed;
}

Payload PayloadCodec::open(const Payload& payload) const {
  if (!is_sealed(payload)) return payload;
  const std::string_view id = payload.metadata_at(kSealedKeyId);
  const auto plain = keys_.open(id, payload.data, id);
  return plain ? encode::payload_of(*plain).value_or(payload) : payload;
}

}  // namespace fermata::temporal
