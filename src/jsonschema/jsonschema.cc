#include "jsonschema/jsonschema.h"

#include <jsonschema.h>

#include <map>
#include <memory>
#include <mutex>

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

using Compiled = std::shared_ptr<const FermataSchema>;

// What was compiled, by its text. It changes no answer: to compile costs many times a check.
class CompiledSchemas {
 public:
  // Null when it is not there.
  Compiled find(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    const auto found = compiled_.find(text);
    return found == compiled_.end() ? nullptr : found->second;
  }
  void keep(std::string text, Compiled compiled) {
    if (text.size() > kTextBytesMax) return;
    const std::scoped_lock lock(mutex_);
    // Schemas are few; who has more than fit pays for compiling them again now and then.
    if (compiled_.size() >= kSchemasMax) compiled_.clear();
    compiled_.insert_or_assign(std::move(text), std::move(compiled));
  }

 private:
  static constexpr std::size_t kSchemasMax = 256;
  static constexpr std::size_t kTextBytesMax = 65'536;  // larger ones would fill the memory
  std::mutex mutex_;
  std::map<std::string, Compiled> compiled_;
};

Error broken(std::string text) {
  return make_error(ErrorKind::Invalid, "SCHEMA_INVALID", "the JSON Schema is not valid: " + text,
                    "correct the schema; references to other documents are not followed");
}

}  // namespace

Result<std::vector<Violation>> validate(const json::Value& schema, const json::Value& instance) {
  static CompiledSchemas known;
  std::string schema_text = json::to_text(schema);
  const std::string instance_text = json::to_text(instance);
  FermataText text{nullptr, 0};
  Compiled compiled = known.find(schema_text);
  if (compiled == nullptr) {
    compiled =
        Compiled(fermata_schema_compile(schema_text.data(), schema_text.size(), "{}", 2, &text),
                 FreeSchema());
    if (compiled == nullptr) return broken(take(text));
    known.keep(std::move(schema_text), compiled);
  }
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
