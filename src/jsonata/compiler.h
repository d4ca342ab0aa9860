#pragma once
// The compiler: walks the tree once and writes operations. Scopes are known before their bodies are
// compiled, so that every variable becomes a number of frames to go out and a place there; frames
// that would hold nothing are left out. Code by topic: compile.cc, compile_path.cc,
// compile_call.cc, compile_scope.cc.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "jsonata/ast.h"
#include "jsonata/compile.h"
#include "jsonata/native.h"
#include "jsonata/program.h"

namespace fermata::jsonata {

class Compiler {
 public:
  Compiler(Program& program, std::span<const ScopeNames* const> outside)
      : program_(program), outside_(outside) {}

  void run(const Node& root);
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct Scope {
    Scope* outer = nullptr;
    std::vector<std::string_view> names;
    std::vector<bool> is_sure;  // bound whenever the code that is being compiled runs
  };
  using Names = std::vector<std::string_view>;

  // -- compile.cc
  const Op* node(const Node& node);
  Op* core(const Node& node);
  const Op* predicate(const Node& node);
  Op* binary(const Node& node);
  Op* concat(const Node& node);
  Op* array(const Node& node);
  Op* object(const Node& node);
  Op* block(const Node& node);
  Op* condition(const Node& node);
  Op* bind(const Node& node);
  Op* regex(const Node& node);
  Op* transform(const Node& node);
  const GroupOp* group(const Group& group, std::uint32_t tuple_slots);

  // -- compile_path.cc
  Op* path(const Node& node);
  Op* field(const Node& node);
  Op* variable_field(const Node& node);
  void step(const Node& node, StepOp& out);
  void tuple_step(const Node& node, StepOp& out, const Names& names);
  void stages(const Node& node, StepOp& out);
  void mark_segments(StepOp* steps, std::uint32_t count, std::uint32_t tuple_start);

  // -- compile_call.cc
  Op* call(const Node& node, bool is_piped);
  Op* native_call(const Node& node, const Native& native, bool is_piped);
  Op* partial(const Node& node);
  Op* lambda(const Node& node);
  Op* pipe(const Node& node);
  LambdaOp* lambda_op(const Node& node);
  void name_call(const Node& node, CallOp& out);

  // -- compile_scope.cc
  static void collect_binds(const Node* node, Names& names);
  static void collect_tuple_names(const Node& path, Names& names);
  static const Node* inner_tuple_path(const Node& step);
  static std::uint32_t sure_depth(const Node& node);
  const Op* scoped(const Node& node);
  Op* variable(const Node& node);
  Op* resolve(std::string_view name);
  bool is_bound(std::string_view name) const;
  const ScopeNames* keep_names(const Scope& scope);  // when $eval may ask
  const ScopeNames* kept_names(const Scope& scope);
  void open(Scope& scope, Names names);
  void close(const Scope& scope) { scope_ = scope.outer; }

  // -- writing
  template <typename T>
  T* make(OpKind kind, const Node& node) {
    T* const op = program_.memory.make(T{});
    op->kind = kind;
    op->position = static_cast<std::uint32_t>(node.position);
    op->depth = depth_;
    return op;
  }
  template <typename T>
  T* list(std::size_t count) {
    T* const place = program_.memory.array<T>(count);
    for (std::size_t i = 0; i < count; ++i) new (place + i) T{};
    return place;
  }
  std::string_view keep(std::string_view text) { return {program_.memory.copy(text), text.size()}; }
  Key key(std::string_view text) {
    const std::string_view kept = keep(text);
    return {kept.data(), static_cast<std::uint32_t>(kept.size())};
  }
  const Op* const* nodes(const std::vector<NodePtr>& all);
  Op* fail(const char* code, const Node& at);

  Program& program_;
  std::span<const ScopeNames* const> outside_;
  std::optional<Failure> failure_;
  Scope* scope_ = nullptr;
  std::uint32_t depth_ = 0;
  std::uint32_t captures_ = 0;  // functions written so far that keep their frames
  std::uint32_t binds_ = 0;     // bindings written so far
  bool sees_eval_ = false;
};

}  // namespace fermata::jsonata
