#pragma once
// The functions behind the table of transform.cc, one file per family. Each takes the call's input
// and gives its output or why there is none; the schemas in the table say the shapes.

#include "transform/transform.h"

namespace fermata::transform {

// objects.cc
Output merge(const json::Value& input);
Output pick(const json::Value& input);
Output omit(const json::Value& input);
Output rename_fields(const json::Value& input);
Output build_object(const json::Value& input);
Output append_array(const json::Value& input);
Output build_array(const json::Value& input);
Output coalesce_value(const json::Value& input);
Output fail(const json::Value& input);

// text.cc
Output parse_json(const json::Value& input);
Output stringify_json(const json::Value& input);
Output sha256(const json::Value& input);
Output concat_text(const json::Value& input);
Output join_text(const json::Value& input);
Output split_text(const json::Value& input);
Output replace_text(const json::Value& input);
Output truncate_text(const json::Value& input);
Output trim_text(const json::Value& input);

// compose_text.cc
Output compose_text(const json::Value& input);

// email.cc
Output parse_reply(const json::Value& input);
Output html_to_blocks(const json::Value& input);

}  // namespace fermata::transform
