#include "definition/fields.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "definition/suggest.h"
#include "definition/values.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/pointer.h"

namespace fermata::definition {
namespace {

std::string below(const std::string& path, std::string_view key) {
  std::string pointer = path;
  json::append_token(pointer, key);
  return pointer;
}

void wrong(Report& report, const std::string& path, const json::Value& value,
           std::string_view wanted) {
  report.error(path, "FIELD_INVALID",
               format("expected {}, got {}", wanted, json::type_name(value)));
}

bool check_whole(const json::Value& value, double least, double most) {
  if (!value.is_number()) return false;
  const double number = json::as_double(value);
  return std::trunc(number) == number && number >= least && number <= most;
}

constexpr double kSafeInteger = 9007199254740991.0;

constexpr std::array<Field, 6> kRetry = {{{"maxAttempts", FieldForm::Positive, true},
                                          {"backoffMs", FieldForm::NonNegative, true},
                                          {"backoffMultiplier", FieldForm::Factor},
                                          {"jitter", FieldForm::Flag},
                                          {"maxDelayMs", FieldForm::Positive},
                                          {"retryOn", FieldForm::Texts}}};

void check_choice(const json::Value& value, std::span<const std::string_view> choices,
                  const std::string& path, Report& report) {
  if (value.is_string() &&
      std::ranges::find(choices, json::view(value.get_string())) != choices.end())
    return;
  std::string list;
  for (const std::string_view choice : choices)
    list += (list.empty() ? "`" : " or `") + std::string(choice) + "`";
  report.error(path, "FIELD_INVALID", "expected " + list);
}

void check_text(const json::Value& value, const std::string& path, Report& report) {
  if (!value.is_string()) return wrong(report, path, value, "a string");
  if (value.get_string().empty()) return report.error(path, "FIELD_INVALID", "must not be empty");
  if (value.get_string().size() > limits::kNameBytesMax) {
    report.error(path, "FIELD_INVALID", format("longer than {} bytes", limits::kNameBytesMax));
  }
}

void check_map(const json::Value& value, FieldForm form, const std::string& path, Report& report) {
  if (!value.is_object()) return wrong(report, path, value, "an object");
  for (const auto& member : value.get_object()) {
    const std::string at = below(path, member.key());
    if (form == FieldForm::AssignMap && !parse_assign_path(member.key())) {
      report.error(
          at, "ASSIGN_PATH_INVALID",
          format("`{}` is not a place that can be assigned", std::string_view(member.key())),
          "use payload.name, vars.name, local.name, meta.name, error.name, /pointer or a bare "
          "name");
    }
    if (form != FieldForm::MappingMap && !is_expression(member.value())) {
      report.error(at, "FIELD_INVALID", "expected an expression", "write {\"$expr\": \"…\"}");
    }
  }
}

void check_retry(const json::Value& value, const std::string& path, Report& report) {
  if (!value.is_object()) return wrong(report, path, value, "an object");
  check_fields(value.get_object(), kRetry, path, report);
  const auto attempts = json::int_at(value.get_object(), "maxAttempts");
  if (attempts && *attempts > limits::kAttemptsMax) {
    report.error(below(path, "maxAttempts"), "FIELD_INVALID",
                 format("at most {} attempts", limits::kAttemptsMax));
  }
}

void check_on_error(const json::Value& value, const std::string& path, Report& report) {
  static constexpr std::array<Field, 1> kOnError = {{{"policy", FieldForm::OnItemError, true}}};
  if (!value.is_object()) return wrong(report, path, value, "an object");
  check_fields(value.get_object(), kOnError, path, report);
}

void check_numbers(const json::Value& value, FieldForm form, const std::string& path,
                   Report& report) {
  switch (form) {
    case FieldForm::Positive:
      if (!check_whole(value, 1, kSafeInteger))
        report.error(path, "FIELD_INVALID", "expected a whole number above 0");
      return;
    case FieldForm::NonNegative:
      if (!check_whole(value, 0, kSafeInteger))
        report.error(path, "FIELD_INVALID", "expected a whole number, 0 or more");
      return;
    case FieldForm::Factor:
      if (!value.is_number() || json::as_double(value) <= 0)
        report.error(path, "FIELD_INVALID", "expected a number above 0");
      return;
    default:
      if (!check_whole(value, 1, kSafeInteger)) {
        report.error(path, "FIELD_INVALID", "expected milliseconds, a whole number above 0");
      } else if (json::as_double(value) > static_cast<double>(limits::kWaitMsMax)) {
        report.error(path, "FIELD_INVALID", "longer than ten years", "use a shorter duration");
      }
  }
}

void check_texts(const json::Value& value, const std::string& path, Report& report) {
  if (!value.is_array()) return wrong(report, path, value, "an array");
  for (std::size_t i = 0; i < value.get_array().size(); ++i) {
    check_text(value.get_array()[i], path + "/" + std::to_string(i), report);
  }
}

void check_form(const json::Value& value, FieldForm form, const std::string& path, Report& report) {
  static constexpr std::array<std::string_view, 2> kPolicies = {"fail", "continue"};
  static constexpr std::array<std::string_view, 2> kExecutions = {"short", "durable"};
  switch (form) {
    case FieldForm::Text:
      return check_text(value, path, report);
    case FieldForm::LongText:
      if (!value.is_string()) wrong(report, path, value, "a string");
      return;
    case FieldForm::Flag:
      if (!value.is_bool()) wrong(report, path, value, "true or false");
      return;
    case FieldForm::Positive:
    case FieldForm::NonNegative:
    case FieldForm::Factor:
    case FieldForm::DurationMs:
      return check_numbers(value, form, path, report);
    case FieldForm::Expr:
      if (!is_expression(value))
        report.error(path, "FIELD_INVALID", "expected an expression", "write {\"$expr\": \"…\"}");
      return;
    case FieldForm::ExprMap:
    case FieldForm::AssignMap:
    case FieldForm::MappingMap:
      return check_map(value, form, path, report);
    case FieldForm::AssignPath:
      check_text(value, path, report);
      if (value.is_string() && !value.get_string().empty() &&
          !parse_assign_path(json::view(value.get_string()))) {
        report.error(
            path, "ASSIGN_PATH_INVALID",
            format("`{}` is not a place that can be assigned", json::view(value.get_string())),
            "use payload.name, vars.name, local.name, meta.name, error.name, /pointer or a bare "
            "name");
      }
      return;
    case FieldForm::Identifier:
      check_text(value, path, report);
      if (value.is_string() && !value.get_string().empty() &&
          !is_identifier(json::view(value.get_string()))) {
        report.error(path, "FIELD_INVALID",
                     format("`{}` cannot be a variable's name", json::view(value.get_string())),
                     "use letters, digits and _, not beginning with a digit");
      } else if (value.is_string() && is_reserved_root(json::view(value.get_string()))) {
        report.error(
            path, "NAME_RESERVED",
            format("`{}` is a name that expressions already have", json::view(value.get_string())),
            "choose another name");
      }
      return;
    case FieldForm::Texts:
      return check_texts(value, path, report);
    case FieldForm::Steps:
    case FieldForm::Filters:
      if (!value.is_array()) wrong(report, path, value, "an array");
      return;
    case FieldForm::OnError:
      return check_on_error(value, path, report);
    case FieldForm::OnItemError:
      return check_choice(value, kPolicies, path, report);
    case FieldForm::Execution:
      return check_choice(value, kExecutions, path, report);
    case FieldForm::Retry:
      return check_retry(value, path, report);
    case FieldForm::Schema:
    case FieldForm::Config:
      if (!value.is_object()) wrong(report, path, value, "an object");
      return;
    case FieldForm::Any:
      return;
  }
}

}  // namespace

void Report::add(Finding finding) {
  if (findings_.size() < limits::kFindingsMax) {
    findings_.push_back(std::move(finding));
  } else {
    ++left_out_;
  }
}

std::vector<Finding> Report::take() {
  std::ranges::stable_sort(findings_, [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.severity, a.code) < std::tie(b.path, b.severity, b.code);
  });
  if (left_out_ > 0) {
    findings_.push_back({"root", Severity::Error, "FINDINGS_TOO_MANY",
                         format("{} more findings are not listed", left_out_), "mend these first"});
  }
  return std::move(findings_);
}

void check_fields(const json::Object& object, std::span<const Field> table, const std::string& path,
                  Report& report) {
  std::vector<std::string_view> names;
  for (const Field& field : table) names.push_back(field.name);
  for (const auto& member : object) {
    const auto field = std::ranges::find(table, std::string_view(member.key()), &Field::name);
    if (field == table.end()) {
      report.error(below(path, member.key()), "FIELD_UNKNOWN",
                   format("unknown field `{}`{}", std::string_view(member.key()),
                          did_you_mean(member.key(), names)),
                   "remove it or correct its name");
    } else {
      check_form(member.value(), field->form, below(path, member.key()), report);
    }
  }
  for (const Field& field : table) {
    if (field.is_required && !object.contains(field.name)) {
      report.error(path, "FIELD_MISSING", format("field `{}` is missing", field.name));
    }
  }
}

bool is_expression(const json::Value& value) {
  const json::Value* source = json::find(value, "$expr");
  return source != nullptr && source->is_string() && value.get_object().size() == 1;
}

bool is_secret(const json::Value& value) {
  const json::Value* name = json::find(value, "$secret");
  return name != nullptr && name->is_string() && value.get_object().size() == 1;
}

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_reserved_root(std::string_view name) {
  static constexpr std::array<std::string_view, 18> kReserved = {
      "payload", "vars",   "local", "meta", "error", "system", "item",  "index", "length",
      "isFirst", "isLast", "and",   "or",   "in",    "true",   "false", "null",  "function"};
  return std::ranges::find(kReserved, name) != kReserved.end();
}

}  // namespace fermata::definition
