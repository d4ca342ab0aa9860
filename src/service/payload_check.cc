#include "service/payload_check.h"

#include "foundation/format.h"
#include "jsonschema/jsonschema.h"

namespace fermata::service {

Result<void> check_payload(const json::Value& schema, const json::Value& payload) {
  TRY(const auto violations, jsonschema::validate(schema, payload));
  if (violations.empty()) return {};
  std::string message = "the payload does not fit its schema:";
  for (const jsonschema::Violation& violation : violations)
    message += format(" {}: {};", violation.instance.empty() ? "/" : violation.instance,
                      violation.message);
  message.pop_back();
  return make_error(ErrorKind::Invalid, "PAYLOAD_INVALID", std::move(message));
}

}  // namespace fermata::service
