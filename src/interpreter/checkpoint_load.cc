// JSON to RunState. Nothing in it is believed: every path, number and form is checked, and the
// first that is wrong refuses the whole.
#include "foundation/format.h"
#include "interpreter/checkpoint.h"
#include "interpreter/deliver.h"
#include "interpreter/evaluate.h"
#include "interpreter/machine.h"
#include "json/hash.h"

namespace fermata::interpreter {
namespace {

Error invalid(std::string_view what) {
  return make_error(ErrorKind::Internal, "CHECKPOINT_INVALID",
                    format("checkpoint: {} is not valid", what));
}

// Typed members of one object, or CHECKPOINT_INVALID.
class Reader {
 public:
  static Result<Reader> of(const json::Value* value, std::string_view what) {
    if (value == nullptr || !value->is_object()) return invalid(what);
    return Reader(value->get_object());
  }
  [[nodiscard]] Result<std::string> text(std::string_view key) const {
    auto found = json::string_at(object_, key);
    if (!found) return invalid(key);
    return *std::move(found);
  }
  template <typename Number>
  [[nodiscard]] Result<Number> number(std::string_view key) const {
    const auto found = json::int_at(object_, key);
    if (!found || *found < 0 || !std::in_range<Number>(*found)) return invalid(key);
    return static_cast<Number>(*found);
  }
  [[nodiscard]] Result<bool> flag(std::string_view key) const {
    const auto found = json::bool_at(object_, key);
    if (!found) return invalid(key);
    return *found;
  }
  [[nodiscard]] Result<std::optional<TimeMs>> optional_time(std::string_view key) const {
    const json::Value* found = json::find(object_, key);
    if (found == nullptr || found->is_null()) return std::optional<TimeMs>{};
    if (!found->is_int64()) return invalid(key);
    return std::optional<TimeMs>(found->get_int64());
  }
  [[nodiscard]] Result<const json::Array*> array(std::string_view key) const {
    const json::Value* found = json::find(object_, key);
    if (found == nullptr || !found->is_array()) return invalid(key);
    return &found->get_array();
  }
  [[nodiscard]] Result<json::Value> object(std::string_view key) const {
    const json::Value* found = json::find(object_, key);
    if (found == nullptr || !found->is_object()) return invalid(key);
    return *found;
  }
  [[nodiscard]] const json::Value* find(std::string_view key) const {
    return json::find(object_, key);
  }

 private:
  explicit Reader(const json::Object& object) : object_(object) {}
  const json::Object& object_;
};

Result<StepVisit> read_visit(const Host& host, const json::Value* value, std::string_view what) {
  TRY(const Reader reader, Reader::of(value, what));
  TRY(const std::string path, reader.text("path"));
  const auto step = host.program.step_at(StepPath(path));
  if (!step) return invalid("a step path");
  StepVisit visit;
  visit.step = *step;
  TRY(visit.number, reader.number<std::uint64_t>("number"));
  TRY(visit.iteration, reader.text("iteration"));
  TRY(visit.started_at, reader.number<TimeMs>("startedAt"));
  return visit;
}

Result<Frame> read_sequence(const Host& host, const Reader& reader) {
  TRY(const std::string path, reader.text("path"));
  const auto sequence = host.program.sequence_at(path);
  if (!sequence) return invalid("a sequence path");
  SequenceFrame frame{*sequence, 0};
  TRY(frame.next, reader.number<std::uint32_t>("next"));
  if (frame.next > host.program.sequences[*sequence].steps.size()) return invalid("next");
  return Frame(frame);
}

Result<Frame> read_loop(const Host& host, const Reader& reader) {
  LoopFrame frame;
  TRY(frame.visit, read_visit(host, reader.find("visit"), "a loop"));
  if (host.program.steps[frame.visit.step].kind != definition::StepKind::ForEach)
    return invalid("a loop");
  TRY(frame.index, reader.number<std::size_t>("index"));
  if (reader.find("first") != nullptr) {
    TRY(frame.first, reader.number<std::size_t>("first"));
  }
  if (reader.find("itemsHash") == nullptr) {
    TRY(const json::Array* items, reader.array("items"));
    if (frame.index < frame.first || frame.index - frame.first > items->size())
      return invalid("index");
    frame.items = std::make_shared<const json::Array>(*items);
  }
  TRY(const json::Value lexical, reader.object("lexical"));
  frame.lexical = lexical.get_object();
  if (const json::Value* previous = reader.find("previous")) frame.previous = *previous;
  return Frame(std::move(frame));
}

Result<Frame> read_try(const Host& host, const Reader& reader) {
  TryFrame frame;
  TRY(frame.visit, read_visit(host, reader.find("visit"), "a try"));
  if (host.program.steps[frame.visit.step].kind != definition::StepKind::TryCatch)
    return invalid("a try");
  TRY(const int phase, reader.number<int>("phase"));
  if (phase > static_cast<int>(TryPhase::Finally)) return invalid("phase");
  frame.phase = static_cast<TryPhase>(phase);
  const json::Value* pending = reader.find("pending");
  if (pending != nullptr && pending->is_object()) {
    if (const json::Value* error = json::find(*pending, "error")) {
      frame.pending = RunError::from_json(*error);
    } else {
      frame.pending = Returning{};
    }
  }
  return Frame(std::move(frame));
}

Result<Frame> read_frame(const Host& host, const json::Value& value) {
  TRY(const Reader reader, Reader::of(&value, "a frame"));
  TRY(const std::string kind, reader.text("kind"));
  if (kind == "sequence") return read_sequence(host, reader);
  if (kind == "loop") return read_loop(host, reader);
  if (kind == "try") return read_try(host, reader);
  return invalid("a frame's kind");
}

Result<Await> read_wait(const Reader& reader, const std::string& kind) {
  TRY(const std::string wait_id, reader.text("waitId"));
  if (kind == "timer") {
    AwaitTimer await;
    await.wait_id = WaitId(wait_id);
    TRY(await.seq, reader.number<Seq>("seq"));
    TRY(await.due_at, reader.number<TimeMs>("dueAt"));
    return Await(std::move(await));
  }
  if (kind == "retry") {
    TRY(const Seq seq, reader.number<Seq>("seq"));
    return Await(AwaitRetry{seq, WaitId(wait_id)});
  }
  if (kind == "event") {
    AwaitEvent await;
    await.wait_id = WaitId(wait_id);
    TRY(await.correlation_key, reader.text("key"));
    TRY(await.has_key, reader.flag("hasKey"));
    TRY(await.accepts_from, reader.number<TimeMs>("acceptsFrom"));
    TRY(await.timeout_at, reader.optional_time("timeoutAt"));
    TRY(await.timer, reader.number<Seq>("timer"));
    return Await(std::move(await));
  }
  AwaitTask await;
  await.wait_id = WaitId(wait_id);
  TRY(const std::string task, reader.text("taskId"));
  await.task_id = TaskId(task);
  TRY(await.timeout_at, reader.optional_time("timeoutAt"));
  TRY(await.timer, reader.number<Seq>("timer"));
  return Await(std::move(await));
}

Result<Await> read_await(const json::Value* value) {
  TRY(const Reader reader, Reader::of(value, "await"));
  TRY(const std::string kind, reader.text("kind"));
  if (kind == "action") {
    TRY(const Seq seq, reader.number<Seq>("seq"));
    return Await(AwaitAction{seq});
  }
  if (kind == "child") {
    TRY(const Seq seq, reader.number<Seq>("seq"));
    TRY(const std::string child, reader.text("childRunId"));
    AwaitChild await{seq, RunId(child), 0};
    if (reader.find("timer") != nullptr) {
      TRY(await.timer, reader.number<Seq>("timer"));
    }
    return Await(std::move(await));
  }
  if (kind == "timer" || kind == "retry" || kind == "event" || kind == "task")
    return read_wait(reader, kind);
  return invalid("await");
}

Result<Branch> read_branch(const Host& host, const json::Value& value) {
  TRY(const Reader reader, Reader::of(&value, "a branch"));
  Branch branch;
  TRY(const json::Array* frames, reader.array("frames"));
  for (const json::Value& frame : *frames) {
    TRY(Frame read, read_frame(host, frame));
    branch.frames.push_back(std::move(read));
  }
  const json::Value* parked = reader.find("parked");
  if (parked == nullptr) return branch;
  TRY(const Reader inner, Reader::of(parked, "parked"));
  Parked made;
  TRY(made.visit, read_visit(host, inner.find("visit"), "parked"));
  TRY(made.await, read_await(inner.find("await")));
  TRY(made.attempt, inner.number<std::uint32_t>("attempt"));
  TRY(made.idempotency_key, inner.text("key"));
  if (const json::Value* input = inner.find("input")) made.input = *input;
  branch.parked = std::move(made);
  return branch;
}

Result<EventArrived> read_event(const json::Value& value) {
  TRY(const Reader reader, Reader::of(&value, "an event"));
  EventArrived event;
  TRY(const std::string id, reader.text("eventId"));
  event.event_id = EventId(id);
  TRY(event.event_name, reader.text("eventName"));
  TRY(event.received_at, reader.number<TimeMs>("receivedAt"));
  if (const json::Value* payload = reader.find("payload")) event.payload = *payload;
  if (reader.find("correlationKey") != nullptr) {
    TRY(event.correlation_key, reader.text("correlationKey"));
  }
  if (reader.find("waitId") != nullptr) {
    TRY(const std::string wait, reader.text("waitId"));
    event.wait_id = WaitId(wait);
  }
  return event;
}

Result<TaskAnswered> read_answer(const json::Value& value) {
  TRY(const Reader reader, Reader::of(&value, "an answer"));
  TaskAnswered answer;
  TRY(const std::string task, reader.text("taskId"));
  answer.task_id = TaskId(task);
  TRY(answer.answer_id, reader.text("answerId"));
  TRY(answer.is_admin_override, reader.flag("adminOverride"));
  if (const json::Value* response = reader.find("response")) answer.response = *response;
  return answer;
}

Result<void> read_counters(const Reader& reader, RunState& state) {
  TRY(const int phase, reader.number<int>("phase"));
  if (phase > static_cast<int>(Phase::Done)) return invalid("phase");
  state.phase = static_cast<Phase>(phase);
  TRY(const int reported, reader.number<int>("reported"));
  if (reported > static_cast<int>(RunPhase::Paused)) return invalid("reported");
  state.reported = static_cast<RunPhase>(reported);
  TRY(state.cancel_reason, reader.text("cancelReason"));
  TRY(state.is_paused, reader.flag("isPaused"));
  TRY(state.buffered_dropped, reader.number<std::uint64_t>("dropped"));
  TRY(state.next_seq, reader.number<Seq>("nextSeq"));
  TRY(state.run_timer, reader.number<Seq>("runTimer"));
  TRY(state.steps, reader.number<std::uint64_t>("steps"));
  TRY(state.steps_in_history, reader.number<std::uint32_t>("stepsInHistory"));
  TRY(state.effects, reader.number<std::uint64_t>("effects"));
  if (reader.find("workInHistory") != nullptr) {
    TRY(state.work_in_history, reader.number<std::uint64_t>("workInHistory"));
  }
  TRY(state.run_due_at, reader.optional_time("runDueAt"));
  if (reader.find("pauseReason") != nullptr) {
    TRY(state.pause_reason, reader.text("pauseReason"));
  }
  if (reader.find("pauseWait") != nullptr) {
    TRY(const std::string wait, reader.text("pauseWait"));
    state.pause_wait = WaitId(wait);
  }
  return {};
}

// The lists that were left out. A different one is this build's doing, not the checkpoint's: the
// run waits for a worker that agrees with the one before.
Result<void> make_items(const Host& host, const json::Value& branch, RunState& state) {
  const json::Array& sources = branch.at("frames").get_array();
  auto& frames = state.branches.front().frames;
  for (std::size_t at = 0; at < frames.size(); ++at) {
    auto* loop = std::get_if<LoopFrame>(&frames[at]);
    if (loop == nullptr || loop->items != nullptr) continue;
    auto again = evaluate_items_again(host, state, at);
    const auto expected = json::string_at(sources[at].get_object(), "itemsHash");
    if (!again || json::hash(*again) != expected)
      return make_error(ErrorKind::Internal, "NONDETERMINISM",
                        format("the items of {} are not what they were",
                               host.program.steps[loop->visit.step].path.text));
    if (loop->index > again->get_array().size()) return invalid("index");
    loop->items = std::make_shared<const json::Array>(std::move(again->get_array()));
  }
  return {};
}

}  // namespace

Result<RunState> load(const Host& host, const json::Value& checkpoint) {
  TRY(const Reader reader, Reader::of(&checkpoint, "the whole"));
  TRY(const auto format_number, reader.number<std::int64_t>("format"));
  if (format_number < kOldestCheckpointFormat || format_number > kCheckpointFormat)
    return invalid("format");
  TRY(const std::string hash, reader.text("definitionHash"));
  if (hash != host.program.hash) return invalid("definitionHash");
  RunState state;
  TRY(const json::Array* branches, reader.array("branches"));
  if (branches->size() != 1) return invalid("branches");
  for (const json::Value& branch : *branches) {
    TRY(Branch read, read_branch(host, branch));
    state.branches.push_back(std::move(read));
  }
  TRY(state.scopes.payload, reader.object("payload"));
  TRY(state.scopes.vars, reader.object("vars"));
  TRY(state.scopes.meta, reader.object("meta"));
  if (const json::Value* error = reader.find("error")) state.scopes.error = *error;
  state.system = system_scope(host.identity);
  TRY_DO(read_counters(reader, state));
  TRY(const json::Array* buffered, reader.array("buffered"));
  for (const json::Value& value : *buffered) {
    TRY(EventArrived event, read_event(value));
    state.buffered_bytes += bytes_of(event);
    state.buffered.push_back(std::move(event));
  }
  if (reader.find("answers") != nullptr) {  // not in format 1
    TRY(const json::Array* answers, reader.array("answers"));
    for (const json::Value& value : *answers) {
      TRY(TaskAnswered answer, read_answer(value));
      state.answers.push_back(std::move(answer));
    }
  }
  TRY(const json::Array* consumed, reader.array("consumed"));
  for (const json::Value& id : *consumed) {
    if (!id.is_string()) return invalid("consumed");
    state.consumed.push_back(json::to_std(id.get_string()));
  }
  TRY_DO(make_items(host, branches->front(), state));
  return state;
}

}  // namespace fermata::interpreter
