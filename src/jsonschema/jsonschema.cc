#include "jsonschema/jsonschema.h"

#include <jsonschema.h>

#include <memory>

#include "json/parse.h"
#include "json/text.h"

namespace fermata::jsonschema {
namespace {

struct FreeSchema {
  void operator()(FermataSchema* schema) const { fermata_schema_free(schema); }
};

std::string take(FermataText text) {
  std::string copy = text.data == nullptr ? "" : std::string(text.data, text.size);
  fermata_text_free(text);
  return copy;
}

Error broken(std::string text) {
  return make_error(ErrorKind::Invalid, "SCHEMA_INVALID", "the JSON Schema is not valid: " + text,
                    "correct the schema; references to other documents are not followed");
}

}  // namespace

Result<std::vector<Violation>> validate(const json::Value& schema, const json::Value& instance) {
  const std::string schema_text = json::to_text(schema);
  const std::string instance_text = json::to_text(instance);
  FermataText text{nullptr, 0};
  const std::unique_ptr<FermataSchema, FreeSchema> compiled(
      fermata_schema_compile(schema_text.data(), schema_text.size(), "{}", 2, &text));
  if (compiled == nullptr) return broken(take(text));
  const int verdict = fermata_schema_validate(compiled.get(), instance_text.data(),
                                              instance_text.size(), kViolationsMax, &text);
  std::vector<Violation> violations;
  if (verdict == 1) return violations;
  const std::string said = take(text);
  if (verdict < 0) return broken(said);
  TRY(const json::Value list, json::parse(said));
  for (const json::Value& entry : list.as_array()) {
    const json::Object& object = entry.as_object();
    violations.push_back({json::string_at(object, "instance").value_or(""),
                          json::string_at(object, "message").value_or("")});
  }
  return violations;
}

}  // namespace fermata::jsonschema
