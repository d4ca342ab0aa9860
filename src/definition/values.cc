#include "definition/values.h"

#include <algorithm>
#include <array>

#include "definition/fields.h"

namespace fermata::definition {
namespace {

bool is_forbidden_segment(std::string_view segment) {
  return segment.empty() || segment == "__proto__" || segment == "prototype" ||
         segment == "constructor";
}

std::optional<AssignPath> from_pointer(std::string_view text) {
  AssignPath path;
  path.root = AssignRoot::Payload;
  path.source = text;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = text.find('/');
    std::string segment;
    const std::string_view raw = text.substr(0, end);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '~' && i + 1 < raw.size()) {
        segment.push_back(raw[++i] == '1' ? '/' : '~');
      } else {
        segment.push_back(raw[i]);
      }
    }
    if (is_forbidden_segment(segment)) return std::nullopt;
    path.segments.push_back(std::move(segment));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  }
  return path.segments.empty() ? std::nullopt : std::optional(std::move(path));
}

struct RootName {
  std::string_view name;
  AssignRoot root;
};
constexpr std::array<RootName, 5> kRoots = {{{"payload", AssignRoot::Payload},
                                             {"vars", AssignRoot::Vars},
                                             {"local", AssignRoot::Local},
                                             {"meta", AssignRoot::Meta},
                                             {"error", AssignRoot::Error}}};

}  // namespace

std::optional<AssignPath> parse_assign_path(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == '/') return from_pointer(text);
  AssignPath path;
  path.source = text;
  for (std::string_view rest = text;;) {
    const std::size_t dot = rest.find('.');
    path.segments.emplace_back(rest.substr(0, dot));
    if (is_forbidden_segment(path.segments.back())) return std::nullopt;
    if (dot == std::string_view::npos) break;
    rest = rest.substr(dot + 1);
  }
  const auto root =
      std::ranges::find(kRoots, std::string_view(path.segments.front()), &RootName::name);
  if (root == kRoots.end()) {
    // A bare name, or a path below one: vars.
    return is_identifier(path.segments.front()) && path.segments.front() != "system"
               ? std::optional(std::move(path))
               : std::nullopt;
  }
  if (path.segments.size() == 1) return std::nullopt;  // a whole scope is never replaced
  path.root = root->root;
  path.segments.erase(path.segments.begin());
  return path;
}

Expression compile_expression(const json::Value& value) {
  Expression expression;
  expression.source = json::to_std(value.at("$expr").get_string());
  expression.program = jsonata::compile(expression.source, {jsonata::Dialect::Workflow}).program;
  return expression;
}

std::vector<Assignment> compile_assignments(const json::Value* map) {
  std::vector<Assignment> list;
  if (map == nullptr) return list;
  for (const auto& member : map->get_object()) {
    list.push_back({parse_assign_path(member.key()).value_or(AssignPath{}),
                    compile_expression(member.value())});
  }
  return list;
}

std::vector<std::pair<std::string, Expression>> compile_expressions(const json::Value* map) {
  std::vector<std::pair<std::string, Expression>> list;
  if (map == nullptr) return list;
  for (const auto& member : map->get_object()) {
    list.emplace_back(std::string(member.key()), compile_expression(member.value()));
  }
  return list;
}

// Depth is that of the document, which json::parse bounds.
MappingValue compile_mapping(const json::Value& value) {
  MappingValue mapping;
  if (is_expression(value)) {
    mapping.kind = MappingValue::Kind::Expr;
    mapping.expression = compile_expression(value);
  } else if (is_secret(value)) {
    mapping.kind = MappingValue::Kind::Secret;
    mapping.secret = json::to_std(value.at("$secret").get_string());
  } else if (value.is_array()) {
    mapping.kind = MappingValue::Kind::Array;
    for (const json::Value& item : value.get_array())
      mapping.items.push_back(compile_mapping(item));
  } else if (value.is_object()) {
    mapping.kind = MappingValue::Kind::Object;
    for (const auto& member : value.get_object()) {
      mapping.keys.emplace_back(member.key());
      mapping.items.push_back(compile_mapping(member.value()));
    }
  } else {
    mapping.literal = value;
  }
  return mapping;
}

std::optional<RetryPolicy> compile_retry(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  const json::Object& object = value->get_object();
  RetryPolicy policy;
  policy.attempts_max = static_cast<std::uint32_t>(json::int_at(object, "maxAttempts").value_or(1));
  policy.backoff_ms = json::int_at(object, "backoffMs").value_or(0);
  if (const json::Value* factor = json::find(object, "backoffMultiplier"))
    policy.backoff_multiplier = json::as_double(*factor);
  policy.max_delay_ms = json::int_at(object, "maxDelayMs");
  policy.jitter = json::bool_at(object, "jitter").value_or(true);
  if (const json::Value* list = json::find(object, "retryOn")) {
    for (const json::Value& item : list->get_array())
      policy.retry_on.push_back(json::to_std(item.get_string()));
  }
  return policy;
}

OnError compile_on_error(const json::Value* value) {
  if (value == nullptr) return OnError::Fail;
  const json::Value* policy = value->is_object() ? json::find(*value, "policy") : value;
  return policy != nullptr && policy->is_string() && policy->get_string() == "continue"
             ? OnError::Continue
             : OnError::Fail;
}

}  // namespace fermata::definition
