#include "service/oidc.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"

namespace fermata::service {
namespace {

constexpr std::int64_t kFreshMs = 600'000;
constexpr std::int64_t kUsableMs = 86'400'000;
constexpr std::int64_t kAskAgainMs = 30'000;
// How far clocks may be apart.
constexpr std::int64_t kLeewayMs = 60'000;

Error refused(std::string_view why) {
  return make_error(ErrorKind::Unauthorized, "TOKEN_INVALID", format("the token {}", why),
                    "ask its issuer for a new one");
}

// In the clear only on this machine.
bool is_trustworthy(std::string_view url) {
  if (url.starts_with("https://")) return true;
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return false;
}

// By its whole name, which may have dots in it, or by its path.
const json::Value* claim_at(const json::Object& claims, std::string_view name) {
  if (const json::Value* whole = json::find(claims, name)) return whole;
  const json::Object* object = &claims;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    const json::Value* next = json::find(*object, name.substr(0, dot));
    if (next == nullptr || !next->is_object()) return nullptr;
    object = &next->get_object();
    name.remove_prefix(dot + 1);
  }
  return json::find(*object, name);
}

std::vector<std::string> words_of(const json::Value* claim) {
  std::vector<std::string> words;
  if (claim == nullptr) return words;
  if (claim->is_array()) {
    for (const json::Value& one : claim->get_array())
      if (one.is_string()) words.emplace_back(json::view(one.get_string()));
  } else if (claim->is_string()) {
    std::string_view left = json::view(claim->get_string());
    while (!left.empty()) {
      const std::size_t end = std::min(left.find(' '), left.size());
      if (end > 0) words.emplace_back(left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  }
  return words;
}

// Seconds since 1970, which may have a fraction, as milliseconds.
std::optional<TimeMs> time_claim(const json::Object& claims, std::string_view name) {
  constexpr double kSecondsMax = 1e12;
  const json::Value* claim = json::find(claims, name);
  if (claim == nullptr || !claim->is_number()) return std::nullopt;
  const auto seconds = claim->to_number<double>();
  if (!(seconds >= 0 && seconds < kSecondsMax)) return std::nullopt;
  return static_cast<TimeMs>(seconds * 1'000);
}

Result<void> check_times(const json::Object& claims, TimeMs now) {
  const auto until = time_claim(claims, "exp");
  if (!until) return refused("does not say when it expires");
  if (*until + kLeewayMs <= now) return refused("has expired");
  for (const char* name : {"nbf", "iat"}) {
    if (json::find(claims, name) == nullptr) continue;
    const auto from = time_claim(claims, name);
    if (!from || *from - kLeewayMs > now) return refused("is not valid yet");
  }
  return {};
}

std::string string_claim(const json::Object& claims, std::string_view name) {
  const json::Value* claim = claim_at(claims, name);
  return claim != nullptr && claim->is_string() ? std::string(json::view(claim->get_string())) : "";
}

}  // namespace

Oidc::Oidc(OidcOptions options, Fetch fetch, const Clock& clock)
    : options_(std::move(options)), fetch_(std::move(fetch)), clock_(clock) {}

Result<std::unique_ptr<Oidc>> Oidc::create(OidcOptions options, Fetch fetch, const Clock& clock) {
  const auto invalid = [](std::string message) {
    return make_error(ErrorKind::Invalid, "OIDC_INVALID", std::move(message));
  };
  if (!is_trustworthy(options.issuer)) return invalid("issuer: expected an https address");
  if (!options.keys_url.empty() && !is_trustworthy(options.keys_url))
    return invalid("keys: expected an https address");
  if (options.audience.empty()) return invalid("audience: tokens for anybody are not accepted");
  return std::unique_ptr<Oidc>(new Oidc(std::move(options), std::move(fetch), clock));
}

Result<Principal> Oidc::authenticate(std::string_view token) {
  TRY(const Keys known, keys(Need::Any));
  auto claims = known->claims_of(token);
  if (!claims.has_value() && claims.error().code == "TOKEN_KEY_UNKNOWN") {
    TRY(const Keys newer, keys(Need::Newer));
    if (newer != known) claims = newer->claims_of(token);
  }
  if (!claims.has_value()) return claims.error();
  return principal_of(*claims);
}

Result<Oidc::Keys> Oidc::keys(Need need) {
  {
    const std::lock_guard lock(mutex_);
    const TimeMs now = clock_.now();
    const bool is_fresh = keys_ != nullptr && now - fetched_at_ < kFreshMs;
    const bool is_usable = keys_ != nullptr && now - fetched_at_ < kUsableMs;
    const bool is_too_soon = asked_at_ && now - *asked_at_ < kAskAgainMs;
    if ((is_fresh && need == Need::Any) || (is_usable && is_too_soon)) return keys_;
  }
  // Who has keys does not wait for somebody else's asking.
  std::unique_lock asking(fetching_, std::defer_lock);
  if (kept().has_value()) {
    if (!asking.try_lock()) return kept();
  } else {
    asking.lock();
  }
  const Result<void> refreshed = refresh();
  auto there = kept();
  if (!there.has_value() && !refreshed.has_value()) return refreshed.error();
  return there;
}

Result<Oidc::Keys> Oidc::kept() {
  const std::lock_guard lock(mutex_);
  if (keys_ != nullptr && clock_.now() - fetched_at_ < kUsableMs) return keys_;
  return make_error(ErrorKind::Unavailable, "OIDC_UNAVAILABLE", "the issuer's keys are not known",
                    "ask again in half a minute");
}

Result<void> Oidc::refresh() {
  const TimeMs now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    if (asked_at_ && now - *asked_at_ < kAskAgainMs) return {};
    asked_at_ = now;
  }
  const auto unavailable = [&](const std::string& why) {
    return make_error(ErrorKind::Unavailable, "OIDC_UNAVAILABLE",
                      format("the keys of `{}` cannot be had: {}", options_.issuer, why),
                      "check the issuer's address, and whether it answers");
  };
  std::string url = options_.keys_url;
  if (url.empty()) {
    std::string root = options_.issuer;
    while (root.ends_with('/')) root.pop_back();
    const auto text = fetch_(root + "/.well-known/openid-configuration");
    if (!text.has_value()) return unavailable(text.error().message);
    const auto document = json::parse(*text, {.duplicate_keys = json::DuplicateKeys::LastWins});
    if (!document.has_value() || !document->is_object() ||
        json::string_at(document->get_object(), "issuer") != options_.issuer)
      return unavailable("its discovery document is of another issuer");
    url = json::string_at(document->get_object(), "jwks_uri").value_or("");
    if (!is_trustworthy(url)) return unavailable("its key set has no https address");
  }
  const auto text = fetch_(url);
  if (!text.has_value()) return unavailable(text.error().message);
  TRY(Keys keys, TokenKeys::read(*text));
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  fetched_at_ = now;
  return {};
}

Result<Principal> Oidc::principal_of(const json::Object& claims) const {
  if (json::string_at(claims, "iss") != options_.issuer) return refused("is of another issuer");
  const json::Value* audience = json::find(claims, "aud");
  const bool is_ours =
      audience != nullptr &&
      (audience->is_string() ? json::view(audience->get_string()) == options_.audience
                             : std::ranges::count(words_of(audience), options_.audience) > 0);
  if (!is_ours) return refused("is for somebody else");
  TRY_DO(check_times(claims, clock_.now()));
  const std::string subject = string_claim(claims, "sub");
  if (subject.empty()) return refused("says not whose it is");
  Principal principal;
  principal.id = "oidc:" + subject;
  principal.name = string_claim(claims, options_.name_claim);
  if (principal.name.empty()) principal.name = subject;
  if (principal.name.size() > limits::kNameBytesMax) return refused("has too long a name");
  principal.tenant = options_.tenant_claim.empty()
                         ? options_.tenant
                         : TenantId(string_claim(claims, options_.tenant_claim));
  if (!is_tenant_name(principal.tenant.text)) return refused("names no tenant");
  std::optional<Role> role;
  for (const std::string& word : words_of(claim_at(claims, options_.role_claim))) {
    const auto mapped = options_.roles.find(word);
    const std::optional<Role> one = options_.roles.empty() ? role_of(word)
                                    : mapped == options_.roles.end()
                                        ? std::nullopt
                                        : std::optional(mapped->second);
    if (one && (!role || *one > *role)) role = one;
  }
  if (!role)
    return make_error(ErrorKind::Forbidden, "ROLE_TOO_LOW",
                      format("`{}` has no role here", principal.name),
                      format("the issuer grants roles by the claim `{}`", options_.role_claim));
  principal.role = *role;
  return principal;
}

}  // namespace fermata::service
