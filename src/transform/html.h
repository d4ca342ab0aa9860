#pragma once
// HTML to a document of blocks (the same form that transform.compose_text takes), through Gumbo.
// Scripts, styles and everything invisible are left out; what is not known is read for its text.

#include <cstddef>
#include <string>
#include <string_view>

#include "json/value.h"

namespace fermata::transform {

// What the parser takes grows with the square of the nesting, so there is a limit to the tags.
inline constexpr std::ptrdiff_t kHtmlTagsMax = 10'000;
bool has_too_many_tags(std::string_view html);

// [{type, children: [{type: "text", text, marks?, href?}], level?}]. Deep nesting is flattened
// below 200 levels; links other than http, https and mailto lose their target.
json::Array blocks_of_html(std::string_view html);

// The blocks' text, blocks joined by a blank line.
std::string text_of_blocks(const json::Array& blocks);

// One paragraph for each part between blank lines.
json::Array blocks_of_text(std::string_view text);

}  // namespace fermata::transform
