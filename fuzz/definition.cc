// Any bytes, as JSON and as YAML: reading and checking them ends, crashes never, and says the same
// twice. What the check passes, compile() takes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "definition/definition.h"

namespace {

using namespace fermata;
using namespace fermata::definition;

class Catalog final : public ActionCatalog, public SchemaCatalog {
 public:
  [[nodiscard]] const ActionSpec* find(std::string_view, int) const override { return &any_; }
  [[nodiscard]] std::vector<const ActionSpec*> all() const override { return {&any_}; }
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view) const override {
    return json::Value(json::Object{});
  }
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override { return {}; }
  [[nodiscard]] std::optional<std::string> event_payload_ref(std::string_view) const override {
    return std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> event_names() const override { return {"ANY"}; }

 private:
  ActionSpec any_;
};

void run(std::string_view text, TextFormat text_format) {
  const auto document = read_document(text, text_format);
  if (!document) return;
  const Catalog catalog;
  const CheckContext context{catalog, catalog, 0, std::nullopt};
  const Checked first = check(*document, context);
  if (check(*document, context).findings != first.findings) std::abort();
  if ((first.program == nullptr) != has_errors(first.findings)) std::abort();
  if (first.program != nullptr && !compile(*document, catalog)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  run(text, TextFormat::Json);
  run(text, TextFormat::Yaml);
  return 0;
}
