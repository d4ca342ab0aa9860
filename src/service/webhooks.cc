#include "service/webhooks.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/base64.h"
#include "json/parse.h"

namespace fermata::service {
namespace {

constexpr std::int64_t kToleranceMsMax = 3'600'000;

Error refused(std::string_view why) {
  return make_error(ErrorKind::Unauthorized, "WEBHOOK_REFUSED", std::string(why),
                    "send webhook-id, webhook-timestamp and webhook-signature as Standard Webhooks "
                    "have them");
}

std::string key_of(const std::string& secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (!secret.starts_with(kPrefix)) return secret;
  return json::from_base64(std::string_view(secret).substr(kPrefix.size())).value_or(secret);
}

std::string digest_of(const SignedMessage& message, const std::string& secret) {
  const std::string key = key_of(secret);
  const std::string text = format("{}.{}.{}", message.id, message.timestamp, message.body);
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

// In constant time, so that a signature cannot be felt out byte by byte.
bool is_signed(const std::string& signatures, const std::string& digest) {
  std::string_view left = signatures;
  bool is_right = false;
  while (!left.empty()) {
    const std::size_t blank = std::min(left.find(' '), left.size());
    const std::string_view one = left.substr(0, blank);
    left.remove_prefix(std::min(blank + 1, left.size()));
    if (!one.starts_with("v1,")) continue;
    const auto given = json::from_base64(one.substr(3));
    if (given && given->size() == digest.size() &&
        CRYPTO_memcmp(given->data(), digest.data(), digest.size()) == 0)
      is_right = true;
  }
  return is_right;
}

}  // namespace

std::string sign(const SignedMessage& message, const std::string& secret) {
  return "v1," + json::to_base64(digest_of(message, secret));
}

Result<void> check_signature(const SignedMessage& message, const std::string& secret, TimeMs now,
                             std::int64_t tolerance_ms) {
  if (message.id.empty() || message.id.size() > limits::kNameBytesMax / 2)
    return refused("webhook-id: missing, or more than 256 bytes");
  std::int64_t seconds = 0;
  const char* const end = message.timestamp.data() + message.timestamp.size();
  if (message.timestamp.empty() ||
      std::from_chars(message.timestamp.data(), end, seconds).ptr != end || seconds < 0 ||
      seconds > INT64_MAX / 1'000)
    return refused("webhook-timestamp: expected seconds since 1970");
  if (!is_signed(message.signature, digest_of(message, secret)))
    return refused("webhook-signature: none is right");
  if (std::abs(now - seconds * 1'000) > tolerance_ms)
    return refused("webhook-timestamp: too far from now");
  return {};
}

Result<void> Webhooks::put(store::WebhookRow row) {
  const auto is_name = [](const std::string& text) {
    return !text.empty() && text.size() <= limits::kNameBytesMax / 2;
  };
  if (!is_name(row.name) || !is_name(row.event_name) || !is_name(row.secret_name)) {
    return make_error(ErrorKind::Invalid, "WEBHOOK_INVALID",
                      "a webhook needs an `eventName` and a secret",
                      R"(send {"eventName": NAME, "secret": {"$secret": NAME}})");
  }
  if (row.tolerance_ms < 1'000 || row.tolerance_ms > kToleranceMsMax) {
    return make_error(ErrorKind::Invalid, "WEBHOOK_INVALID",
                      format("toleranceMs: expected 1000 to {}", kToleranceMsMax));
  }
  row.updated_at = parts_.clock.now();
  return parts_.store.put_webhook(row);
}

Result<Accepted> Webhooks::receive(const TenantId& tenant, const std::string& name,
                                   const SignedMessage& message) {
  const auto hook = parts_.store.webhook(tenant, name);
  // Names cannot be felt out either.
  if (!hook.has_value())
    return hook.error().code == "NOT_FOUND" ? refused("webhook-signature: none is right")
                                            : hook.error();
  TRY(const std::string secret, parts_.secrets(tenant, hook->secret_name));
  TRY_DO(check_signature(message, secret, parts_.clock.now(), hook->tolerance_ms));
  EventRequest request;
  request.tenant = tenant;
  request.event_id = format("hook:{}:{}", name, message.id);
  request.event_name = hook->event_name;
  TRY(request.payload, json::parse(message.body, {.bytes_max = limits::kHttpBodyBytesMax}));
  return parts_.router.accept(request);
}

}  // namespace fermata::service
