#include "definition/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "json/parse.h"

namespace fermata::definition {
namespace {

class Actions final : public ActionCatalog {
 public:
  Actions() {
    spec_.id = "http.request";
    spec_.input_schema = *json::parse(
        R"({"type":"object","required":["url"],"additionalProperties":false,"properties":{"url":{"type":"string"},"method":{"type":"string"}}})");
  }
  [[nodiscard]] const ActionSpec* find(std::string_view id, int version) const override {
    return id == spec_.id && version == spec_.version ? &spec_ : nullptr;
  }
  [[nodiscard]] std::vector<const ActionSpec*> all() const override { return {&spec_}; }

 private:
  ActionSpec spec_;
};

class Schemas final : public SchemaCatalog {
 public:
  [[nodiscard]] std::optional<json::Value> payload_schema(std::string_view ref) const override {
    return ref == "payload.Any.v1" ? std::optional(json::Value(true)) : std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> payload_schema_refs() const override {
    return {"payload.Any.v1"};
  }
  [[nodiscard]] std::optional<std::string> event_payload_ref(std::string_view name) const override {
    return name == "ORDER_PLACED" ? std::optional<std::string>("payload.Any.v1") : std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> event_names() const override { return {"ORDER_PLACED"}; }
};

Checked check_text(const std::string& text, TextFormat format = TextFormat::Json) {
  static const Actions kActions;
  static const Schemas kSchemas;
  const auto document = read_document(text, format);
  EXPECT_TRUE(document.has_value()) << document.error().message;
  return check(*document,
               {kActions, kSchemas, 1'700'000'000'000, std::vector<std::string>{"CRM_KEY"}});
}

std::string with_steps(const std::string& steps, const std::string& more = "") {
  return R"({"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Any.v1",)" + more +
         R"("steps":[)" + steps + "]}";
}

// "code@path" of every finding.
std::vector<std::string> findings_of(const std::string& steps, const std::string& more = "") {
  std::vector<std::string> all;
  for (const Finding& finding : check_text(with_steps(steps, more)).findings)
    all.push_back(finding.code + "@" + finding.path);
  return all;
}

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(DefinitionCheck, AcceptsEveryStepTypeAndCompilesIt) {
  const Checked checked = check_text(with_steps(R"j(
    {"id":"a","type":"control.if","condition":{"$expr":"payload.x"},"then":[{"id":"b","type":"control.return"}],"else":[]},
    {"id":"c","type":"control.forEach","items":{"$expr":"payload.l"},"itemVar":"line","concurrency":1,"onItemError":"continue","body":[
      {"id":"d","type":"state.set","config":{"state":"X"}}]},
    {"id":"e","type":"control.tryCatch","captureErrorAs":"why","catchOn":["TimeoutError"],"try":[],"catch":[],"finally":[]},
    {"id":"f","type":"control.callWorkflow","workflowId":"other","workflowVersion":2,"inputMapping":{"x":{"$expr":"1"}},"outputMapping":{"vars.y":{"$expr":"childRun.vars.y"}}},
    {"id":"g","type":"action.call","execution":"durable","timeoutMs":1000,"retry":{"maxAttempts":3,"backoffMs":10},"onError":{"policy":"continue"},
      "config":{"actionId":"http.request","version":1,"inputMapping":{"url":"http://x","method":{"$secret":"CRM_KEY"}},"saveAs":"vars.r","idempotencyKey":{"$expr":"payload.id"}}},
    {"id":"h","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"payload.id"},"filters":[{"path":"$.a.b","op":"in","value":[1,2]}],"timeoutMs":5,"lookbackMs":0}},
    {"id":"i","type":"time.wait","config":{"mode":"until","until":{"$expr":"payload.at"}}},
    {"id":"j","type":"human.task","config":{"taskType":"approval","title":{"$expr":"'t'"},"formSchema":{"type":"object"}}},
    {"id":"k","type":"transform.assign","config":{"assign":{"vars.n":{"$expr":"1"},"/a~1b/c":{"$expr":"2"},"plain":{"$expr":"3"}}}})j"));
  ASSERT_THAT(checked.findings, testing::IsEmpty());
  ASSERT_NE(checked.program, nullptr);
  EXPECT_EQ(checked.program->steps.size(), 11U);
  EXPECT_EQ(checked.program->steps[1].path.text, "root.steps[0].then.steps[0]");
  EXPECT_EQ(checked.program->step_at(StepPath("root.steps[1].body.steps[0]")), 3U);
  const auto& call = std::get<ActionCallStep>(checked.program->steps[6].config);
  EXPECT_EQ(call.execution, ExecutionClass::Durable);
  EXPECT_EQ(call.retry->attempts_max, 3U);
  const auto& assign = std::get<AssignStep>(checked.program->steps[10].config);
  EXPECT_EQ(assign.assign[1].path.root, AssignRoot::Payload);
  EXPECT_EQ(assign.assign[1].path.segments, (std::vector<std::string>{"a/b", "c"}));
  EXPECT_EQ(assign.assign[2].path.root, AssignRoot::Vars);
}

TEST(DefinitionCheck, ReportsAllFindingsAtOnceSortedByPath) {
  EXPECT_THAT(
      findings_of(
          R"j({"id":"a","type":"control.iff"},{"id":"a","type":"state.set","config":{"stat":"X"}},7)j"),
      ElementsAre("STEP_TYPE_UNKNOWN@root.steps[0]/type", "FIELD_MISSING@root.steps[1]/config",
                  "FIELD_UNKNOWN@root.steps[1]/config/stat", "STEP_ID_DUPLICATE@root.steps[1]/id",
                  "FIELD_INVALID@root.steps[2]"));
}

TEST(DefinitionCheck, SuggestsWhatWasMeant) {
  const Checked checked = check_text(with_steps(
      R"j({"id":"a","type":"action.call","config":{"actionId":"http.requst","version":1}})j"));
  ASSERT_EQ(checked.findings.size(), 1U);
  EXPECT_THAT(checked.findings[0].message, HasSubstr("did you mean `http.request`"));
  EXPECT_EQ(checked.program, nullptr);
}

TEST(DefinitionCheck, RefusesConcurrencyWithTheReason) {
  const Checked checked = check_text(with_steps(
      R"j({"id":"a","type":"control.forEach","items":{"$expr":"[]"},"itemVar":"x","concurrency":4,"body":[]})j"));
  ASSERT_EQ(checked.findings.size(), 1U);
  EXPECT_EQ(checked.findings[0].code, "LOOP_CONCURRENCY_UNSUPPORTED");
  EXPECT_EQ(checked.findings[0].message,
            "concurrency 4 is not supported, iterations run one after another");
}

TEST(DefinitionCheck, NullIsNotAbsent) {
  EXPECT_THAT(findings_of(R"j({"id":"a","type":"control.return","name":null})j"),
              ElementsAre("FIELD_INVALID@root.steps[0]/name"));
  EXPECT_THAT(findings_of("", R"("trigger":null,)"), Contains("FIELD_INVALID@root/trigger"));
}

TEST(DefinitionCheck, JudgesActionsAndTheirInput) {
  EXPECT_THAT(
      findings_of(
          R"j({"id":"a","type":"action.call","config":{"actionId":"http.request","version":2}})j"),
      ElementsAre("ACTION_UNKNOWN@root.steps[0]/config/version"));
  EXPECT_THAT(
      findings_of(
          R"j({"id":"a","type":"action.call","config":{"actionId":"http.request","version":1,"inputMapping":{"methd":"GET","method":5}}})j"),
      ElementsAre("ACTION_INPUT_MISSING@root.steps[0]/config/inputMapping",
                  "ACTION_INPUT_UNKNOWN@root.steps[0]/config/inputMapping/methd",
                  "ACTION_INPUT_TYPE@root.steps[0]/config/inputMapping/method"));
}

TEST(DefinitionCheck, JudgesExpressionsAndSecretsWithTheirPlace) {
  EXPECT_THAT(
      findings_of(
          R"j({"id":"a","type":"control.if","condition":{"$expr":"payload. ="},"then":[]})j"),
      ElementsAre("EXPRESSION_INVALID@root.steps[0]/condition"));
  EXPECT_THAT(
      findings_of(
          R"j({"id":"a","type":"transform.assign","config":{"assign":{"vars.__proto__.x":{"$expr":"$random()"}}}})j"),
      ElementsAre("ASSIGN_PATH_INVALID@root.steps[0]/config/assign/vars.__proto__.x",
                  "EXPRESSION_INVALID@root.steps[0]/config/assign/vars.__proto__.x"));
  EXPECT_THAT(
      findings_of(
          R"j({"id":"a","type":"action.call","config":{"actionId":"http.request","version":1,"inputMapping":{"url":{"$secret":"crm"},"method":{"$secret":"CRM_KEYS"}}}})j"),
      ElementsAre("SECRET_UNKNOWN@root.steps[0]/config/inputMapping/method",
                  "SECRET_NAME_INVALID@root.steps[0]/config/inputMapping/url"));
}

TEST(DefinitionCheck, JudgesWaitsAndTriggers) {
  EXPECT_THAT(findings_of(R"j({"id":"a","type":"time.wait","config":{"mode":"duration"}},
                             {"id":"b","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"1"},"filters":[{"path":"a","op":"exists","value":1},{"path":"a","op":"~"}]}})j"),
              ElementsAre("FIELD_MISSING@root.steps[0]/config",
                          "FILTER_INVALID@root.steps[1]/config/filters/0/value",
                          "FILTER_INVALID@root.steps[1]/config/filters/1/op"));
  EXPECT_THAT(findings_of("", R"("trigger":{"type":"event","eventName":"ORDER_PLACD"},)"),
              Contains("EVENT_UNKNOWN@root/trigger/eventName"));
  EXPECT_THAT(
      findings_of(
          "", R"("trigger":{"type":"recurring","cron":"60 * * * *","timezone":"Europe Berlin"},)"),
      testing::IsSupersetOf({"TRIGGER_CRON_INVALID@root/trigger/cron",
                             "TRIGGER_ZONE_INVALID@root/trigger/timezone",
                             "TRIGGER_PAYLOAD_FIXED@root/payloadSchemaRef"}));
  EXPECT_THAT(findings_of("", R"("trigger":{"type":"schedule","runAt":"2020-01-01T00:00:00Z"},)"),
              Contains("TRIGGER_TIME_INVALID@root/trigger/runAt"));
}

TEST(DefinitionCheck, WarnsOfWhatIsLegalButOdd) {
  const Checked checked = check_text(with_steps(
      R"j({"id":"a","type":"control.return"},{"id":"b","type":"state.set","config":{"state":"X"}})j"));
  ASSERT_EQ(checked.findings.size(), 1U);
  EXPECT_EQ(checked.findings[0].code, "STEP_UNREACHABLE");
  EXPECT_NE(checked.program, nullptr);
}

TEST(DefinitionLimits, TenThousandNestedIfsAreRefusedClearly) {
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text += R"({"id":"i","type":"control.if","condition":{"$expr":"true"},"then":[)";
  for (int i = 0; i < 10'000; ++i) text += "]}";
  const auto document = read_document(with_steps(text), TextFormat::Json);
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code, "JSON_TOO_DEEP");
}

TEST(DefinitionLimits, NestingBeyondTheStepLimitIsAFinding) {
  std::string text;
  for (int i = 0; i < 80; ++i)
    text += R"({"id":"i)" + std::to_string(i) +
            R"(","type":"control.if","condition":{"$expr":"true"},"then":[)";
  for (int i = 0; i < 80; ++i) text += "]}";
  EXPECT_THAT(findings_of(text), ElementsAre("STEP_NESTING_TOO_DEEP@root"));
}

TEST(DefinitionLimits, FiftyMegabytesAreRefusedUnread) {
  const auto document = read_document(std::string(50'000'000, ' '), TextFormat::Json);
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code, "DEFINITION_TOO_LARGE");
}

TEST(DefinitionYaml, MeansWhatTheCoreSchemaSays) {
  const auto value =
      read_document("a: no\nb: 0x1F\nc: ~\nd: '1'\ne: 1.5\nf: [true, x]\ng: &q {h: 1}\ni: *q\n",
                    TextFormat::Yaml);
  ASSERT_TRUE(value.has_value()) << value.error().message;
  const auto expected = json::parse(
      R"({"a":"no","b":31,"c":null,"d":"1","e":1.5,"f":[true,"x"],"g":{"h":1},"i":{"h":1}})");
  EXPECT_TRUE(json::equal(*value, *expected));
}

std::string yaml_error(const std::string& text) {
  const auto value = read_document(text, TextFormat::Yaml);
  return value.has_value() ? "accepted" : value.error().code + " " + value.error().message;
}

TEST(DefinitionYaml, RefusesWhatHasNoOneMeaning) {
  EXPECT_THAT(yaml_error("a: 1\na: 2\n"), HasSubstr("key `a` stands twice at line 2"));
  EXPECT_THAT(yaml_error("a: &x {b: 1}\nc:\n  <<: *x\n"), HasSubstr("merge key"));
  EXPECT_THAT(yaml_error("a: !!binary x\n"), HasSubstr("tag"));
  EXPECT_THAT(yaml_error("a: [1\n"), HasSubstr("YAML_INVALID"));
  EXPECT_THAT(yaml_error("---\na: 1\n---\nb: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(yaml_error(""), HasSubstr("empty"));
}

TEST(DefinitionYaml, CountsWhatAliasesMultiply) {
  std::string text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j > 0 ? ", " : "") + before;
    text += "]\n";
  }
  EXPECT_THAT(yaml_error(text), HasSubstr("YAML_TOO_LARGE"));
}

}  // namespace
}  // namespace fermata::definition
