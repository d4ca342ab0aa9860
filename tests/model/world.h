#pragma once
// The world of the model check: a store and a Temporal as values, that a step of an actor changes
// at once or not at all. Real code runs against them through StoreView, which lets one new call
// through and stops the rest: so the code is cut at every call without a thread, and a state is a
// value that can be copied, compared and gone back to.

#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "interpreter/machine.h"
#include "service/run_signals.h"
#include "store/event_store.h"
#include "store/store.h"

namespace fermata::model {

// Bugs to plant: the check must find each.
enum class Bug : std::uint8_t {
  None,
  LookUpBeforeCommit,  // the worker looks for events before its wait's row is there
  RouteBeforeStore,    // an event is seen by others only when its routing ends
  ForgetOnContinue,    // a run forgets over continue-as-new which events it took
  NeverSweep,          // nobody routes again what a crash left
  AcknowledgeFirst,    // the task is acknowledged before events are looked for
  NoteTurnedAway,      // what a wait's filters turned away is written down as sent
};

// A run's state, and its text by which two of them are told apart. Shared: there are far more
// states of the world than of the run.
struct SavedRun {
  interpreter::RunState state;
  std::string text;
};
using SavedRunPtr = std::shared_ptr<const SavedRun>;

struct World {
  Bug bug = Bug::None;
  // It stands still: who is first is what is explored, and a step in time would only make two
  // states of one.
  TimeMs now = 100;

  // The store.
  std::vector<store::EventRow> events;
  std::vector<store::EventRow> unseen;  // of Bug::RouteBeforeStore
  std::vector<projection::WaitRow> waits;
  std::set<std::string> signaled;  // events that are written down as sent to the run

  // Temporal, and what it holds of the one run.
  bool is_closed = false;
  std::set<std::string> taken_requests;  // of the history that is open now
  std::vector<interpreter::InputKind> pending;
  std::set<interpreter::Seq> timers;
  bool has_first_task = true;
  SavedRunPtr run;                   // as of the last task that was acknowledged; null: not begun
  std::vector<std::string> matched;  // events that acknowledged tasks took, in order
};

// What a call gave: kept, so that the code before it can be run again.
using Answer = std::variant<std::vector<bool>, store::EventRow, std::vector<store::Candidate>,
                            std::vector<store::EventRow>, Result<void>>;

// The store and Temporal as the code under test sees them.
class StoreView final : public store::EventStore, public service::RunSignals {
 public:
  // The calls of `log` are answered from it; the next one is made and added; all behind it fail.
  StoreView(World& world, std::vector<Answer>& log) : world_(world), log_(log) {}
  // Whether the code wanted to go on.
  [[nodiscard]] bool was_cut() const { return was_cut_; }

  Result<std::vector<bool>> insert_events(std::span<const store::EventRow> rows) override;
  Result<store::EventRow> event(const TenantId& tenant, const EventId& id) override;
  Result<std::vector<store::Candidate>> waits_for(std::span<const store::EventRow> events) override;
  Result<std::vector<store::EventRow>> events_for(const projection::WaitRow& wait,
                                                  const store::EventPage& page) override;
  Result<void> put_routing(std::span<const store::DeliveryRow> rows,
                           std::span<const store::EventRow> routed) override;
  Result<void> signal(const RunId& run, const temporal::Signal& signal) override;

  // What never changes here is no step.
  Result<std::vector<store::RunVersion>> versions_of(std::span<const RunId> runs) override {
    std::vector<store::RunVersion> found;
    for (const RunId& run : runs)
      found.push_back({run, TenantId("t"), WorkflowId("w"), 1, std::string()});
    return found;
  }
  Result<std::vector<store::SchemaRow>> schemas(const TenantId&) override {
    return std::vector<store::SchemaRow>{};
  }
  Result<std::vector<store::EventTypeRow>> event_types(const TenantId&) override {
    return std::vector<store::EventTypeRow>{};
  }
  Result<std::vector<store::SchemaRow>> schemas_of(const TenantId&,
                                                   const std::vector<std::string>&) override {
    return std::vector<store::SchemaRow>{};
  }
  Result<std::vector<store::EventTypeRow>> event_types_of(
      const TenantId&, const std::vector<std::string>&) override {
    return std::vector<store::EventTypeRow>{};
  }
  Result<std::vector<store::DefinitionRow>> triggered_by(const TenantId&,
                                                         const std::string&) override {
    return std::vector<store::DefinitionRow>{};
  }
  Result<std::vector<store::DeliveryRow>> deliveries(const TenantId&, const EventId&) override {
    return std::vector<store::DeliveryRow>{};
  }

  // Of no concern here.
  Result<std::vector<store::EventRow>> events(const TenantId&, const store::EventFilter&) override {
    return unused();
  }
  Result<std::vector<store::EventRow>> unrouted_events(TimeMs, std::size_t) override {
    return unused();
  }
  Result<std::size_t> count_unrouted(std::size_t) override { return unused(); }
  Result<std::vector<store::DeliveryRow>> held_launches(std::size_t) override { return unused(); }
  Result<void> put_schema(const store::SchemaRow&) override { return unused(); }
  Result<void> put_event_type(const store::EventTypeRow&) override { return unused(); }
  Result<void> put_letters(std::span<const store::LetterRow>) override { return unused(); }
  Result<std::size_t> count_letters(std::size_t) override { return unused(); }
  Result<std::vector<store::LetterRow>> letters(const TenantId&, const LetterFilter&) override {
    return unused();
  }
  Result<store::LetterRow> letter(const TenantId&, const std::string&) override { return unused(); }
  Result<void> mark_reprocessed(const TenantId&, const std::string&, const EventId&,
                                TimeMs) override {
    return unused();
  }
  Result<void> put_webhook(const store::WebhookRow&) override { return unused(); }
  Result<std::vector<store::WebhookRow>> webhooks(const TenantId&) override { return unused(); }
  Result<store::WebhookRow> webhook(const TenantId&, const std::string&) override {
    return unused();
  }
  Result<void> delete_webhook(const TenantId&, const std::string&) override { return unused(); }

 private:
  static Error unused() {
    return make_error(ErrorKind::Internal, "UNUSED", "the model does not know this call");
  }
  template <typename Value, typename Make>
  Result<Value> step(Make make);

  World& world_;
  std::vector<Answer>& log_;
  std::size_t next_ = 0;
  bool has_made_one_ = false;
  bool was_cut_ = false;
};

}  // namespace fermata::model
