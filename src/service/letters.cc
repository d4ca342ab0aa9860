#include "service/letters.h"

#include "foundation/format.h"

namespace fermata::service {

EventRequest with_id_of(EventRequest request, const std::string& letter_id) {
  if (request.event_id.empty()) request.event_id = letter_id;
  return request;
}

Result<Accepted> Letters::reprocess(const TenantId& tenant, const std::string& letter) {
  TRY(const store::LetterRow row, store_.letter(tenant, letter));
  if (row.reprocessed_at) {
    return make_error(
        ErrorKind::Conflict, "LETTER_REPROCESSED",
        format("dead letter `{}` became event `{}` before", letter, row.event_id.value_or("")));
  }
  TRY(EventRequest request, event_from_fields(fields_from_json(row.fields), tenant));
  TRY(Accepted accepted, router_.accept(with_id_of(std::move(request), letter)));
  TRY_DO(store_.mark_reprocessed(tenant, letter, accepted.event.event_id, clock_.now()));
  return accepted;
}

}  // namespace fermata::service
