// The steps that wait: event.wait, time.wait, human.task.

#include <algorithm>
#include <array>

#include "definition/parse/steps.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

struct FilterWord {
  std::string_view word;
  FilterOp op;
};
constexpr std::array kFilterWords = {FilterWord{"=", FilterOp::Equal},
                                     FilterWord{"!=", FilterOp::NotEqual},
                                     FilterWord{"in", FilterOp::In},
                                     FilterWord{"not_in", FilterOp::NotIn},
                                     FilterWord{"exists", FilterOp::Exists},
                                     FilterWord{"not_exists", FilterOp::NotExists},
                                     FilterWord{">", FilterOp::Greater},
                                     FilterWord{">=", FilterOp::GreaterEqual},
                                     FilterWord{"<", FilterOp::Less},
                                     FilterWord{"<=", FilterOp::LessEqual},
                                     FilterWord{"contains", FilterOp::Contains},
                                     FilterWord{"starts_with", FilterOp::StartsWith},
                                     FilterWord{"ends_with", FilterOp::EndsWith}};

constexpr std::string_view kCode = "INVALID_EVENT_FILTER";

bool is_scalar(const json::Value& value) {
  return !value.is_array() && !value.is_object();
}

// What the operator wants of the value, in words; empty when the value fits.
std::string_view misfit(FilterOp op, const json::Value* value) {
  switch (op) {
    case FilterOp::Exists:
    case FilterOp::NotExists:
      return value == nullptr ? "" : "takes no `value`";
    case FilterOp::In:
    case FilterOp::NotIn: {
      const bool fits = value != nullptr && value->is_array() &&
                        std::ranges::all_of(value->get_array(), is_scalar);
      return fits ? "" : "needs a `value` that is a list of strings, numbers or booleans";
    }
    case FilterOp::Contains:
    case FilterOp::StartsWith:
    case FilterOp::EndsWith:
      return value != nullptr && value->is_string() ? "" : "needs a `value` that is a string";
    case FilterOp::Greater:
    case FilterOp::GreaterEqual:
    case FilterOp::Less:
    case FilterOp::LessEqual:
      return value != nullptr && (value->is_number() || value->is_string())
                 ? ""
                 : "needs a `value` that is a number";
    case FilterOp::Equal:
    case FilterOp::NotEqual:
      return value != nullptr && is_scalar(*value)
                 ? ""
                 : "needs a `value` that is a string, number, boolean or null";
  }
  return "";
}

std::vector<std::string> filter_path(std::string_view text) {
  if (text.starts_with("$.")) text.remove_prefix(2);
  if (text.starts_with(".")) text.remove_prefix(1);
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t dot = text.find('.');
    parts.emplace_back(text.substr(0, dot));
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  }
  return parts;
}

EventFilter read_filter(Reader& fields) {
  EventFilter filter;
  filter.source_path = fields.text("path");
  filter.path = filter_path(filter.source_path);
  const bool has_gap = std::ranges::any_of(filter.path, &std::string::empty);
  if (!filter.source_path.empty() && (filter.path.empty() || has_gap)) {
    fields.findings().error(fields.path_of("path"), kCode,
                            format("`{}` is not a path", filter.source_path),
                            "write field names joined by dots, such as `comment.isInternal`");
  }
  const std::string word = fields.text("op");
  const json::Value* value = fields.value("value");
  const auto found = std::ranges::find(kFilterWords, word, &FilterWord::word);
  if (found == kFilterWords.end()) {
    if (word.empty()) return filter;
    std::vector<std::string_view> words;
    for (const FilterWord& known : kFilterWords) words.push_back(known.word);
    fields.findings().error(fields.path_of("op"), kCode, format("`{}` is not an operator", word),
                            did_you_mean(word, std::span<const std::string_view>(words),
                                         "the operators are = != in not_in exists not_exists > "
                                         ">= < <= contains starts_with ends_with"));
    return filter;
  }
  filter.op = found->op;
  if (value != nullptr) filter.value = *value;
  if (const std::string_view why = misfit(filter.op, value); !why.empty()) {
    fields.findings().error(fields.path_of("value"), kCode, format("operator `{}` {}", word, why),
                            "change the value or the operator");
  }
  return filter;
}

std::vector<EventFilter> read_filters(Reader& config) {
  std::vector<EventFilter> out;
  const json::Array* list = config.array("filters");
  if (list == nullptr) return out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::Value& item = (*list)[i];
    std::string path = format("{}/{}", config.path_of("filters"), i);
    if (!item.is_object()) {
      report_type(config.findings(), path, "a filter object", item);
      continue;
    }
    Reader fields(item.get_object(), {"an event filter", std::move(path)}, config.findings());
    out.push_back(read_filter(fields));
    fields.finish();
  }
  return out;
}

}  // namespace

std::string_view word_of(FilterOp op) {
  const auto found = std::ranges::find(kFilterWords, op, &FilterWord::op);
  return found == kFilterWords.end() ? std::string_view() : found->word;
}

namespace {

void refuse_outer_timeout(StepReading& reading) {
  reading.fields.refuse("timeoutMs", "a wait's `timeoutMs` belongs into its config",
                        "move it to `config.timeoutMs`");
}

}  // namespace

void read_event_wait(StepReading& reading) {
  refuse_policies(reading, {"retry", "onError"});
  refuse_outer_timeout(reading);
  auto fields = config_of(reading);
  if (!fields) return;
  EventWaitStep config;
  config.event_name = fields->text("eventName");
  config.correlation_key =
      need_expression(reading.context, *fields, "correlationKey", ExpressionRole::Key);
  config.filters = read_filters(*fields);
  config.timeout_ms = fields->whole("timeoutMs", {1, limits::kWaitMsMax});
  config.lookback_ms = fields->whole("lookbackMs", {0, limits::kWaitMsMax}).value_or(0);
  config.assign = read_assignments(reading.context, *fields, "assign");
  fields->finish();
  reading.step.config = std::move(config);
}

void read_time_wait(StepReading& reading) {
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  auto fields = config_of(reading);
  if (!fields) return;
  TimeWaitStep config;
  const bool has_mode = fields->value("mode", Need::Required) != nullptr;
  const bool is_until = fields->word("mode", {"duration", "until"}) == "until";
  const Need duration_need = has_mode && !is_until ? Need::Required : Need::Optional;
  const auto duration = fields->whole("durationMs", {1, limits::kWaitMsMax}, duration_need);
  const Need until_need = has_mode && is_until ? Need::Required : Need::Optional;
  if (fields->value("until", until_need) != nullptr) {
    auto until = read_expression(reading.context, *fields, "until", ExpressionRole::Instant);
    if (is_until) config.until = std::move(until);
  }
  if (!is_until) config.duration_ms = duration;
  config.assign = read_assignments(reading.context, *fields, "assign");
  fields->finish();
  reading.step.config = std::move(config);
}

void read_human_task(StepReading& reading) {
  refuse_policies(reading, {"retry", "onError"});
  refuse_outer_timeout(reading);
  auto fields = config_of(reading);
  if (!fields) return;
  Context& context = reading.context;
  HumanTaskStep config;
  config.task_type = fields->text("taskType");
  config.title = need_expression(context, *fields, "title", ExpressionRole::Text);
  config.description = read_expression(context, *fields, "description", ExpressionRole::Text);
  config.context_data = read_expressions(context, *fields, "contextData", ExpressionRole::Input);
  if (const json::Object* schema = fields->object("formSchema")) config.form_schema = *schema;
  config.due_at = read_expression(context, *fields, "dueAt", ExpressionRole::Instant);
  config.timeout_ms = fields->whole("timeoutMs", {1, limits::kWaitMsMax});
  config.assign = read_assignments(context, *fields, "assign");
  fields->finish();
  reading.step.config = std::move(config);
}

void read_state_set(StepReading& reading) {
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  auto fields = config_of(reading);
  if (!fields) return;
  reading.step.config = StateSetStep{fields->text("state")};
  fields->finish();
}

void read_assign(StepReading& reading) {
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  auto fields = config_of(reading);
  if (!fields) return;
  reading.step.config =
      AssignStep{read_assignments(reading.context, *fields, "assign", Need::Required)};
  fields->finish();
}

}  // namespace fermata::definition
