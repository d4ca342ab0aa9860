#include "definition/definition.h"
#include "definition/yaml.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"

namespace fermata::definition {

Result<json::Value> read_document(std::string_view text, TextFormat text_format) {
  if (text.size() > limits::kDefinitionBytesMax) {
    return make_error(ErrorKind::TooLarge, "DEFINITION_TOO_LARGE",
                      format("definition has {} bytes, at most {} are accepted", text.size(),
                             limits::kDefinitionBytesMax),
                      "split the workflow, or move data out of it");
  }
  if (text_format == TextFormat::Yaml) return read_yaml(text);
  return json::parse(
      text, {.bytes_max = limits::kDefinitionBytesMax, .depth_max = limits::kJsonDepthMax});
}

}  // namespace fermata::definition
