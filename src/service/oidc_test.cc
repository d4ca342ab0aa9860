// Tokens signed by OpenSSL, judged by what the service uses.
#include "service/oidc.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <functional>

#include "foundation/format.h"
#include "json/base64.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::service {
namespace {

constexpr TimeMs kNow = 1'800'000'000'000;
constexpr const char* kIssuer = "https://id.test/realm";

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return time; }
  TimeMs time = kNow;
};

std::string base64url(std::string_view bytes) {
  std::string text = json::to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}

// A key pair of an issuer.
class Signer {
 public:
  static Signer rsa(std::string id, unsigned bits = 2'048) {
    return {std::move(id), EVP_RSA_gen(bits)};
  }
  static Signer ec(std::string id) { return {std::move(id), EVP_EC_gen("P-256")}; }

  [[nodiscard]] json::Object jwk() const {
    if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA) {
      return {{"kty", "RSA"},
              {"kid", id_},
              {"n", number(OSSL_PKEY_PARAM_RSA_N)},
              {"e", number(OSSL_PKEY_PARAM_RSA_E)}};
    }
    return {{"kty", "EC"},
            {"crv", "P-256"},
            {"kid", id_},
            {"x", number(OSSL_PKEY_PARAM_EC_PUB_X, 32)},
            {"y", number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)}};
  }

  [[nodiscard]] std::string sign(const json::Object& claims, json::Object header = {}) const {
    const bool is_rsa = EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA;
    if (!header.contains("alg")) header["alg"] = is_rsa ? "RS256" : "ES256";
    if (!header.contains("kid")) header["kid"] = id_;
    const std::string text = base64url(json::to_text(json::Value(header))) + "." +
                             base64url(json::to_text(json::Value(claims)));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    std::size_t size = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                   text.size());
    signature.resize(size);
    return text + "." + base64url(is_rsa ? signature : halves(signature));
  }

 private:
  Signer(std::string id, EVP_PKEY* key) : id_(std::move(id)), key_(key, EVP_PKEY_free) {}

  [[nodiscard]] std::string number(const char* name, int bytes = 0) const {
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &raw);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> value(raw, BN_free);
    std::string text(static_cast<std::size_t>(bytes > 0 ? bytes : BN_num_bytes(raw)), '\0');
    BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(text.size()));
    return base64url(text);
  }

  // DER to the two numbers side by side.
  static std::string halves(const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), ECDSA_SIG_free);
    std::string text(64, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(text.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32);
    return text;
  }

  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

json::Object claims() {
  return {{"iss", kIssuer},        {"aud", json::Array{"other", "fermata"}},
          {"sub", "user-7"},       {"exp", kNow / 1'000 + 300},
          {"email", "ada@test"},   {"realm_access", json::Object{{"roles", json::Array{"ops"}}}},
          {"organisation", "acme"}};
}

class OidcTest : public testing::Test {
 protected:
  void SetUp() override {
    publish({rsa_, ec_});
    start();
  }
  void start() {
    auto made = Oidc::create(
        options_, [this](const std::string& url) { return fetch(url); }, clock_);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    oidc_ = *std::move(made);
  }
  void publish(const std::vector<Signer>& signers) {
    json::Array keys;
    for (const Signer& signer : signers) keys.push_back(signer.jwk());
    keys_ = json::to_text(json::Object{{"keys", std::move(keys)}});
  }
  Result<std::string> fetch(const std::string& url) {
    ++fetches_;
    if (is_away_) return make_error(ErrorKind::Unavailable, "HTTP_UNREACHABLE", "nobody answers");
    if (url == "https://id.test/realm/.well-known/openid-configuration")
      return json::to_text(json::Object{{"issuer", kIssuer}, {"jwks_uri", "https://id.test/keys"}});
    EXPECT_EQ(url, "https://id.test/keys");
    return keys_;
  }
  std::string code_of(const std::string& token) {
    const auto who = oidc_->authenticate(token);
    return who.has_value() ? "let in" : who.error().code;
  }
  // What becomes of a token whose claims are changed so.
  std::string code_with(const std::function<void(json::Object&)>& change) {
    json::Object changed = claims();
    change(changed);
    return code_of(rsa_.sign(changed));
  }

  HandClock clock_;
  Signer rsa_ = Signer::rsa("r1");
  Signer ec_ = Signer::ec("e1");
  OidcOptions options_{.issuer = kIssuer,
                       .audience = "fermata",
                       .keys_url = "",
                       .role_claim = "realm_access.roles",
                       .roles = {{"ops", Role::Operator}, {"boss", Role::Admin}},
                       .tenant_claim = "organisation",
                       .tenant = TenantId("home"),
                       .name_claim = "email"};
  std::string keys_;
  int fetches_ = 0;
  bool is_away_ = false;
  std::unique_ptr<Oidc> oidc_;
};

TEST_F(OidcTest, ClaimsBecomeNameRoleAndTenant) {
  for (const Signer& signer : {rsa_, ec_}) {
    const auto who = oidc_->authenticate(signer.sign(claims()));
    ASSERT_TRUE(who.has_value()) << who.error().message;
    EXPECT_EQ(who->tenant.text, "acme");
    EXPECT_EQ(who->name, "ada@test");
    EXPECT_EQ(who->id, "oidc:user-7");
    EXPECT_EQ(who->role, Role::Operator);
    EXPECT_FALSE(who->is_owner);
  }
  EXPECT_EQ(fetches_, 2);  // discovery and keys, once for all
}

TEST_F(OidcTest, TheHighestRoleCountsAndAnUnknownOneGrantsNothing) {
  json::Object changed = claims();
  changed["realm_access"] = json::Object{{"roles", json::Array{"ops", "cook", "boss"}}};
  EXPECT_EQ(oidc_->authenticate(rsa_.sign(changed))->role, Role::Admin);
  changed["realm_access"] = json::Object{{"roles", json::Array{"cook", "admin"}}};
  EXPECT_EQ(code_of(rsa_.sign(changed)), "ROLE_TOO_LOW");
}

TEST_F(OidcTest, WithoutAMapAWordMayBeTheRoleItself) {
  options_.roles.clear();
  options_.role_claim = "scope";
  options_.tenant_claim.clear();
  start();
  json::Object changed = claims();
  changed["scope"] = "openid author";
  const auto who = oidc_->authenticate(rsa_.sign(changed));
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->role, Role::Author);
  EXPECT_EQ(who->tenant.text, "home");
}

TEST_F(OidcTest, EachClaimIsChecked) {
  constexpr std::int64_t kSecond = kNow / 1'000;
  EXPECT_EQ(code_with([](json::Object&) {}), "let in");
  EXPECT_EQ(code_with([](json::Object& c) { c["iss"] = "https://id.test/other"; }),
            "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c.erase("iss"); }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c["aud"] = "other"; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c["aud"] = "fermata and more"; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c["aud"] = "fermata"; }), "let in");
  EXPECT_EQ(code_with([](json::Object& c) { c.erase("aud"); }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c.erase("exp"); }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c["exp"] = "soon"; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([=](json::Object& c) { c["exp"] = kSecond - 59; }), "let in");
  EXPECT_EQ(code_with([=](json::Object& c) { c["exp"] = kSecond - 60; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([=](json::Object& c) { c["nbf"] = kSecond + 60; }), "let in");
  EXPECT_EQ(code_with([=](json::Object& c) { c["nbf"] = kSecond + 61; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c["nbf"] = "later"; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([=](json::Object& c) { c["iat"] = kSecond + 61; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c.erase("sub"); }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c["organisation"] = "*"; }), "TOKEN_INVALID");
  EXPECT_EQ(code_with([](json::Object& c) { c.erase("organisation"); }), "TOKEN_INVALID");
}

TEST_F(OidcTest, NothingIsTakenThatTheIssuersKeyDidNotSign) {
  const std::string good = rsa_.sign(claims());
  const Signer forger = Signer::rsa("r1");
  EXPECT_EQ(code_of(forger.sign(claims())), "TOKEN_INVALID");
  EXPECT_EQ(code_of(Signer::ec("e1").sign(claims())), "TOKEN_INVALID");
  const std::string body = good.substr(0, good.rfind('.'));
  EXPECT_EQ(code_of(body + "."), "TOKEN_INVALID");
  EXPECT_EQ(code_of(body), "TOKEN_INVALID");
  EXPECT_EQ(code_of(good + "AAAA"), "TOKEN_INVALID");
  for (const char* algorithm : {"none", "None", "HS256", "RS512", "PS256", ""})
    EXPECT_EQ(code_of(rsa_.sign(claims(), {{"alg", algorithm}})), "TOKEN_INVALID") << algorithm;
  // An RSA key's token under the other algorithm, and the other way round.
  EXPECT_NE(code_of(rsa_.sign(claims(), {{"alg", "ES256"}})), "let in");
  EXPECT_NE(code_of(ec_.sign(claims(), {{"alg", "RS256"}})), "let in");
  EXPECT_EQ(code_of(rsa_.sign(claims(), {{"crit", json::Array{"b64"}}, {"b64", false}})),
            "TOKEN_INVALID");
  for (const char* text : {"", ".", "..", "...", "a.b.c", "eyJ.eyJ.x", "\x80.\xff.\n"})
    EXPECT_EQ(code_of(text), "TOKEN_INVALID") << text;
  EXPECT_EQ(code_of(std::string(100'000, 'a')), "TOKEN_INVALID");
}

TEST_F(OidcTest, AShortKeyOrOneForSecretsIsNotTaken) {
  const Signer weak = Signer::rsa("weak", 1'024);
  json::Object sealing = rsa_.jwk();
  sealing["use"] = "enc";
  keys_ = json::to_text(json::Object{{"keys", json::Array{weak.jwk(), sealing, ec_.jwk()}}});
  EXPECT_EQ(code_of(ec_.sign(claims())), "let in");
  EXPECT_EQ(code_of(weak.sign(claims())), "TOKEN_KEY_UNKNOWN");
  EXPECT_EQ(code_of(rsa_.sign(claims())), "TOKEN_KEY_UNKNOWN");
}

TEST_F(OidcTest, ANewKeyIsFoundAndUnknownOnesAreNotAskedForAllTheTime) {
  EXPECT_EQ(code_of(rsa_.sign(claims())), "let in");
  const Signer next = Signer::rsa("r2");
  publish({next, ec_});
  EXPECT_EQ(code_of(next.sign(claims())), "TOKEN_KEY_UNKNOWN");  // asked a moment ago
  EXPECT_EQ(fetches_, 2);
  clock_.time += 30'000;
  EXPECT_EQ(code_of(next.sign(claims())), "let in");
  EXPECT_EQ(fetches_, 4);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(code_of(Signer::ec("e" + std::to_string(100 + i)).sign(claims())),
              "TOKEN_KEY_UNKNOWN");
  EXPECT_EQ(fetches_, 4);
  EXPECT_EQ(code_of(rsa_.sign(claims())), "TOKEN_KEY_UNKNOWN");  // withdrawn
}

TEST_F(OidcTest, AnIssuerThatIsAwayIsDoneWithoutForADay) {
  json::Object lasting = claims();
  lasting["exp"] = kNow / 1'000 + 200'000;
  const std::string token = ec_.sign(lasting);
  EXPECT_EQ(code_of(token), "let in");
  is_away_ = true;
  clock_.time += 86'300'000;
  EXPECT_EQ(code_of(token), "let in");
  clock_.time += 100'000;
  EXPECT_EQ(code_of(token), "OIDC_UNAVAILABLE");
  const int asked = fetches_;
  EXPECT_EQ(code_of(token), "OIDC_UNAVAILABLE");
  EXPECT_EQ(fetches_, asked);
  is_away_ = false;
  clock_.time += 30'000;
  EXPECT_EQ(code_of(token), "let in");
}

TEST_F(OidcTest, AnotherIssuersDocumentIsNotBelieved) {
  options_.issuer = "https://id.test/realm/";
  start();
  EXPECT_EQ(code_of(rsa_.sign(claims())), "OIDC_UNAVAILABLE");
}

TEST_F(OidcTest, TheConfigurationMustBeSafe) {
  const auto refused = [&](const std::function<void(OidcOptions&)>& change) {
    OidcOptions options = options_;
    change(options);
    const auto made = Oidc::create(options, {}, clock_);
    return !made.has_value() && made.error().code == "OIDC_INVALID";
  };
  EXPECT_TRUE(refused([](OidcOptions& o) { o.issuer = "http://id.test"; }));
  EXPECT_TRUE(refused([](OidcOptions& o) { o.issuer = "http://127.0.0.1.evil.test"; }));
  EXPECT_TRUE(refused([](OidcOptions& o) { o.keys_url = "http://id.test/keys"; }));
  EXPECT_TRUE(refused([](OidcOptions& o) { o.audience = ""; }));
  EXPECT_FALSE(refused([](OidcOptions& o) { o.issuer = "http://127.0.0.1:8080"; }));
}

}  // namespace
}  // namespace fermata::service
