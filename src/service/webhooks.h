#pragma once
// Webhooks: events from senders that sign what they send, as Standard Webhooks have it: headers
// webhook-id, webhook-timestamp and webhook-signature, HMAC-SHA256 over `id.timestamp.body`. The
// timestamp bounds for how long a message can be sent again; within that the id makes it the same
// event.

#include <functional>
#include <string>

#include "service/events.h"

namespace fermata::service {

struct SignedMessage {
  std::string id;
  std::string timestamp;  // seconds since 1970
  std::string signature;  // `v1,BASE64`, several apart by blanks
  std::string body;
};

// `v1,BASE64` of the message. A secret that begins with whsec_ is base64 behind it.
std::string sign(const SignedMessage& message, const std::string& secret);

// Errors: WEBHOOK_REFUSED (kind Unauthorized): a header is missing, the time is further from `now`
// than `tolerance_ms`, or no signature is right.
Result<void> check_signature(const SignedMessage& message, const std::string& secret, TimeMs now,
                             std::int64_t tolerance_ms);

class Webhooks {
 public:
  using Secrets = std::function<Result<std::string>(const TenantId&, const std::string& name)>;
  struct Parts {
    store::EventStore& store;
    EventRouter& router;
    Secrets secrets;
    const Clock& clock;
  };
  explicit Webhooks(Parts parts) : parts_(std::move(parts)) {}

  // Error: WEBHOOK_INVALID.
  Result<void> put(store::WebhookRow row);
  // Errors: WEBHOOK_REFUSED, also when there is no such webhook; then those of EventRouter::accept.
  Result<Accepted> receive(const TenantId& tenant, const std::string& name,
                           const SignedMessage& message);

 private:
  Parts parts_;
};

}  // namespace fermata::service
