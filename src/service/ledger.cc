#include "service/ledger.h"

#include "foundation/beginning.h"
#include "foundation/format.h"
#include "json/hash.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::service {
namespace {

using store::InvocationStatus;

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
        shortened(json::string_at(object, "message").value_or(""), Ledger::kErrorBytesMax / 2);
  }
  return kept;
}

}  // namespace

bool is_made_key(std::string_view key) {
  return key.size() == 64 && key.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

store::InvocationRow Ledger::row(const Invocation& invocation, std::uint32_t attempt) const {
  store::InvocationRow row;
  row.tenant = invocation.tenant;
  row.idempotency_key = invocation.key;
  row.is_authored = invocation.is_authored;
  row.attempt = attempt;
  row.lease_owner = owner_;
  row.lease_expires_at = clock_.now() + kLeaseMs;
  return row;
}

store::InvocationRow Ledger::first_row(const Invocation& invocation) const {
  store::InvocationRow made = row(invocation, 1);
  made.run_id = invocation.run_id;
  made.step_path = invocation.step_path;
  made.iteration = invocation.iteration;
  made.action_id = invocation.action_id;
  made.action_version = invocation.action_version;
  made.input = json::redact(invocation.input, invocation.secret_pointers);
  made.input_hash = json::hash(invocation.input);
  made.started_at = clock_.now();
  return made;
}

void Ledger::begin_first(const Invocation& invocation, std::function<void(Result<bool>)> done) {
  writer_.put({first_row(invocation)}, std::move(done));
}

Result<std::variant<Reuse, Proceed, Busy>> Ledger::begin(const Invocation& invocation) {
  using Verdict = std::variant<Reuse, Proceed, Busy>;
  TRY(const bool is_first, writer_.put({first_row(invocation)}));
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

void Ledger::renew(const Invocation& invocation, std::uint32_t attempt,
                   std::function<void(Result<bool>)> done) {
  writer_.put({row(invocation, attempt), attempt, InvocationStatus::Started}, std::move(done));
}

void Ledger::finish(store::InvocationRow row, std::uint32_t attempt, Done done) {
  row.completed_at = clock_.now();
  row.lease_expires_at = clock_.now();
  auto told = [key = row.idempotency_key, done = std::move(done)](const Result<bool>& written) {
    if (!written.has_value()) return done(written.error());
    if (*written) return done({});
    done(make_error(ErrorKind::Conflict, "LEASE_LOST",
                    format("the lease of invocation `{}` went to another worker", key)));
  };
  writer_.put({std::move(row), attempt, InvocationStatus::Started}, std::move(told));
}

void Ledger::succeed(const Invocation& invocation, std::uint32_t attempt, json::Value output,
                     Done done) {
  store::InvocationRow ended = row(invocation, attempt);
  ended.status = InvocationStatus::Succeeded;
  ended.output = std::move(output);
  finish(std::move(ended), attempt, std::move(done));
}

void Ledger::fail(const Invocation& invocation, std::uint32_t attempt, const json::Value& error,
                  Done done) {
  store::InvocationRow ended = row(invocation, attempt);
  ended.status = InvocationStatus::Failed;
  ended.error = bounded(error);
  finish(std::move(ended), attempt, std::move(done));
}

}  // namespace fermata::service
