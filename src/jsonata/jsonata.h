#pragma once
// JSONata (docs/reference/jsonata.md): compile an expression once, evaluate it often. A Program is
// immutable and may be shared between threads. Evaluation reads nothing but its input, its bindings
// and the time handed in, and is bounded by counted budgets, so that it gives the same verdict on
// every machine. Where next: parser.h (text to tree), compiler.h (tree to program), run.h (program
// and input to value), native.h (the built-in functions).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/clock.h"
#include "foundation/text_span.h"
#include "json/value.h"

namespace fermata::jsonata {

// Why an expression cannot be compiled or evaluated: the language's own code, and where.
struct Failure {
  std::string code;          // S0201, T2001, D1002, …; U1001 and up are our budgets
  std::size_t position = 0;  // bytes of source up to the end of the token
  std::string token;         // the offending name, operator or value; may be empty
  std::string message;       // a sentence for people

  bool operator==(const Failure&) const = default;
};
// The part of the source that the failure is about; empty at the place when it is no token's.
TextSpan span_of(const Failure& failure, std::string_view source);

class Program;
using ProgramPtr = std::shared_ptr<const Program>;

enum class Dialect : std::uint8_t {
  Standard,
  // For workflow definitions: adds nowIso, coalesce, len, toString and append (with or without
  // `$`), accepts `==`, `&&` and `||`, refuses $eval and $random, and calls unknown functions an
  // error at compile time.
  Workflow,
};

struct CompileOptions {
  Dialect dialect = Dialect::Standard;
};

struct Compiled {
  ProgramPtr program;  // null when there is a failure
  std::optional<Failure> failure;
};
Compiled compile(std::string_view source, const CompileOptions& options = {});

// Counted, never timed. The defaults fit a workflow expression with room: the largest one seen in
// practice takes some hundred steps. A pathological one ends after about a tenth of a second.
struct Budget {
  std::uint64_t steps = 5'000'000;  // nodes evaluated
  std::uint32_t depth =
      1'500;  // nested evaluation; each level is native stack, 8 MiB in every thread of ours
  std::uint64_t items = 20'000'000;       // elements appended to arrays and objects
  std::uint64_t text_bytes = 64'000'000;  // bytes of text built
  std::uint32_t regex_steps = 100'000;    // backtracking of one match
};

// An input put together from parts without copying: members first, then the layers in order, each
// an object.
// `$` and `$$` stand for the whole, which is copied only when an expression takes it as a value.
struct ComposedInput {
  std::span<const std::pair<std::string_view, const json::Value*>> members;
  std::span<const json::Object* const> layers;
};

// What evaluation does beside the language's meaning; runs keep theirs (interpreter/semantics.h).
enum class Edition : std::uint8_t {
  First,
  // In the workflow dialect U+0000, and halves of UTF-16 pairs in names, come out as U+FFFD, too,
  // and what comes out has a bounded number of items. A function's steps count the size of what it
  // gets.
  Second,
};

struct EvaluateOptions {
  Budget budget;
  TimeMs now = 0;          // $now, $millis, nowIso
  std::uint64_t seed = 0;  // $random, $shuffle: the same seed gives the same values
  std::span<const std::pair<std::string_view, const json::Value*>> bindings;  // $name
  Edition edition = Edition::Second;
};

struct Evaluation {
  std::optional<json::Value> value;  // empty: the expression has no value ("undefined")
  std::optional<Failure> failure;
  std::uint64_t steps = 0;  // of the budget
  // The steps, and what items and text were made, in steps.
  std::uint64_t work = 0;
};
Evaluation evaluate(const Program& program, const json::Value& input,
                    const EvaluateOptions& options = {});
Evaluation evaluate(const Program& program, const ComposedInput& input,
                    const EvaluateOptions& options = {});

// No input at all, which is not the same as null.
struct Nothing {};
Evaluation evaluate(const Program& program, Nothing input, const EvaluateOptions& options = {});

// Evaluates again and again in the same memory, and leaves the result where it was made, borrowing
// from the input: for callers that look at it at once. Not shared between threads.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // False when it failed. The input, the options and the program must live until the next call.
  bool evaluate(const Program& program, const json::Value& input, const EvaluateOptions& options);
  // The last result, copied out.
  Evaluation take();
  // Memory asked of the system by the last evaluation, beyond what was kept from those before.
  [[nodiscard]] std::uint64_t bytes_allocated() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A sentence for a code; the language's own wording in our words.
std::string_view describe(std::string_view code);

}  // namespace fermata::jsonata
