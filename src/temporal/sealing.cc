#include "temporal/sealing.h"

#include "foundation/match.h"

namespace fermata::temporal {
namespace {

constexpr std::string_view kHiddenMessage = "sealed";

// What is done to each payload, and to the words of each failure.
class Pass {
 public:
  virtual ~Pass() = default;
  virtual void on(Payload& payload) = 0;
  virtual void on_words(Failure& failure) = 0;

  void on(std::vector<Payload>& payloads) {
    for (Payload& payload : payloads) on(payload);
  }
  void on(std::map<std::string, Payload>& payloads) {
    for (auto& [name, payload] : payloads) on(payload);
  }
  void on(Failure& failure) {
    for (Failure* at = &failure; at != nullptr;
         at = at->cause.empty() ? nullptr : &at->cause.front()) {
      on(at->details);
      on_words(*at);
    }
  }
  template <typename Outcome>
  void on_outcome(Outcome& outcome) {
    std::visit(match{[&](ActivityCompleted& done) { on(done.result); },
                     [&](ActivityFailed& failed) { on(failed.failure); },
                     [&](ActivityCanceled& canceled) { on(canceled.failure); }, [](auto&) {}},
               outcome);
  }
};

class Seal final : public Pass {
 public:
  explicit Seal(const PayloadCodec& codec) : codec_(codec) {}
  using Pass::on;
  void on(Payload& payload) override { payload = codec_.seal(payload); }
  void on_words(Failure& failure) override {
    // Nothing to hide, and so nothing that the other side needs our key for.
    if (failure.message.empty()) return;
    failure.hidden = codec_.seal(to_payload(json::Object{{"message", failure.message}}));
    failure.message = kHiddenMessage;
  }

 private:
  const PayloadCodec& codec_;
};

class Open final : public Pass {
 public:
  explicit Open(const PayloadCodec& codec) : codec_(codec) {}
  using Pass::on;
  void on(Payload& payload) override { payload = codec_.open(payload); }
  void on_words(Failure& failure) override {
    if (!failure.hidden) return;
    const auto words = to_json(codec_.open(*failure.hidden));
    if (!words.has_value() || !words->is_object()) return;
    failure.message = json::string_at(words->get_object(), "message").value_or("");
    failure.hidden.reset();
  }

 private:
  const PayloadCodec& codec_;
};

// Looks for what did not open.
class FindSealed final : public Pass {
 public:
  using Pass::on;
  void on(Payload& payload) override {
    if (is_sealed(payload)) key_ = payload.metadata_at(kSealedKeyId);
  }
  void on_words(Failure& failure) override {
    if (failure.hidden) on(*failure.hidden);
  }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  std::string key_;
};

void walk(Pass& pass, Job& job) {
  std::visit(match{[&](InitializeWorkflow& start) {
                     pass.on(start.arguments);
                     pass.on(start.headers);
                     pass.on(start.memo);
                   },
                   [&](ResolveActivity& resolved) { pass.on_outcome(resolved.outcome); },
                   [&](ResolveChild& resolved) { pass.on_outcome(resolved.outcome); },
                   [&](SignalWorkflow& signal) { pass.on(signal.input); },
                   [&](QueryWorkflow& query) { pass.on(query.arguments); },
                   [&](DoUpdate& update) { pass.on(update.input); },
                   [&](ResolveSignalExternal& resolved) {
                     if (resolved.failure) pass.on(*resolved.failure);
                   },
                   [](auto&) {}},
             job);
}

void walk(Pass& pass, Command& command) {
  const auto on_any = match{[&](Payload& payload) { pass.on(payload); },
                            [&](Failure& failure) { pass.on(failure); }, [](UpdateAccepted&) {}};
  std::visit(match{[&](ScheduleActivity& activity) { pass.on(activity.arguments); },
                   [&](ScheduleLocalActivity& activity) { pass.on(activity.arguments); },
                   [&](StartChild& child) {
                     pass.on(child.input);
                     pass.on(child.memo);
                   },
                   [&](SignalExternal& signal) { pass.on(signal.arguments); },
                   [&](CompleteWorkflow& done) { pass.on(done.result); },
                   [&](FailWorkflow& failed) { pass.on(failed.failure); },
                   [&](ContinueAsNew& next) {
                     pass.on(next.arguments);
                     pass.on(next.memo);
                   },
                   [&](QueryResult& result) { std::visit(on_any, result.answer); },
                   [&](UpdateResponse& update) { std::visit(on_any, update.response); },
                   [&](ModifyMemo& memo) { pass.on(memo.memo); }, [](auto&) {}},
             command);
}

}  // namespace

std::vector<Payload> sealed(const PayloadCodec* codec, std::vector<Payload> payloads) {
  if (codec != nullptr) Seal(*codec).on(payloads);
  return payloads;
}

std::map<std::string, Payload> sealed(const PayloadCodec* codec,
                                      std::map<std::string, Payload> payloads) {
  if (codec != nullptr) Seal(*codec).on(payloads);
  return payloads;
}

Completion sealed(const PayloadCodec* codec, Completion completion) {
  if (codec == nullptr) return completion;
  Seal seal(*codec);
  std::visit(match{[&](std::vector<Command>& commands) {
                     for (Command& command : commands) walk(seal, command);
                   },
                   [&](TaskFailure& failed) { seal.on(failed.failure); }},
             completion.status);
  return completion;
}

ActivityCompletion sealed(const PayloadCodec* codec, ActivityCompletion completion) {
  if (codec == nullptr) return completion;
  Seal seal(*codec);
  std::visit([&](auto& result) { seal.on(result); }, completion.result);
  return completion;
}

void open(const PayloadCodec* codec, Payload& payload) {
  if (codec != nullptr) Open(*codec).on(payload);
}

void open(const PayloadCodec* codec, Failure& failure) {
  if (codec != nullptr) Open(*codec).on(failure);
}

void open(const PayloadCodec* codec, Activation& activation) {
  if (codec != nullptr) {
    Open opening(*codec);
    for (Job& job : activation.jobs) walk(opening, job);
  }
  FindSealed left;
  for (Job& job : activation.jobs) walk(left, job);
  activation.missing_key = left.key();
}

void open(const PayloadCodec* codec, ActivityTask& task) {
  auto* start = codec == nullptr ? nullptr : std::get_if<ActivityStart>(&task.kind);
  if (start == nullptr) return;
  Open opening(*codec);
  opening.on(start->input);
  opening.on(start->heartbeat_details);
}

}  // namespace fermata::temporal
