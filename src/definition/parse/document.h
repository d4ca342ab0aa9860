#pragma once
// The structural reading of a whole definition: strict, and through to the end whatever is wrong.

#include "definition/catalog.h"
#include "definition/draft.h"
#include "definition/findings.h"
#include "json/value.h"

namespace fermata::definition {

// `document` must outlive the draft. Its program is complete when there is no error in `findings`.
Draft read_definition(const json::Value& document, const ActionCatalog& actions,
                      Findings& findings);

}  // namespace fermata::definition
