#pragma once
// Rows to JSON as the API shows them. Instants are ISO 8601 in UTC.

#include "definition/complete.h"
#include "definition/expressions.h"
#include "definition/finding.h"
#include "definition/rename.h"
#include "json/value.h"
#include "service/expressions.h"
#include "store/run_log.h"
#include "store/run_views.h"
#include "store/store.h"

namespace fermata::api {

json::Value render(const store::RunView& view);
// Without the documents that only the run's own page shows.
json::Value render_head(const store::RunView& view);
json::Value render(const projection::StepRow& row);
json::Value render(const projection::WaitRow& row);
json::Value render(const store::PathSums& sums);
json::Value render(const store::TaskRow& task);
json::Value render(const store::LogLine& line);
// What names a line in its run; a page goes on behind it.
std::string log_id(const store::LogPlace& place);
json::Value render(const store::InvocationRow& row);
json::Value render(const store::DefinitionRow& row);
json::Value render(const definition::Finding& finding);
json::Value render(const definition::Completion& completion);
json::Value render(const TextSpan& span);
json::Value render(const definition::ExpressionReport& report);
json::Value render(const definition::Renaming& renaming);
json::Value render(const service::Trial& trial);
// Without the payload.
json::Value render(const store::EventRow& row);
json::Value render(const store::DeliveryRow& row);

}  // namespace fermata::api
