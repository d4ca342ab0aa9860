#pragma once
// PayloadCodec: what Temporal keeps of us, sealed before it leaves this process and opened when it
// comes back: arguments, results, signals, memos, messages of failures. XChaCha20-Poly1305, bound
// to the id of the key, which stands beside the bytes; the newest key seals, each opens what it
// sealed. What is not sealed stays as it is, so the codec can be turned on while runs are under
// way; what does not open stays sealed, and whoever reads it is told so.

#include <memory>
#include <string_view>
#include <utility>

#include "foundation/result.h"
#include "keyring/key_ring.h"
#include "temporal/payload.h"

namespace fermata::temporal {

class PayloadCodec {
 public:
  // One key a line, 64 hexadecimal digits, the newest first. Errors: PAYLOAD_KEYS_INVALID.
  static Result<std::shared_ptr<const PayloadCodec>> read(std::string_view text);

  [[nodiscard]] Payload seal(const Payload& payload) const;
  [[nodiscard]] Payload open(const Payload& payload) const;

 private:
  explicit PayloadCodec(keyring::KeyRing keys) : keys_(std::move(keys)) {}
  keyring::KeyRing keys_;
};

}  // namespace fermata::temporal
