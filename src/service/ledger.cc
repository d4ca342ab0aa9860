#include "service/ledger.h"

#include "foundation/format.h"
#include "json/hash.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::service {
namespace {

using store::InvocationStatus;

// Cut at a character, never inside one.
std::string cut(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes) + "...[truncated]";
}

json::Value bounded(const json::Value& error) {
  json::Value kept = json::redact(error);
  if (json::text_bytes(kept) <= Ledger::kErrorBytesMax || !kept.is_object()) return kept;
  json::Object& object = kept.get_object();
  if (const json::Value* details = json::find(object, "details")) {
    const std::size_t size = json::text_bytes(*details);
    object["details"] =
        json::Object{{"truncated", true}, {"size", size}, {"max", Ledger::kErrorBytesMax}};
  }
  if (json::text_bytes(kept) > Ledger::kErrorBytesMax) {
    object["message"] =
        cut(json::string_at(object, "message").value_or(""), Ledger::kErrorBytesMax / 2);
  }
  return kept;
}

}  // namespace

store::InvocationRow Ledger::row(const Invocation& invocation, std::uint32_t attempt) const {
  store::InvocationRow row;
  row.tenant = invocation.tenant;
  row.idempotency_key = invocation.key;
  row.run_id = invocation.run_id;
  row.step_path = invocation.step_path;
  row.iteration = invocation.iteration;
  row.action_id = invocation.action_id;
  row.action_version = invocation.action_version;
  row.attempt = attempt;
  row.lease_owner = owner_;
  row.lease_expires_at = clock_.now() + kLeaseMs;
  row.input = json::redact(invocation.input, invocation.secret_pointers);
  row.input_hash = json::hash(invocation.input);
  row.started_at = clock_.now();
  return row;
}

Result<std::variant<Reuse, Proceed, Busy>> Ledger::begin(const Invocation& invocation) {
  using Verdict = std::variant<Reuse, Proceed, Busy>;
  TRY(const bool is_first, writer_.put({row(invocation, 1)}));
  if (is_first) return Verdict(Proceed{1});
  TRY(const auto existing, store_.invocation(invocation.tenant, invocation.key));
  if (!existing)
    return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE",
                      "an invocation vanished while it was begun");
  if (existing->status == InvocationStatus::Succeeded)
    return Verdict(Reuse{existing->output.value_or(nullptr)});
  if (existing->status == InvocationStatus::Started && existing->lease_expires_at > clock_.now()) {
    return Verdict(Busy{existing->lease_expires_at});
  }
  const std::uint32_t attempt = existing->attempt + 1;
  TRY(const bool is_ours,
      writer_.put({row(invocation, attempt), existing->attempt, existing->status}));
  if (!is_ours) return Verdict(Busy{clock_.now() + kRenewMs});
  return Verdict(Proceed{attempt});
}

Result<bool> Ledger::renew(const Invocation& invocation, std::uint32_t attempt) {
  return writer_.put({row(invocation, attempt), attempt, InvocationStatus::Started});
}

Result<void> Ledger::finish(store::InvocationRow row, std::uint32_t attempt) {
  row.completed_at = clock_.now();
  row.lease_expires_at = clock_.now();
  const std::string key = row.idempotency_key;
  TRY(const bool is_written, writer_.put({std::move(row), attempt, InvocationStatus::Started}));
  if (is_written) return {};
  return make_error(ErrorKind::Conflict, "LEASE_LOST",
                    format("the lease of invocation `{}` went to another worker", key));
}

Result<void> Ledger::succeed(const Invocation& invocation, std::uint32_t attempt,
                             const json::Value& output) {
  store::InvocationRow done = row(invocation, attempt);
  done.status = InvocationStatus::Succeeded;
  done.output = output;
  return finish(std::move(done), attempt);
}

Result<void> Ledger::fail(const Invocation& invocation, std::uint32_t attempt,
                          const json::Value& error) {
  store::InvocationRow done = row(invocation, attempt);
  done.status = InvocationStatus::Failed;
  done.error = bounded(error);
  return finish(std::move(done), attempt);
}

}  // namespace fermata::service
