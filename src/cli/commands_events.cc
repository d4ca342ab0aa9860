// Commands for events, dead letters and people's tasks.
#include <cstdio>

#include "cli/client.h"
#include "foundation/format.h"
#include "json/text.h"

namespace fermata::cli {

std::string percent_encode(std::string_view text) {
  std::string made;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
    made += is_plain ? std::string(1, c) : format("%{:02X}", static_cast<unsigned char>(c));
  }
  return made;
}

int run_events_send(const EventOptions& event) {
  const auto payload = read_object(event.payload);
  if (!payload.has_value()) return report(payload.error());
  json::Object body{{"eventName", event.name}, {"payload", *payload}};
  if (!event.id.empty()) body["eventId"] = event.id;
  if (!event.key.empty()) body["correlationKey"] = event.key;
  return print(call(event.server, {"POST", "/api/v1/events", json::to_text(body)}));
}

int run_events_explain(const TargetOptions& event) {
  return print(call(event.server,
                    {"GET", format("/api/v1/events/{}/explain", percent_encode(event.id)), ""}));
}

int run_workflows_pause(const WorkflowOptions& workflow, const std::string& verb) {
  const std::string path = format("/api/v1/workflows/{}/settings", percent_encode(workflow.id));
  return print(call(workflow.server,
                    {"PUT", path, json::to_text(json::Object{{"paused", verb == "pause"}})}));
}

int run_workflows_limit(const WorkflowOptions& workflow) {
  const std::string path = format("/api/v1/workflows/{}/settings", percent_encode(workflow.id));
  const json::Value limit =
      workflow.limit == 0 ? json::Value(nullptr) : json::Value(workflow.limit);
  return print(call(workflow.server,
                    {"PUT", path, json::to_text(json::Object{{"concurrencyLimit", limit}})}));
}

int run_clocks_preview(const PreviewOptions& preview) {
  std::string path =
      format("/api/v1/clocks/preview?cron={}&timezone={}&count={}", percent_encode(preview.cron),
             percent_encode(preview.timezone), preview.count);
  if (!preview.after.empty()) path += "&after=" + percent_encode(preview.after);
  return print(call(preview.server, {"GET", path, ""}));
}

int run_clocks_show(const TargetOptions& workflow) {
  return print(
      call(workflow.server,
           {"GET", format("/api/v1/workflows/{}/clock", percent_encode(workflow.id)), ""}));
}

int run_clocks_fires(const TargetOptions& workflow) {
  return print(call(
      workflow.server,
      {"GET", format("/api/v1/workflows/{}/fires?limit=500", percent_encode(workflow.id)), ""}));
}

int run_letters_list(const LettersOptions& letters) {
  const char* more = letters.has_all ? "&all=true" : "";
  return print(call(letters.server, {"GET", format("/api/v1/dead-letters?limit=500{}", more), ""}));
}

int run_letters_reprocess(const LettersOptions& letters) {
  std::vector<std::string> ids = letters.ids;
  if (ids.empty()) {
    const auto listed = call(letters.server, {"GET", "/api/v1/dead-letters?limit=500", ""});
    if (!listed.has_value()) return report(listed.error());
    for (const json::Value& letter : listed->at("items").get_array())
      ids.push_back(json::string_at(letter.get_object(), "letterId").value_or(""));
  }
  int code = 0;
  for (const std::string& id : ids) {
    const std::string path = format("/api/v1/dead-letters/{}/reprocess", percent_encode(id));
    const int one = print(call(letters.server, {"POST", path, "{}"}));
    if (one != 0) code = one;
  }
  return code;
}

int run_tasks_list(const InboxOptions& inbox) {
  std::string path = "/api/v1/tasks?limit=500";
  if (inbox.has_all) path += "&status=all";
  if (inbox.is_unclaimed) path += "&unclaimed=true";
  if (!inbox.claimed_by.empty()) path += "&claimedBy=" + percent_encode(inbox.claimed_by);
  if (!inbox.due_before.empty()) path += "&dueBefore=" + percent_encode(inbox.due_before);
  return print(call(inbox.server, {"GET", path, ""}));
}

int run_tasks_hand(const HandOptions& task, const std::string& verb) {
  return print(
      call(task.server, {"POST", format("/api/v1/tasks/{}/{}", percent_encode(task.id), verb),
                         json::to_text(json::Object{{"by", task.by}})}));
}

int run_tasks_answer(const AnswerOptions& answer) {
  const auto response = read_object(answer.response);
  if (!response.has_value()) return report(response.error());
  json::Object body{{"response", *response}};
  if (!answer.by.empty()) body["by"] = answer.by;
  if (answer.is_override) body["adminOverride"] = true;
  return print(call(
      answer.server,
      {"POST", format("/api/v1/tasks/{}/answer", percent_encode(answer.id)), json::to_text(body)}));
}

}  // namespace fermata::cli
