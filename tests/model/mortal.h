#pragma once
// Mortal: a store and the way to runs, as a process sees them that dies after so many calls: every
// call from then on fails, and does nothing.

#include <atomic>
#include <memory>

#include "service/run_signals.h"
#include "store/store.h"

namespace fermata::model {

class Mortal {
 public:
  Mortal(store::Store& store, service::RunSignals& signals, int calls)
      : life_{calls}, view_(store, life_), signals_(std::make_shared<Signals>(signals, life_)) {}
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;

  [[nodiscard]] store::EventStore& store() { return view_; }
  [[nodiscard]] std::shared_ptr<service::RunSignals> signals() { return signals_; }
  // One call more.
  bool lives() { return life_.lives(); }
  [[nodiscard]] bool is_alive() const { return life_.calls >= 0; }

 private:
  struct Life {
    std::atomic<int> calls = 0;  // left; below zero: dead
    bool lives() { return calls.fetch_sub(1) > 0; }
  };
  static Error dead() { return make_error(ErrorKind::Unavailable, "DEAD", "the process is gone"); }

  class Signals final : public service::RunSignals {
   public:
    Signals(service::RunSignals& signals, Life& life) : signals_(signals), life_(life) {}
    Result<void> signal(const RunId& run, const temporal::Signal& signal) override {
      return life_.lives() ? signals_.signal(run, signal) : dead();
    }

   private:
    service::RunSignals& signals_;
    Life& life_;
  };

  class View final : public store::EventStore {
   public:
    View(store::Store& store, Life& life) : store_(store), life_(life) {}
    Result<std::vector<bool>> insert_events(std::span<const store::EventRow> rows) override {
      if (!life_.lives()) return dead();
      auto made = store_.insert_events(rows);
      // Stored, and the answer is lost.
      return life_.lives() ? std::move(made) : dead();
    }
    Result<store::EventRow> event(const TenantId& tenant, const EventId& id) override {
      if (!life_.lives()) return dead();
      return store_.event(tenant, id);
    }
    Result<void> put_routing(std::span<const store::DeliveryRow> rows,
                             std::span<const store::EventRow> routed) override {
      if (!life_.lives()) return dead();
      return store_.put_routing(rows, routed);
    }
    Result<std::vector<store::Candidate>> waits_for(
        std::span<const store::EventRow> events) override {
      if (!life_.lives()) return dead();
      return store_.waits_for(events);
    }
    Result<std::vector<store::EventRow>> events_for(const projection::WaitRow& wait,
                                                    const store::EventPage& page) override {
      if (!life_.lives()) return dead();
      return store_.events_for(wait, page);
    }
    Result<std::vector<store::RunVersion>> versions_of(std::span<const RunId> runs) override {
      if (!life_.lives()) return dead();
      return store_.versions_of(runs);
    }
    Result<std::vector<store::DeliveryRow>> deliveries(const TenantId& tenant,
                                                       const EventId& id) override {
      if (!life_.lives()) return dead();
      return store_.deliveries(tenant, id);
    }
    // What never changes here.
    Result<std::vector<store::SchemaRow>> schemas(const TenantId& tenant) override {
      return store_.schemas(tenant);
    }
    Result<std::vector<store::EventTypeRow>> event_types(const TenantId& tenant) override {
      return store_.event_types(tenant);
    }
    Result<std::vector<store::SchemaRow>> schemas_of(
        const TenantId& tenant, const std::vector<std::string>& refs) override {
      return store_.schemas_of(tenant, refs);
    }
    Result<std::vector<store::EventTypeRow>> event_types_of(
        const TenantId& tenant, const std::vector<std::string>& names) override {
      return store_.event_types_of(tenant, names);
    }
    Result<std::vector<store::DefinitionRow>> triggered_by(const TenantId& tenant,
                                                           const std::string& name) override {
      return store_.triggered_by(tenant, name);
    }

    // Of no concern here.
    Result<std::vector<store::EventRow>> events(const TenantId&,
                                                const store::EventFilter&) override {
      return dead();
    }
    Result<std::vector<store::EventRow>> unrouted_events(TimeMs, std::size_t) override {
      return dead();
    }
    Result<std::size_t> count_unrouted(std::size_t) override { return dead(); }
    Result<std::vector<store::DeliveryRow>> held_launches(std::size_t) override { return dead(); }
    Result<void> put_schema(const store::SchemaRow&) override { return dead(); }
    Result<void> put_event_type(const store::EventTypeRow&) override { return dead(); }
    Result<void> put_letters(std::span<const store::LetterRow>) override { return dead(); }
    Result<std::size_t> count_letters(std::size_t) override { return dead(); }
    Result<std::vector<store::LetterRow>> letters(const TenantId&, const LetterFilter&) override {
      return dead();
    }
    Result<store::LetterRow> letter(const TenantId&, const std::string&) override { return dead(); }
    Result<void> mark_reprocessed(const TenantId&, const std::string&, const EventId&,
                                  TimeMs) override {
      return dead();
    }
    Result<void> put_webhook(const store::WebhookRow&) override { return dead(); }
    Result<std::vector<store::WebhookRow>> webhooks(const TenantId&) override { return dead(); }
    Result<store::WebhookRow> webhook(const TenantId&, const std::string&) override {
      return dead();
    }
    Result<void> delete_webhook(const TenantId&, const std::string&) override { return dead(); }

   private:
    store::Store& store_;
    Life& life_;
  };

  Life life_;
  View view_;
  std::shared_ptr<Signals> signals_;
};

}  // namespace fermata::model
