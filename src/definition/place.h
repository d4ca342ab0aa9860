#pragma once
// From the paths of findings to places in the document: root.steps[0].then.steps[1].config/saveAs
// is /steps/0/then/1/config/saveAs.

#include <string>
#include <string_view>

#include "json/value.h"

namespace fermata::definition {

// JSON Pointer (RFC 6901) into the definition.
std::string pointer_of(std::string_view path);

// Where the text of the expression at the path stands: behind its `$expr`, or in the `path` of a
// composed document's reference. Empty when it is not there.
std::string source_pointer_of(const json::Value& document, std::string_view path);

}  // namespace fermata::definition
