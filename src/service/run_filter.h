#pragma once
// Which runs, as people write it: the list's query, a saved view, a bulk job. One reader for all,
// so that a filter means the same wherever it stands.

#include <string>
#include <vector>

#include "json/value.h"
#include "store/run_views.h"

namespace fermata::service {

// {"workflowId", "status": ["FAILED"], "triggerType", "parentRunId", "rootRunId", "search", "from",
// "to"}: texts, times as ISO instants; statuses may be one text with commas, too. Nothing else.
// Error: QUERY_INVALID.
Result<store::RunFilter> read_run_filter(const json::Object& written);
// Back again.
json::Object write_run_filter(const store::RunFilter& filter);

std::vector<std::string> split_words(const std::string& text);

}  // namespace fermata::service
