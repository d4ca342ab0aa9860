// The language as a whole: every step type compiles to what the machine runs.

#include "definition/definition.h"
#include "definition/test_catalog.h"

#include <gtest/gtest.h>

#include <string>

#include "json/parse.h"

namespace fermata::definition {
namespace {

json::Value document_with(std::string_view steps) {
  auto parsed = json::parse(
      R"({"id":"w","version":1,"name":"W","payloadSchemaRef":"payload.Any.v1","steps":)" +
      std::string(steps) + "}");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? std::move(parsed).value() : json::Value();
}

ProgramPtr compiled(std::string_view steps) {
  const TestCatalog catalog;
  auto program = compile(document_with(steps), catalog);
  EXPECT_TRUE(program) << (program ? "" : program.error().message);
  return program ? *program : nullptr;
}

TEST(Compile, GivesStepsCanonicalPathsInDocumentOrder) {
  const auto program = compiled(R"([
    {"id":"a","type":"control.if","condition":{"$expr":"true"},
     "then":[{"id":"b","type":"control.return"}],
     "else":[{"id":"c","type":"control.tryCatch","try":[],"catch":[{"id":"d","type":"control.return"}],"finally":[]}]},
    {"id":"e","type":"control.return"}])");
  ASSERT_NE(program, nullptr);
  std::string paths;
  for (const Step& step : program->steps) paths += step.id + "=" + step.path.text + "\n";
  EXPECT_EQ(paths,
            "a=root.steps[0]\n"
            "b=root.steps[0].then.steps[0]\n"
            "c=root.steps[0].else.steps[0]\n"
            "d=root.steps[0].else.steps[0].catch.steps[0]\n"
            "e=root.steps[1]\n");
  for (StepIndex at = 0; at < program->steps.size(); ++at) {
    const Step& step = program->steps[at];
    EXPECT_EQ(program->step_at(step.path), at);
    EXPECT_EQ(program->sequences[step.sequence].steps[step.position], at);
  }
  for (SequenceIndex at = 0; at < program->sequences.size(); ++at) {
    EXPECT_EQ(program->sequence_at(program->sequences[at].path), at);
  }
  EXPECT_EQ(program->sequences[0].owner, UINT32_MAX);
  EXPECT_EQ(program->step_at(StepPath("root.steps[7]")), std::nullopt);
  EXPECT_EQ(program->sequence_at("root.steps[1].then.steps"), std::nullopt);
}

template <typename Config>
const Config& config_of(const ProgramPtr& program, StepIndex at = 0) {
  return std::get<Config>(program->steps.at(at).config);
}

TEST(Compile, ReadsIfWithoutElse) {
  const auto program = compiled(
      R"([{"id":"a","name":"Is gold","type":"control.if","condition":{"$expr":"payload.tier = \"gold\""},"then":[]}])");
  const auto& step = config_of<IfStep>(program);
  EXPECT_EQ(step.condition.source, "payload.tier = \"gold\"");
  EXPECT_NE(step.condition.program, nullptr);
  EXPECT_EQ(step.then_branch, 1U);
  EXPECT_EQ(step.else_branch, kNoSequence);
  EXPECT_EQ(program->steps[0].kind, StepKind::If);
  EXPECT_EQ(program->steps[0].name, "Is gold");
}

TEST(Compile, ReadsForEach) {
  const auto program = compiled(
      R"([{"id":"a","type":"control.forEach","items":{"$expr":"payload.assets"},"itemVar":"asset",
           "concurrency":1,"onItemError":"continue","body":[{"id":"b","type":"control.return"}]}])");
  const auto& step = config_of<ForEachStep>(program);
  EXPECT_EQ(step.item_var, "asset");
  EXPECT_EQ(step.on_item_error, OnError::Continue);
  EXPECT_EQ(program->sequences.at(step.body).path, "root.steps[0].body.steps");
  EXPECT_EQ(program->sequences.at(step.body).owner, 0U);
}

TEST(Compile, ReadsTryCatchWithFinallyAndCatchOn) {
  const auto program = compiled(
      R"([{"id":"a","type":"control.tryCatch","captureErrorAs":"why","catchOn":["TimeoutError","NOT_FOUND"],
           "try":[],"catch":[],"finally":[]}])");
  const auto& step = config_of<TryCatchStep>(program);
  EXPECT_EQ(step.capture_error_as, "why");
  EXPECT_EQ(step.catch_on, (std::vector<std::string>{"TimeoutError", "NOT_FOUND"}));
  EXPECT_EQ(program->sequences.at(step.finally_branch).path, "root.steps[0].finally.steps");
}

TEST(Compile, ReadsCallWorkflow) {
  const auto program = compiled(
      R"([{"id":"a","type":"control.callWorkflow","workflowId":"other","workflowVersion":3,"timeoutMs":9000,
           "inputMapping":{"ticketId":{"$expr":"payload.ticketId"}},
           "outputMapping":{"vars.score":{"$expr":"childRun.vars.score"}},
           "retry":{"maxAttempts":2,"backoffMs":10},"onError":{"policy":"continue"}}])");
  const auto& step = config_of<CallWorkflowStep>(program);
  EXPECT_EQ(step.workflow_id, WorkflowId("other"));
  EXPECT_EQ(step.workflow_version, 3);
  EXPECT_EQ(step.input_mapping.at(0).first, "ticketId");
  EXPECT_EQ(step.output_mapping.at(0).path.root, AssignRoot::Vars);
  EXPECT_EQ(step.retry->attempts_max, 2U);
  EXPECT_EQ(step.on_error, OnError::Continue);
  EXPECT_EQ(program->steps[0].timeout_ms, 9000);
}

TEST(Compile, ReadsActionCallWithItsDefaults) {
  const auto program = compiled(
      R"([{"id":"a","type":"action.call","retry":{"maxAttempts":3,"backoffMs":500,"maxDelayMs":4000,"retryOn":["TransientError"]},
           "config":{"actionId":"contacts.find","version":1,"saveAs":"contact","idempotencyKey":{"$expr":"payload.id"},
             "onError":{"policy":"continue"},
             "inputMapping":{"email":{"$expr":"payload.from"},"token":{"$secret":"CRM_KEY"},"tags":["a",{"$expr":"payload.b"}],"options":{"mode":"fast"}}}}])");
  const auto& step = config_of<ActionCallStep>(program);
  EXPECT_EQ(step.execution, ExecutionClass::Short);
  EXPECT_EQ(step.timeout_ms, 30'000);
  EXPECT_EQ(step.on_error, OnError::Continue);
  EXPECT_EQ(step.retry->backoff_multiplier, 2);
  EXPECT_TRUE(step.retry->jitter);
  EXPECT_EQ(step.save_as->segments, std::vector<std::string>{"contact"});
  ASSERT_EQ(step.input.keys, (std::vector<std::string>{"email", "token", "tags", "options"}));
  EXPECT_EQ(step.input.items[0].expression.source, "payload.from");
  EXPECT_EQ(step.input.items[1].secret, "CRM_KEY");
  EXPECT_EQ(step.input.items[2].items.at(1).kind, MappingValue::Kind::Expr);
  EXPECT_EQ(step.input.items[3].kind, MappingValue::Kind::Literal);
}

TEST(Compile, TakesExecutionAndTimeoutsFromStepThenAction) {
  const auto program = compiled(R"([
    {"id":"a","type":"action.call","config":{"actionId":"reports.build","version":1}},
    {"id":"b","type":"action.call","execution":"short","timeoutMs":2000,"config":{"actionId":"reports.build","version":1}},
    {"id":"c","type":"action.call","execution":"durable","config":{"actionId":"contacts.find","version":1,"timeoutMs":50,"inputMapping":{"email":"x"}}}])");
  EXPECT_EQ(config_of<ActionCallStep>(program, 0).execution, ExecutionClass::Durable);
  EXPECT_EQ(config_of<ActionCallStep>(program, 0).timeout_ms, 600'000);
  EXPECT_EQ(config_of<ActionCallStep>(program, 1).execution, ExecutionClass::Short);
  EXPECT_EQ(config_of<ActionCallStep>(program, 1).timeout_ms, 2000);
  EXPECT_EQ(config_of<ActionCallStep>(program, 2).execution, ExecutionClass::Durable);
  EXPECT_EQ(config_of<ActionCallStep>(program, 2).timeout_ms, 50);
  EXPECT_EQ(config_of<ActionCallStep>(program, 2).input.kind, MappingValue::Kind::Object);
}

TEST(Compile, TurnsEmailStepsIntoCallsOfPureActions) {
  const auto program = compiled(R"([
    {"id":"a","type":"email.parseBody","config":{"text":{"$expr":"payload.text"}}},
    {"id":"b","type":"email.renderCommentBlocks","config":{"html":{"$expr":"payload.html"},"saveAs":"vars.blocks"}}])");
  const auto& parse = config_of<ActionCallStep>(program, 0);
  EXPECT_EQ(parse.action_id, "email.parse_reply");
  EXPECT_EQ(parse.execution, ExecutionClass::Pure);
  EXPECT_EQ(parse.input.keys, std::vector<std::string>{"text"});
  EXPECT_EQ(parse.save_as->source, "payload.parsedEmail");
  EXPECT_EQ(parse.save_as->root, AssignRoot::Payload);
  const auto& render = config_of<ActionCallStep>(program, 1);
  EXPECT_EQ(render.action_id, "email.html_to_blocks");
  EXPECT_EQ(render.save_as->source, "vars.blocks");
  EXPECT_EQ(program->steps[0].type_name, "email.parseBody");
  EXPECT_EQ(program->steps[0].kind, StepKind::ActionCall);
}

TEST(Compile, GivesComposeTextTheValuesOfItsReferences) {
  const auto program = compiled(
      R"([{"id":"a","type":"action.call","config":{"actionId":"transform.compose_text","version":1,
    "outputs":[{"id":"1","label":"Mail","stableKey":"mail","document":{"version":1,"blocks":[
      {"type":"heading","level":1,"children":[{"type":"text","text":"Hello","marks":["bold"]}]},
      {"type":"paragraph","children":[{"type":"reference","path":"payload.items[0].name","label":"name"}]}]}}]}}])");
  const auto& step = config_of<ActionCallStep>(program);
  ASSERT_EQ(step.input.keys, std::vector<std::string>{"outputs"});
  const MappingValue& document = step.input.items[0].items.at(0);
  ASSERT_EQ(document.keys.back(), "document");
  const MappingValue& paragraph = document.items.back().items.at(1).items.at(1);
  const MappingValue& reference = paragraph.items.at(1).items.at(0);
  EXPECT_EQ(reference.keys.back(), "value");
  EXPECT_EQ(reference.items.back().expression.source, "payload.items[0].name");
}

TEST(Compile, ReadsEventWait) {
  const auto program = compiled(
      R"([{"id":"a","type":"event.wait","config":{"eventName":"TICKET_COMMENT_ADDED","correlationKey":{"$expr":"payload.ticketId"},
           "filters":[{"path":"$.comment.isInternal","op":"=","value":false},{"path":"kind","op":"in","value":["a",1]},{"path":"x","op":"exists"}],
           "timeoutMs":86400000,"lookbackMs":5000,"assign":{"vars.reply":{"$expr":"vars.event.comment"}}}}])");
  const auto& step = config_of<EventWaitStep>(program);
  EXPECT_EQ(step.filters.at(0).path, (std::vector<std::string>{"comment", "isInternal"}));
  EXPECT_EQ(step.filters.at(1).op, FilterOp::In);
  EXPECT_EQ(step.filters.at(2).op, FilterOp::Exists);
  EXPECT_EQ(step.timeout_ms, 86'400'000);
  EXPECT_EQ(step.lookback_ms, 5000);
  EXPECT_EQ(step.assign.size(), 1U);
}

TEST(Compile, ReadsTimeWaitInBothModes) {
  const auto program = compiled(R"([
    {"id":"a","type":"time.wait","config":{"mode":"duration","durationMs":1000,"until":{"$expr":"payload.dueAt"}}},
    {"id":"b","type":"time.wait","config":{"mode":"until","until":{"$expr":"payload.dueAt"},"durationMs":1}}])");
  EXPECT_EQ(config_of<TimeWaitStep>(program, 0).duration_ms, 1000);
  EXPECT_FALSE(config_of<TimeWaitStep>(program, 0).until.has_value());
  EXPECT_FALSE(config_of<TimeWaitStep>(program, 1).duration_ms.has_value());
  EXPECT_EQ(config_of<TimeWaitStep>(program, 1).until->source, "payload.dueAt");
}

TEST(Compile, ReadsHumanTask) {
  const auto program = compiled(
      R"([{"id":"a","type":"human.task","config":{"taskType":"approval","title":{"$expr":"\"Approve \" & payload.ref"},
           "description":{"$expr":"payload.text"},"contextData":{"amount":{"$expr":"payload.amount"}},
           "formSchema":{"type":"object"},"dueAt":{"$expr":"payload.dueAt"},"timeoutMs":60000,
           "assign":{"approved":{"$expr":"vars.event.approved"}}}}])");
  const auto& step = config_of<HumanTaskStep>(program);
  EXPECT_EQ(step.task_type, "approval");
  EXPECT_TRUE(step.description && step.form_schema && step.due_at);
  EXPECT_EQ(step.timeout_ms, 60'000);
  EXPECT_EQ(step.context_data.at(0).first, "amount");
}

TEST(Compile, ReadsStateAssignAndReturn) {
  const auto program = compiled(R"([
    {"id":"a","type":"state.set","config":{"state":"TRIAGED"}},
    {"id":"b","type":"transform.assign","config":{"assign":{"vars.n":{"$expr":"1"},"/a~1b/c":{"$expr":"1"},"meta.x":{"$expr":"2"}}}},
    {"id":"c","type":"control.return"}])");
  EXPECT_EQ(config_of<StateSetStep>(program, 0).state, "TRIAGED");
  const auto& assign = config_of<AssignStep>(program, 1).assign;
  EXPECT_EQ(assign.at(1).path.root, AssignRoot::Payload);
  EXPECT_EQ(assign.at(1).path.segments, (std::vector<std::string>{"a/b", "c"}));
  EXPECT_EQ(assign.at(2).path.root, AssignRoot::Meta);
  EXPECT_EQ(assign.at(0).value.program, assign.at(1).value.program) << "one source, one program";
}

TEST(Compile, ReadsTheTriggerAndTheRunTimeout) {
  const TestCatalog catalog;
  const auto document = json::parse(
      R"({"id":"w","version":4,"name":"W","description":"d","payloadSchemaRef":"payload.Any.v1","runTimeoutMs":1000,"steps":[],
          "trigger":{"type":"event","eventName":"TICKET_CREATED","payloadMapping":{"ticket.id":{"$expr":"event.payload.id"},"kind":"x"}}})");
  const auto program = compile(*document, catalog);
  ASSERT_TRUE(program);
  EXPECT_EQ((*program)->version, 4);
  EXPECT_EQ((*program)->run_timeout_ms, 1000);
  EXPECT_EQ((*program)->hash.size(), 64U);
  const auto& trigger = std::get<EventTrigger>((*program)->trigger.value());
  EXPECT_EQ(trigger.payload_mapping->keys, (std::vector<std::string>{"ticket.id", "kind"}));
}

TEST(Compile, NamesTheFirstFindingWhenTheDefinitionIsInvalid) {
  const TestCatalog catalog;
  const auto program = compile(document_with(R"([{"id":"a","type":"control.retrun"}])"), catalog);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, "DEFINITION_INVALID");
  EXPECT_EQ(program.error().message, "root.steps[0].type: `control.retrun` is not a step type");
  EXPECT_EQ(program.error().help, "did you mean `control.return`?");
}

}  // namespace
}  // namespace fermata::definition
