#pragma once
// Strict objects: which members there may be, which there must be, and of what form. One table per
// object, so that the checker, the compiler and the documentation speak of the same fields.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "definition/finding.h"
#include "json/value.h"

namespace fermata::definition {

enum class FieldForm : std::uint8_t {
  Text,      // string, not empty, at most kNameBytesMax
  LongText,  // string
  Flag,
  Positive,     // whole number above 0
  NonNegative,  // whole number from 0
  Factor,       // number above 0
  DurationMs,   // whole number above 0, at most kWaitMsMax
  Expr,         // {"$expr": "…"}
  ExprMap,      // object of Expr
  AssignMap,    // object of assign path → Expr
  MappingMap,   // object of mapping values
  AssignPath,   // text in the assign grammar
  Identifier,   // text that can be a variable's name
  Texts,        // array of Text
  Steps,        // array; its items are visited by the walk
  OnError,      // {"policy": "fail" | "continue"}
  OnItemError,  // "fail" | "continue"
  Retry,
  Filters,
  Schema,     // object that is a JSON Schema
  Execution,  // "short" | "durable"
  Config,     // object with a table of its own
  Any,
};

struct Field {
  std::string_view name;
  FieldForm form = FieldForm::Any;
  bool is_required = false;
};

// What a check writes to. `path` is the place of the object.
class Report {
 public:
  void error(std::string path, std::string_view code, std::string message, std::string help = {}) {
    add({std::move(path), Severity::Error, std::string(code), std::move(message), std::move(help)});
  }
  void warning(std::string path, std::string_view code, std::string message,
               std::string help = {}) {
    add({std::move(path), Severity::Warning, std::string(code), std::move(message),
         std::move(help)});
  }
  // Sorted by path, severity and code; beyond the limit one finding says how many more there are.
  std::vector<Finding> take();

 private:
  void add(Finding finding);
  std::vector<Finding> findings_;
  std::size_t left_out_ = 0;
};

// Checks members against the table: unknown, missing, wrong form.
void check_fields(const json::Object& object, std::span<const Field> table, const std::string& path,
                  Report& report);

bool is_expression(const json::Value& value);
bool is_secret(const json::Value& value);
bool is_identifier(std::string_view name);
// Roots that expressions see and that a variable must not hide.
bool is_reserved_root(std::string_view name);

}  // namespace fermata::definition
