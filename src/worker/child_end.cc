#include "worker/child_end.h"

#include "foundation/match.h"
#include "worker/translate.h"

namespace fermata::worker {
namespace {

namespace in = interpreter;

in::InputKind completed(in::Seq seq, const temporal::Payload& payload,
                        const in::RunIdentity& parent, TimeMs now) {
  if (!parent.uses(in::Semantics::Second)) {
    auto result = temporal::to_json(payload);
    return in::ChildCompleted{seq, result.has_value() ? *std::move(result) : json::Value(nullptr)};
  }
  auto result = temporal::to_json_of_ours(payload);
  if (result.has_value()) return in::ChildCompleted{seq, *std::move(result)};
  in::RunError error;
  error.category = in::category::kValidation;
  error.code = result.error().code;
  error.message = "its result cannot be read: " + result.error().message;
  error.node_path = "root";
  error.at = now;
  return in::ChildFailed{seq, std::move(error)};
}

}  // namespace

interpreter::InputKind end_of_child(const temporal::ResolveChild& job,
                                    const in::RunIdentity& parent, TimeMs now) {
  return std::visit(match{[&](const temporal::ActivityCompleted& done) -> in::InputKind {
                            return completed(job.seq, done.result, parent, now);
                          },
                          [&](const temporal::ActivityFailed& failed) -> in::InputKind {
                            return in::ChildFailed{job.seq, run_error_of(failed.failure)};
                          },
                          [&](const temporal::ActivityCanceled& canceled) -> in::InputKind {
                            in::RunError error = run_error_of(canceled.failure);
                            error.category = in::category::kCancellation;
                            return in::ChildFailed{job.seq, std::move(error)};
                          }},
                    job.outcome);
}

}  // namespace fermata::worker
