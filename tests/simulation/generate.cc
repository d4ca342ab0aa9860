#include "generate.h"

#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::simulation {
namespace {

json::Value expr(std::string_view source) {
  return json::Object{{"$expr", source}};
}

// A grid of few instants, so that things meet.
std::int64_t instant(Random& random) {
  return static_cast<std::int64_t>(random.below(25)) * 20;
}
std::int64_t delay(Random& random) {
  return random.chance(40) ? 0 : instant(random);
}

// What readers do not take, what is nearly too deep or grows deeper, what is large, what is work.
const std::vector<std::string> kExtremes = {"$decodeUrlComponent('a%00b')",
                                            "{'\\ud800': '\\u0000'}",
                                            "$reduce([1..196], function($a, $b) { {'a': $a} }, 1)",
                                            "{'d': coalesce(vars.a, 0)}",
                                            "{'d': {'d': {'d': coalesce(vars.a, 0)}}}",
                                            "$pad('', 240000, 'x')",
                                            "[coalesce(vars.a, 0), coalesce(vars.n, 0)]",
                                            "$count($map([1..8000], function($i) { $i }))"};

class Maker {
 public:
  Maker(Random& random, bool has_children) : random_(random), has_children_(has_children) {}

  json::Value definition(std::string_view id) {
    json::Object made{
        {"id", id}, {"version", 1}, {"name", id}, {"payloadSchemaRef", "payload.Any.v1"}};
    if (random_.chance(15)) made["runTimeoutMs"] = 20 + instant(random_);
    json::Array steps = sequence(0);
    // Mostly there is something to work with, or most runs would end at once.
    if (random_.chance(80)) {
      steps.insert(
          steps.begin(),
          json::Object{
              {"id", "s0"},
              {"type", "transform.assign"},
              {"config", json::Object{{"assign", json::Object{{"vars.n", expr("1")},
                                                              {"vars.a", expr("{\"b\": 1}")},
                                                              {"vars.l", expr("[1, 2]")}}}}}});
    }
    made["steps"] = std::move(steps);
    return made;
  }

 private:
  json::Array sequence(std::size_t depth) {
    json::Array steps;
    const std::size_t count = depth == 0 ? 2 + random_.below(5) : random_.below(4);
    for (std::size_t i = 0; i < count && left_ > 0; ++i) {
      // At the root an error ends all: often there is something that takes it.
      if (depth == 0 && random_.chance(50)) {
        steps.push_back(try_catch(format("t{}", ++ids_), depth));
      } else {
        steps.push_back(step(depth));
      }
    }
    return steps;
  }

  json::Value step(std::size_t depth) {
    --left_;
    const std::string id = format("s{}", ++ids_);
    const bool is_deep = depth >= 4;
    switch (random_.below(is_deep ? 7 : 11)) {
      case 0:
      case 1:
        return action(id);
      case 2:
        return event_wait(id);
      case 3:
        return time_wait(id);
      case 4:
        return human_task(id);
      case 5:
        return random_.chance(50) ? assign(id) : state(id);
      case 6:
        return random_.chance(20)
                   ? json::Value(json::Object{{"id", id}, {"type", "control.return"}})
               : random_.chance(40) ? fail(id)
                                    : child(id);
      case 7:
      case 8:
        return try_catch(id, depth);
      case 9:
        return for_each(id, depth);
      default:
        return choice(id, depth);
    }
  }

  json::Value value() {
    static const std::vector<std::string> kSources = {"1",
                                                      "vars.n + 1",
                                                      "vars.a",
                                                      "payload.n",
                                                      "coalesce(vars.n, 0) + 1",
                                                      "error",
                                                      "coalesce(meta.state, 0)",
                                                      "coalesce(index, 7)",
                                                      "[1, 2, 3]",
                                                      "{\"x\": payload.n}",
                                                      "coalesce(vars.x1, 3)",
                                                      "$string(system.runId)",
                                                      "coalesce(vars.event.n, 1)",
                                                      "nowIso()",
                                                      "append(coalesce(vars.l, []), 1)"};
    return expr(random_.chance(4) ? random_.one_of(kExtremes) : random_.one_of(kSources));
  }
  json::Value assignments() {
    static const std::vector<std::string> kPaths = {"vars.n",    "vars.a",     "vars.l",
                                                    "payload.n", "n",          "/p/q",
                                                    "meta.note", "error.note", "vars.a.b"};
    json::Object map;
    for (std::size_t i = 0; i <= random_.below(2); ++i) map[random_.one_of(kPaths)] = value();
    return map;
  }
  json::Value assign(const std::string& id) {
    return json::Object{{"id", id},
                        {"type", "transform.assign"},
                        {"config", json::Object{{"assign", assignments()}}}};
  }
  json::Value state(const std::string& id) {
    return json::Object{
        {"id", id}, {"type", "state.set"}, {"config", json::Object{{"state", "S" + id}}}};
  }
  json::Value fail(const std::string& id) {
    return json::Object{
        {"id", id},
        {"type", "action.call"},
        {"config",
         json::Object{{"actionId", "workflow.fail"},
                      {"version", 1},
                      {"inputMapping", json::Object{{"message", "no"}, {"code", "NO_" + id}}}}}};
  }
  void policies(json::Object& step) {
    if (random_.chance(55)) {
      json::Object retry{{"maxAttempts", 1 + random_.below(4)}, {"backoffMs", delay(random_)}};
      if (random_.chance(60)) retry["jitter"] = false;
      if (random_.chance(30)) retry["maxDelayMs"] = 60;
      if (random_.chance(40)) retry["retryOn"] = json::Array{"TransientError", "BUSY"};
      step["retry"] = std::move(retry);
    }
    if (random_.chance(25)) step["onError"] = json::Object{{"policy", "continue"}};
    if (random_.chance(20)) step["timeoutMs"] = 20 + instant(random_);
  }
  // More than Temporal takes, of parts that are none too large.
  json::Value large_input() {
    json::Object input;
    for (int i = 0; i < 7; ++i) input[format("f{}", i)] = expr("$pad('', 250000, 'x')");
    return input;
  }
  json::Value action(const std::string& id) {
    const bool is_durable = random_.chance(20);
    json::Object config{{"actionId", is_durable ? "work" : "act"},
                        {"version", 1},
                        {"inputMapping", json::Object{{"n", value()}}}};
    if (random_.chance(2)) config["inputMapping"] = large_input();
    if (random_.chance(60)) config["saveAs"] = random_.chance(80) ? "vars.a" : "payload.n";
    if (random_.chance(15)) config["idempotencyKey"] = expr("\"key-\" & coalesce(vars.n, 0)");
    json::Object step{{"id", id}, {"type", "action.call"}};
    policies(step);
    step["config"] = std::move(config);
    return step;
  }
  json::Value event_wait(const std::string& id) {
    json::Object config{{"eventName", random_.chance(70) ? "E" : "F"},
                        {"correlationKey", expr(random_.chance(80) ? "'k'" : "payload.key")}};
    if (random_.chance(60)) config["timeoutMs"] = 20 + instant(random_);
    if (random_.chance(30)) config["lookbackMs"] = instant(random_);
    if (random_.chance(30)) {
      config["filters"] = json::Array{json::Object{
          {"path", "n"}, {"op", random_.chance(50) ? ">" : "!="}, {"value", random_.below(4)}}};
    }
    if (random_.chance(50)) config["assign"] = assignments();
    return json::Object{{"id", id}, {"type", "event.wait"}, {"config", std::move(config)}};
  }
  json::Value time_wait(const std::string& id) {
    json::Object config{{"mode", "duration"}, {"durationMs", 20 + instant(random_)}};
    if (random_.chance(20))
      config = {{"mode", "until"}, {"until", expr("$fromMillis($millis() + 40)")}};
    return json::Object{{"id", id}, {"type", "time.wait"}, {"config", std::move(config)}};
  }
  json::Value human_task(const std::string& id) {
    json::Object config{{"taskType", "t"}, {"title", expr("\"T\"")}};
    if (random_.chance(70)) config["timeoutMs"] = 20 + instant(random_);
    if (random_.chance(40)) config["assign"] = assignments();
    return json::Object{{"id", id}, {"type", "human.task"}, {"config", std::move(config)}};
  }
  json::Value child(const std::string& id) {
    if (!has_children_) return state(id);
    json::Object step{{"id", id},
                      {"type", "control.callWorkflow"},
                      {"workflowId", random_.chance(50) ? "c" : "d"},
                      {"workflowVersion", 1}};
    step["inputMapping"] = json::Object{{"n", value()}};
    if (random_.chance(50))
      step["outputMapping"] = json::Object{{"vars.n", expr("coalesce(childRun.vars.n, 5)")}};
    policies(step);
    return step;
  }
  json::Value try_catch(const std::string& id, std::size_t depth) {
    json::Object step{{"id", id}, {"type", "control.tryCatch"}};
    if (random_.chance(30)) step["captureErrorAs"] = "a";
    if (random_.chance(25)) step["catchOn"] = json::Array{"TimeoutError", "BUSY"};
    step["try"] = sequence(depth + 1);
    step["catch"] = sequence(depth + 1);
    if (random_.chance(40)) step["finally"] = sequence(depth + 1);
    return step;
  }
  json::Value for_each(const std::string& id, std::size_t depth) {
    static const std::vector<std::string> kItems = {"[1..3]", "[1, 2]", "[]", "payload.list",
                                                    "vars.l"};
    json::Object step{{"id", id}, {"type", "control.forEach"}};
    // Rarely long enough for a new history.
    const bool is_long = depth < 2 && random_.chance(1);
    step["items"] = expr(is_long ? "[1..140]" : random_.one_of(kItems));
    step["itemVar"] = format("x{}", depth);
    if (random_.chance(40)) step["onItemError"] = "continue";
    step["body"] = is_long ? json::Array{assign(id + "a"), state(id + "b")} : sequence(depth + 1);
    return step;
  }
  json::Value choice(const std::string& id, std::size_t depth) {
    static const std::vector<std::string> kConditions = {
        "true", "false", "coalesce(vars.n, 0) = 1", "vars.a = 1", "payload.n", "error != null"};
    json::Object step{
        {"id", id}, {"type", "control.if"}, {"condition", expr(random_.one_of(kConditions))}};
    step["then"] = sequence(depth + 1);
    if (random_.chance(50)) step["else"] = sequence(depth + 1);
    return step;
  }

  Random& random_;
  bool has_children_;
  std::size_t ids_ = 0;
  std::size_t left_ = 24;
};

json::Value answer_of_action(Random& random) {
  json::Object answer{{"delayMs", delay(random)}};
  if (random.chance(75)) {
    answer["result"] = random.below(3);
    return answer;
  }
  static const std::vector<std::string> kCategories = {"TransientError", "ActionError",
                                                       "ValidationError"};
  json::Object error{{"category", random.one_of(kCategories)}, {"message", "no"}};
  if (random.chance(40)) error["code"] = "BUSY";
  answer["error"] = std::move(error);
  if (random.chance(15)) answer["retryAfterMs"] = instant(random);
  return answer;
}

void paths_of_tasks(const json::Value& steps, const std::string& path, json::Array& found) {
  std::size_t index = 0;
  for (const json::Value& step : steps.as_array()) {
    const std::string place = format("{}.steps[{}]", path, index++);
    if (step.at("type") == "human.task") found.emplace_back(place);
    for (const char* branch : {"then", "else", "try", "catch", "finally", "body"}) {
      if (const json::Value* inner = json::find(step, branch))
        paths_of_tasks(*inner, place + "." + branch, found);
    }
  }
}

// As a reader of text would have it: sizes become numbers like others.
json::Value as_read(const json::Value& value) {
  return json::parse(json::to_text(value)).value();
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

Generated generate_definition(Random& random) {
  Generated generated;
  generated.definition = as_read(Maker(random, true).definition("w"));
  generated.children["c@1"] = as_read(Maker(random, false).definition("c"));
  generated.children["d@1"] = as_read(Maker(random, false).definition("d"));
  return generated;
}

json::Value generate_fixtures(Random& random, const Generated& generated) {
  json::Object actions;
  for (const char* name : {"act@1", "work@1"}) {
    json::Array answers;
    for (std::size_t i = 0; i <= random.below(5); ++i) answers.push_back(answer_of_action(random));
    actions[name] = std::move(answers);
  }
  json::Array events;
  for (std::size_t i = 0; i < random.below(8); ++i) {
    events.push_back(json::Object{{"atMs", instant(random)},
                                  {"eventId", format("e{}", random.below(6))},
                                  {"eventName", random.chance(70) ? "E" : "F"},
                                  {"correlationKey", random.chance(85) ? "k" : "other"},
                                  {"payload", json::Object{{"n", random.below(5)}}}});
  }
  json::Array tasks;
  paths_of_tasks(generated.definition.at("steps"), "root", tasks);
  json::Array answers;
  for (std::size_t i = 0; !tasks.empty() && i < random.below(5); ++i) {
    answers.push_back(json::Object{{"atMs", instant(random)},
                                   {"stepPath", tasks[random.below(tasks.size())]},
                                   {"response", json::Object{{"n", random.below(3)}}}});
  }
  json::Object fixtures{{"actions", std::move(actions)},
                        {"events", std::move(events)},
                        {"answers", std::move(answers)},
                        {"children", generated.children}};
  if (random.chance(15)) fixtures["cancelAtMs"] = instant(random);
  if (random.chance(12)) {
    const std::int64_t at = instant(random);
    json::Object pause{{"atMs", at}};
    if (random.chance(80)) pause["resumeAtMs"] = at + delay(random);
    fixtures["pauses"] = json::Array{std::move(pause)};
  }
  return as_read(fixtures);
}

}  // namespace fermata::simulation
