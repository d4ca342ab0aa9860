#pragma once
// Letters: messages that no event could be made of, and notices that nobody took, kept as they came
// until somebody has mended what was wrong (a schema, the message's sender, the receiver) and lets
// them through again.

#include "service/event_message.h"
#include "store/store.h"

namespace fermata::service {

class Letters {
 public:
  Letters(store::Store& store, EventRouter& router, const Clock& clock)
      : store_(store), router_(router), clock_(clock) {}

  struct Reprocessed {
    EventId event;  // or the notice's id
    bool is_new = true;
  };
  // The same message, through the one path of all events; what was a notice waits for its receiver
  // again. Errors: NOT_FOUND, LETTER_REPROCESSED, and what is still wrong with it; then the letter
  // stays.
  Result<Reprocessed> reprocess(const TenantId& tenant, const std::string& letter);

 private:
  store::Store& store_;
  EventRouter& router_;
  const Clock& clock_;
};

// The event of a message that has none of its own: the same message is the same event.
EventRequest with_id_of(EventRequest request, const std::string& letter_id);

}  // namespace fermata::service
