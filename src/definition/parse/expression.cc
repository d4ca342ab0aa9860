// Expressions: {"$expr": "…"}, compiled as it is read.

#include "definition/parse/context.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::string_view kForm = "write {\"$expr\": \"…\"} around the expression";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void report_failure(Context& context, const Spot& spot, const std::string& source,
                    const jsonata::Failure& failure) {
  // The engine appends its suggestion to the sentence; findings keep the two apart.
  constexpr std::string_view kSuggestion = ", did you mean ";
  std::string message = failure.message;
  std::string help = "correct the expression";
  std::string fix;
  if (const std::size_t at = message.find(kSuggestion); at != std::string::npos) {
    help = message.substr(at + 2) + "?";
    const std::size_t mark = message.find('`', at) + 1;
    fix = message.substr(mark, message.rfind('`') - mark);
    message.erase(at);
  }
  context.findings.error(
      {spot.path, jsonata::span_of(failure, source), std::move(fix)}, "EXPRESSION_INVALID",
      format("{} ({}, near character {})", message, failure.code, failure.position),
      std::move(help));
}

const jsonata::Compiled& compiled(Context& context, const std::string& source) {
  const auto found = context.compiled.find(source);
  if (found != context.compiled.end()) return found->second;
  auto made = jsonata::compile(source, {jsonata::Dialect::Workflow});
  return context.compiled.emplace(source, std::move(made)).first->second;
}

// The text behind $expr, or a finding.
std::optional<std::string> source_of(Context& context, const json::Value& value,
                                     const std::string& path) {
  if (!value.is_object() || json::find(value, "$expr") == nullptr) {
    context.findings.error(
        path, "FIELD_TYPE",
        format("expected an expression, got {}", with_article(json::type_name(value))),
        value.is_null() ? "leave the field out instead of writing null" : std::string(kForm));
    return std::nullopt;
  }
  Reader reader(value.get_object(), {"an expression", path}, context.findings);
  const json::Value& text = *reader.value("$expr");
  reader.finish();
  if (!text.is_string()) {
    report_type(context.findings, path, "the text of an expression", text);
    return std::nullopt;
  }
  return json::to_std(text.get_string());
}

}  // namespace

Expression read_expression(Context& context, const json::Value& value, const Spot& spot) {
  Expression out;
  auto source = source_of(context, value, spot.path);
  if (!source) return out;
  out.source = std::move(*source);
  if (is_blank(out.source)) {
    context.findings.error(spot.path, "EXPRESSION_INVALID", "the expression is empty",
                           "write an expression, or leave the field out");
  } else if (out.source.size() > limits::kExpressionSourceBytesMax) {
    context.findings.error(spot.path, "EXPRESSION_INVALID",
                           format("the expression has {} bytes, at most {} are allowed",
                                  out.source.size(), limits::kExpressionSourceBytesMax),
                           "split it over several transform.assign entries");
  } else {
    const jsonata::Compiled& result = compiled(context, out.source);
    out.program = result.program;
    if (result.failure) report_failure(context, spot, out.source, *result.failure);
  }
  context.draft.expressions.push_back({context.step, spot.path, spot.role, out});
  return out;
}

std::optional<Expression> read_expression(Context& context, Reader& reader, std::string_view key,
                                          ExpressionRole role) {
  const json::Value* value = reader.value(key);
  if (value == nullptr) return std::nullopt;
  return read_expression(context, *value, {reader.path_of(key), role});
}

Expression need_expression(Context& context, Reader& reader, std::string_view key,
                           ExpressionRole role) {
  const json::Value* value = reader.value(key, Need::Required);
  if (value == nullptr) return {};
  return read_expression(context, *value, {reader.path_of(key), role});
}

std::vector<std::pair<std::string, Expression>> read_expressions(Context& context, Reader& reader,
                                                                 std::string_view key,
                                                                 ExpressionRole role) {
  std::vector<std::pair<std::string, Expression>> out;
  const json::Object* map = reader.object(key);
  if (map == nullptr) return out;
  const Reader entries(*map, {"the map", reader.path_of(key)}, context.findings);
  for (const auto& member : *map) {
    const std::string name(member.key().data(), member.key().size());
    out.emplace_back(name, read_expression(context, member.value(), {entries.path_of(name), role}));
  }
  return out;
}

}  // namespace fermata::definition
