#include "service/run_filter.h"

#include <algorithm>
#include <array>

#include "calendar/instant.h"
#include "foundation/format.h"

namespace fermata::service {
namespace {

constexpr std::array<std::string_view, 6> kStatuses = {"RUNNING",   "WAITING", "PAUSED",
                                                       "SUCCEEDED", "FAILED",  "CANCELED"};

Error wrong(const std::string& message, const std::string& help = "") {
  return make_error(ErrorKind::Invalid, "QUERY_INVALID", message, help);
}

Result<std::vector<std::string>> statuses_of(const json::Value& written) {
  std::vector<std::string> statuses;
  if (written.is_string()) {
    statuses = split_words(std::string(written.get_string()));
  } else if (written.is_array()) {
    for (const json::Value& word : written.get_array()) {
      if (!word.is_string()) return wrong("status: expected texts");
      statuses.emplace_back(word.get_string());
    }
  } else {
    return wrong("status: expected a list of texts");
  }
  std::ranges::sort(statuses);
  const auto repeated = std::ranges::unique(statuses);
  statuses.erase(repeated.begin(), repeated.end());
  for (const std::string& status : statuses) {
    if (std::ranges::find(kStatuses, status) == kStatuses.end())
      return wrong(format("status: there is no `{}`", status),
                   "RUNNING, WAITING, PAUSED, SUCCEEDED, FAILED or CANCELED, with commas");
  }
  return statuses;
}

// Its members that are texts.
using TextMember = std::optional<std::string> store::RunFilter::*;
constexpr std::array<std::pair<std::string_view, TextMember>, 5> kTexts = {
    {{"workflowId", &store::RunFilter::workflow_id},
     {"triggerType", &store::RunFilter::trigger_type},
     {"parentRunId", &store::RunFilter::parent_run_id},
     {"rootRunId", &store::RunFilter::root_run_id},
     {"search", &store::RunFilter::search}}};
using TimeMember = std::optional<TimeMs> store::RunFilter::*;
constexpr std::array<std::pair<std::string_view, TimeMember>, 2> kTimes = {
    {{"from", &store::RunFilter::started_from}, {"to", &store::RunFilter::started_before}}};

Result<void> read_member(store::RunFilter& filter, std::string_view name,
                         const json::Value& value) {
  if (name == "status") {
    TRY(filter.statuses, statuses_of(value));
    return {};
  }
  if (!value.is_string()) return wrong(format("{}: expected a text", name));
  const std::string text(value.get_string());
  for (const auto& [word, member] : kTexts) {
    if (word != name) continue;
    if (!text.empty()) filter.*member = text;
    return {};
  }
  for (const auto& [word, member] : kTimes) {
    if (word != name) continue;
    filter.*member = calendar::parse_instant(text);
    if (filter.*member) return {};
    return wrong(format("{}: expected an instant, got `{}`", name, text),
                 "write it as 2026-03-01T10:00:00Z");
  }
  return wrong(format("`{}` is nothing that runs are found by", name),
               "workflowId, status, triggerType, parentRunId, rootRunId, search, from or to");
}

}  // namespace

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

Result<store::RunFilter> read_run_filter(const json::Object& written) {
  store::RunFilter filter;
  for (const auto& member : written)
    TRY_DO(read_member(filter, std::string(member.key()), member.value()));
  return filter;
}

json::Object write_run_filter(const store::RunFilter& filter) {
  json::Object written;
  for (const auto& [word, member] : kTexts)
    if (filter.*member) written[word] = *(filter.*member);
  for (const auto& [word, member] : kTimes)
    if (filter.*member) written[word] = calendar::format_instant(*(filter.*member));
  if (!filter.statuses.empty()) {
    json::Array statuses;
    for (const std::string& status : filter.statuses) statuses.emplace_back(status);
    written["status"] = std::move(statuses);
  }
  return written;
}

}  // namespace fermata::service
