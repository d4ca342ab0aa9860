#include "service/letters.h"

#include "foundation/format.h"
#include "service/task_notices.h"

namespace fermata::service {

EventRequest with_id_of(EventRequest request, const std::string& letter_id) {
  if (request.event_id.empty()) request.event_id = letter_id;
  return request;
}

Result<Letters::Reprocessed> Letters::reprocess(const TenantId& tenant, const std::string& letter) {
  TRY(const store::LetterRow row, store_.letter(tenant, letter));
  if (row.reprocessed_at) {
    return make_error(
        ErrorKind::Conflict, "LETTER_REPROCESSED",
        format("dead letter `{}` became event `{}` before", letter, row.event_id.value_or("")));
  }
  Reprocessed done;
  if (row.source == kHookSource) {
    TRY(const store::NoticeRow notice, notice_of(row, clock_.now()));
    TRY_DO(store_.notices().put(notice));
    done.event = EventId(notice.notice_id);
  } else {
    TRY(EventRequest request, event_from_fields(fields_from_json(row.fields), tenant));
    TRY(const Accepted accepted, router_.accept(with_id_of(std::move(request), letter)));
    done = {accepted.event.event_id, accepted.is_new};
  }
  TRY_DO(store_.mark_reprocessed(tenant, letter, done.event, clock_.now()));
  return done;
}

}  // namespace fermata::service
