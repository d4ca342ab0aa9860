#include "definition/definition.h"
#include "definition/yaml.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"

namespace fermata::definition {

Result<json::Value> read_document(std::string_view text, TextFormat text_format) {
  if (text.size() > limits::kDefinitionBytesMax) {
    return make_error(ErrorKind::TooLarge, "DEFINITION_TOO_LARGE",
                      format("the definition has {} bytes, at most {} are allowed", text.size(),
                             limits::kDefinitionBytesMax),
                      "move parts into workflows of their own and call them");
  }
  if (text_format == TextFormat::Yaml) return parse_yaml(text);
  return json::parse(text, {.bytes_max = limits::kDefinitionBytesMax});
}

}  // namespace fermata::definition
