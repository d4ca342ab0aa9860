#include "service/jwt.h"

#include <cjose/cjose.h>

#include <mutex>
#include <vector>

#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::service {
namespace {

// Signed tokens with many groups have some kilobytes.
constexpr std::size_t kTokenBytesMax = 16 * 1'024;
constexpr std::size_t kKeysMax = 100;
constexpr std::size_t kRsaBitsMin = 2'048;

using Jwk = std::unique_ptr<cjose_jwk_t, decltype(&cjose_jwk_release)>;
using Jws = std::unique_ptr<cjose_jws_t, decltype(&cjose_jws_release)>;

struct Key {
  std::string id;  // may be empty
  std::string algorithm;
  Jwk key;
};

Error refused(std::string_view why) {
  return make_error(ErrorKind::Unauthorized, "TOKEN_INVALID", format("the token {}", why),
                    "ask its issuer for a new one");
}

// The one algorithm that a key is for; empty: none of ours.
std::string_view algorithm_of(const json::Object& key) {
  if (json::string_at(key, "use").value_or("sig") != "sig") return {};
  const std::string kind = json::string_at(key, "kty").value_or("");
  const std::string said = json::string_at(key, "alg").value_or("");
  if (kind == "RSA" && (said.empty() || said == "RS256")) return "RS256";
  const bool is_p256 = kind == "EC" && json::string_at(key, "crv").value_or("") == "P-256";
  return is_p256 && (said.empty() || said == "ES256") ? "ES256" : "";
}

// Nothing when the library cannot read it, or it is too short.
Jwk import(const json::Object& key) {
  const std::string text = json::to_text(json::Value(key));
  cjose_err error{};
  Jwk made(cjose_jwk_import(text.data(), text.size(), &error), cjose_jwk_release);
  if (made != nullptr && cjose_jwk_get_kty(made.get(), &error) == CJOSE_JWK_KTY_RSA &&
      cjose_jwk_get_keysize(made.get(), &error) < kRsaBitsMin)
    made.reset();
  return made;
}

std::string header_text(cjose_header_t* header, const char* name) {
  cjose_err error{};
  const char* text = cjose_header_get(header, name, &error);
  return text == nullptr ? "" : text;
}

class Keys final : public TokenKeys {
 public:
  explicit Keys(std::vector<Key> keys) : keys_(std::move(keys)) {}

  [[nodiscard]] Result<json::Object> claims_of(std::string_view token) const override {
    if (token.size() > kTokenBytesMax) return refused("is too long");
    // The library does not say whether its keys may be used by two threads at once.
    const std::lock_guard lock(mutex_);
    cjose_err error{};
    const Jws jws(cjose_jws_import(token.data(), token.size(), &error), cjose_jws_release);
    if (jws == nullptr) return refused("is not a signed one");
    cjose_header_t* const header = cjose_jws_get_protected(jws.get());
    const std::string algorithm = header_text(header, "alg");
    if (algorithm != "RS256" && algorithm != "ES256")
      return refused("is signed by neither RS256 nor ES256");
    // What we do not understand must be understood.
    char* const critical = cjose_header_get_raw(header, "crit", &error);
    if (critical != nullptr) {
      cjose_get_dealloc()(critical);
      return refused("demands an extension");
    }
    TRY_DO(verify(jws.get(), algorithm, header_text(header, "kid")));
    std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) return refused("says nothing");
    const auto claims = json::parse({reinterpret_cast<const char*>(bytes), size});
    if (!claims.has_value() || !claims->is_object()) return refused("claims no JSON object");
    return claims->get_object();
  }

 private:
  [[nodiscard]] Result<void> verify(cjose_jws_t* jws, const std::string& algorithm,
                                    const std::string& id) const {
    bool has_key = false;
    for (const Key& key : keys_) {
      if (key.algorithm != algorithm || (!id.empty() && key.id != id)) continue;
      has_key = true;
      cjose_err error{};
      if (cjose_jws_verify(jws, key.key.get(), &error)) return {};
    }
    if (has_key) return refused("has a wrong signature");
    return make_error(ErrorKind::Unauthorized, "TOKEN_KEY_UNKNOWN",
                      "the token is signed by a key that its issuer does not publish",
                      "ask its issuer for a new one");
  }

  std::vector<Key> keys_;
  mutable std::mutex mutex_;
};

}  // namespace

Result<std::shared_ptr<const TokenKeys>> TokenKeys::read(std::string_view key_set) {
  const auto document = json::parse(key_set);
  const json::Value* list = document.has_value() ? json::find(*document, "keys") : nullptr;
  std::vector<Key> keys;
  if (list != nullptr && list->is_array()) {
    for (const json::Value& one : list->get_array()) {
      if (!one.is_object() || keys.size() == kKeysMax) continue;
      const std::string_view algorithm = algorithm_of(one.get_object());
      if (algorithm.empty()) continue;
      if (Jwk key = import(one.get_object()); key != nullptr)
        keys.push_back({json::string_at(one.get_object(), "kid").value_or(""),
                        std::string(algorithm), std::move(key)});
    }
  }
  if (keys.empty())
    return make_error(ErrorKind::Unavailable, "OIDC_UNAVAILABLE",
                      "the issuer's key set has no key for RS256 or ES256");
  return std::shared_ptr<const TokenKeys>(std::make_shared<Keys>(std::move(keys)));
}

}  // namespace fermata::service
