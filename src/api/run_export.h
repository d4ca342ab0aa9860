#pragma once
// RunExport: everything that is kept of a run. Steps are written page by page; waits and
// invocations, of which there are fewer, come at once.

#include <memory>

#include "http/message.h"
#include "store/store.h"

namespace fermata::api {

enum class ExportFormat : std::uint8_t { Json, Csv };

// JSON: {"run":…,"steps":[…],"waits":[…],"invocations":[…]}. CSV: a line per row, its kind first;
// what could be taken for a formula by a spreadsheet is quoted as text. A store that goes away
// meanwhile cuts the stream: JSON is then not complete, which its reader sees.
std::shared_ptr<http::BodyStream> export_run(store::Store& store, store::RunView view,
                                             ExportFormat format);

}  // namespace fermata::api
