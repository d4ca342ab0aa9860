#include "interpreter/run_error.h"

#include "jsonata/instant.h"

namespace fermata::interpreter {

json::Value RunError::to_json() const {
  json::Object object;
  object["category"] = category;
  object["message"] = message;
  object["nodePath"] = node_path;
  object["at"] = jsonata::instant_text(at);
  if (!code.empty()) object["code"] = code;
  if (!details.is_null()) object["details"] = details;
  return json::Value(std::move(object));
}

RunError RunError::from_json(const json::Value& value) {
  RunError error;
  error.category = category::kAction;
  if (!value.is_object()) return error;
  const json::Object& object = value.get_object();
  error.category = json::string_at(object, "category").value_or(std::string(category::kAction));
  error.code = json::string_at(object, "code").value_or("");
  error.message = json::string_at(object, "message").value_or("");
  error.node_path = json::string_at(object, "nodePath").value_or("");
  error.at = jsonata::parse_instant(json::string_at(object, "at").value_or("")).value_or(0);
  if (const json::Value* details = json::find(object, "details")) error.details = *details;
  return error;
}

bool operator==(const RunError& left, const RunError& right) {
  return left.category == right.category && left.code == right.code &&
         left.message == right.message && left.node_path == right.node_path &&
         left.at == right.at && json::equal(left.details, right.details);
}

bool is_catchable(const RunError& error) {
  return error.category != category::kCancellation && error.category != category::kCorruption;
}

}  // namespace fermata::interpreter
