// Every {"$expr"} compiles, every {"$secret"} names a secret that can exist.
#include <algorithm>

#include "definition/check/rules.h"
#include "definition/suggest.h"
#include "foundation/format.h"
#include "json/pointer.h"

namespace fermata::definition {
namespace {

bool is_secret_name(std::string_view name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !name.empty() && name.size() <= 255 && is_upper(name.front()) &&
         std::ranges::all_of(
             name, [&](char c) { return is_upper(c) || c == '_' || (c >= '0' && c <= '9'); });
}

void check_expression(const json::Value& value, const std::string& path, Report& report) {
  const std::string source = json::to_std(value.at("$expr").get_string());
  if (source.find_first_not_of(" \t\r\n") == std::string::npos) {
    report.error(path, "EXPRESSION_INVALID", "the expression is empty",
                 "write an expression or remove the field");
    return;
  }
  const auto compiled = jsonata::compile(source, {jsonata::Dialect::Workflow});
  if (!compiled.failure) return;
  report.error(path, "EXPRESSION_INVALID",
               format("{} ({}, position {})", compiled.failure->message, compiled.failure->code,
                      compiled.failure->position),
               "see the reference of expressions");
}

void check_secret(const RuleInput& input, const json::Value& value, const std::string& path,
                  Report& report) {
  const std::string name = json::to_std(value.at("$secret").get_string());
  if (!is_secret_name(name)) {
    report.error(path, "SECRET_NAME_INVALID", format("`{}` cannot be a secret's name", name),
                 "use capitals, digits and _, beginning with a letter");
  } else if (input.context.secrets &&
             std::ranges::find(*input.context.secrets, name) == input.context.secrets->end()) {
    const std::vector<std::string_view> known(input.context.secrets->begin(),
                                              input.context.secrets->end());
    report.error(path, "SECRET_UNKNOWN",
                 format("there is no secret `{}`{}", name, did_you_mean(name, known)),
                 "create it first");
  }
}

}  // namespace

void check_expressions(const RuleInput& input, Report& report) {
  struct Place {
    const json::Value* value;
    std::string path;
  };
  for (const Visit& visit : input.walk.visits) {
    if (visit.shape == nullptr) continue;
    std::vector<Place> todo;
    for (const auto& member : *visit.step) {
      const std::string_view key = member.key();
      // Branches are visited as steps of their own; a form is a schema, in which `$expr` would mean
      // nothing.
      const bool is_branch = std::ranges::any_of(visit.shape->branches,
                                                 [&](const Branch& b) { return b.name == key; });
      std::string path = visit.path;
      json::append_token(path, key);
      if (!is_branch) todo.push_back({&member.value(), path});
    }
    while (!todo.empty()) {
      const Place at = todo.back();
      todo.pop_back();
      if (is_expression(*at.value)) {
        check_expression(*at.value, at.path, report);
      } else if (is_secret(*at.value)) {
        check_secret(input, *at.value, at.path, report);
      } else if (at.value->is_array()) {
        for (std::size_t i = 0; i < at.value->get_array().size(); ++i) {
          todo.push_back({&at.value->get_array()[i], at.path + "/" + std::to_string(i)});
        }
      } else if (at.value->is_object() && !at.path.ends_with("/formSchema")) {
        for (const auto& member : at.value->get_object()) {
          std::string path = at.path;
          json::append_token(path, member.key());
          if (std::string_view(member.key()).starts_with('$')) {
            report.warning(
                path, "SPECIAL_KEY_UNKNOWN",
                format("`{}` has no special meaning here", std::string_view(member.key())),
                "an expression is exactly {\"$expr\": \"…\"}, a secret exactly {\"$secret\": "
                "\"NAME\"}");
          }
          todo.push_back({&member.value(), path});
        }
      }
    }
  }
}

}  // namespace fermata::definition
