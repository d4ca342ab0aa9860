#include "worker/queries.h"

#include <utility>

#include "foundation/format.h"
#include "interpreter/query_scopes.h"
#include "service/contract.h"
#include "worker/translate.h"

namespace fermata::worker {

namespace in = interpreter;

temporal::QueryResult answer_query(const in::Host& host, const in::RunState& state,
                                   const temporal::QueryWorkflow& query) {
  temporal::QueryResult result;
  result.query_id = query.query_id;
  if (query.query_type == service::kStepQuery) {
    result.answer = temporal::to_payload(in::query_current_step(host, state));
  } else if (query.query_type == service::kWaitQuery) {
    result.answer = temporal::to_payload(in::query_current_wait(host, state));
  } else if (query.query_type == service::kSummaryQuery) {
    result.answer = temporal::to_payload(in::query_summary(host, state));
  } else if (query.query_type == service::kScopesQuery) {
    result.answer = temporal::to_payload(in::query_scopes(host, state));
  } else {
    result.answer = plain_failure(make_error(ErrorKind::NotFound, "QUERY_UNKNOWN",
                                             format("unknown query `{}`", query.query_type)));
  }
  return result;
}

temporal::QueryResult answer_without_state(const temporal::QueryWorkflow& query) {
  return {query.query_id,
          plain_failure(make_error(ErrorKind::Conflict, "RUN_NOT_ACTIVE", "the run has no state"))};
}

}  // namespace fermata::worker
