#pragma once
// KeyRing: keys that seal bytes by XChaCha20-Poly1305. The newest seals, each opens what it sealed,
// so that a new key goes in front of the old ones until nothing is left that they sealed.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result.h"

namespace fermata::keyring {

class KeyRing {
 public:
  // What the keys are for, as errors say it: a code and a noun.
  struct Kind {
    std::string_view error_code;
    std::string_view name;
  };
  // Random bytes, new for each seal().
  using Nonce = std::array<unsigned char, 24>;

  // One key of 32 bytes a line, as 64 hexadecimal digits, the newest first. Error: the kind's.
  static Result<KeyRing> read(std::string_view text, const Kind& kind);

  // Of the key that seals: the beginning of its hash.
  [[nodiscard]] const std::string& newest_id() const { return keys_.front().id; }
  // The nonce and the sealed bytes, which open together with `bound` only.
  [[nodiscard]] std::string seal(std::string_view plain, std::string_view bound,
                                 const Nonce& nonce) const;
  // Nothing when there is no such key, or it does not open them.
  [[nodiscard]] std::optional<std::string> open(std::string_view key_id, std::string_view sealed,
                                                std::string_view bound) const;

 private:
  struct Key {
    std::string id;
    std::array<unsigned char, 32> bytes;
  };
  std::vector<Key> keys_;
};

}  // namespace fermata::keyring
