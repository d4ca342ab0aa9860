// Calls, lambdas, `~>`.
#include <algorithm>
#include <array>
#include <limits>

#include "jsonata/compiler.h"
#include "jsonata/lexer.h"

namespace fermata::jsonata {
namespace {

// Functions that only call the function they are given: it need not outlive the call.
constexpr std::array<std::string_view, 7> kCallers = {"map",  "filter", "single", "reduce",
                                                      "sift", "each",   "sort"};

// A path without effects: running it a second time gives the same.
bool is_foldable(const Op* op) {
  if (op->keeps_memory || op->keeps_array) return false;
  if (op->kind == OpKind::Field) return true;
  if (op->kind != OpKind::Path) return false;
  const auto* const path = static_cast<const PathOp*>(op);
  return path->group == nullptr && !path->keeps_singleton &&
         path->steps[path->count - 1].kind != StepOp::Kind::Sort;
}

FoldKind fold_of(const Native& native, const NativeCallOp& op) {
  if (native.is_workflow_only || op.count != 1 || !is_foldable(op.arguments[0]))
    return FoldKind::None;
  if (native.name == "count") return FoldKind::Count;
  if (native.name == "sum") return FoldKind::Sum;
  if (native.name == "max") return FoldKind::Max;
  if (native.name == "min") return FoldKind::Min;
  return native.name == "average" ? FoldKind::Average : FoldKind::None;
}

std::string_view procedure_name(const Node& procedure) {
  if (procedure.type == NodeType::Path) return procedure.children.front()->text;
  return procedure.type == NodeType::Variable ? std::string_view(procedure.text)
                                              : std::string_view();
}

}  // namespace

// The name for messages, and whether a bare name would be a function if it were written with `$`.
void Compiler::name_call(const Node& node, CallOp& out) {
  const std::string_view name = procedure_name(*node.left);
  out.name = keep(name);
  if (node.left->type == NodeType::Path)
    out.is_known_name = is_bound(name) || find_native(name, program_.dialect) != nullptr;
}

Op* Compiler::call(const Node& node, bool is_piped) {
  const bool is_variable = node.left->type == NodeType::Variable && !node.left->text.empty() &&
                           node.left->predicates.empty() && node.left->group == nullptr;
  const Native* native = nullptr;
  if (is_variable && !is_bound(node.left->text))
    native = find_native(node.left->text, program_.dialect);
  if (native != nullptr) return native_call(node, *native, is_piped);
  auto* const op = make<CallOp>(OpKind::Call, node);
  name_call(node, *op);
  op->procedure = this->node(*node.left);
  op->count = static_cast<std::uint32_t>(node.children.size());
  op->arguments = nodes(node.children);
  op->is_tail = node.is_tail;
  return op;
}

Op* Compiler::native_call(const Node& node, const Native& native, bool is_piped) {
  auto* const op = make<NativeCallOp>(OpKind::NativeCall, node);
  name_call(node, *op);
  op->native = &native;
  op->native_signature = &signature_of(native);
  op->procedure = resolve(native.name);
  op->is_tail = node.is_tail;
  op->count = static_cast<std::uint32_t>(node.children.size());
  const Op** const arguments = list<const Op*>(node.children.size());
  const std::size_t before = is_piped ? 1 : 0;
  const bool is_caller = std::ranges::find(kCallers, native.name) != kCallers.end();
  std::array<const Cell*, 4> constants{};
  bool has_constant = false;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const Node& argument = *node.children[i];
    if (is_caller && i + before == 1 && argument.type == NodeType::Lambda &&
        argument.text.empty() && argument.predicates.empty()) {
      LambdaOp* const written = lambda_op(argument);
      op->written_lambda = written;
      arguments[i] = written;
      continue;
    }
    arguments[i] = this->node(argument);
    if (arguments[i]->kind != OpKind::Constant || i + before >= constants.size()) continue;
    constants[i + before] = &static_cast<const ConstantOp*>(arguments[i])->value;
    has_constant = true;
  }
  op->arguments = arguments;
  op->fold = fold_of(native, *op);
  if (has_constant) {
    if (auto pictures = make_pictures(native, constants)) {
      op->pictures = pictures.get();
      program_.pictures.push_back(std::move(pictures));
    }
  }
  return op;
}

Op* Compiler::partial(const Node& node) {
  auto* const op = make<CallOp>(OpKind::Partial, node);
  name_call(node, *op);
  op->procedure = this->node(*node.left);
  op->count = static_cast<std::uint32_t>(node.children.size());
  const Op** const arguments = list<const Op*>(node.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool is_open = node.children[i]->type == NodeType::Placeholder;
    arguments[i] = is_open ? nullptr : this->node(*node.children[i]);
  }
  op->arguments = arguments;
  return op;
}

LambdaOp* Compiler::lambda_op(const Node& node) {
  auto* const op = make<LambdaOp>(OpKind::Lambda, node);
  op->parameters = static_cast<std::uint32_t>(node.parameters.size());
  Names names(node.parameters.begin(), node.parameters.end());
  collect_binds(node.left.get(), names);
  op->slots = static_cast<std::uint32_t>(names.size());
  if (!node.text.empty()) {
    auto signature = std::make_unique<Signature>();
    if (const char* code = read_signature(node.text, *signature)) fail(code, node);
    op->signature = signature.get();
    program_.signatures.push_back(std::move(signature));
  }
  Scope scope;
  open(scope, std::move(names));
  std::fill_n(scope.is_sure.begin(), op->parameters, true);
  op->names = keep_names(scope);
  const std::uint32_t captures = captures_;
  const std::uint32_t binds = binds_;
  const std::uint32_t depth = std::exchange(depth_, 0);
  op->body = this->node(*node.left);
  depth_ = depth;
  binds_ = binds;
  op->is_captured = captures_ != captures || sees_eval_;
  op->sure_depth = sure_depth(*node.left);
  close(scope);
  return op;
}

Op* Compiler::lambda(const Node& node) {
  LambdaOp* const op = lambda_op(node);
  ++captures_;
  return op;
}

Op* Compiler::pipe(const Node& node) {
  auto* const op = make<BinaryOp>(OpKind::Pipe, node);
  op->left = this->node(*node.left);
  // A call on the right takes the left value as its first argument; what hangs on the call is not
  // looked at, as in the official engine.
  if (node.right->type == NodeType::Function) {
    ++depth_;
    op->right = call(*node.right, true);
    --depth_;
  } else {
    op->right = this->node(*node.right);
  }
  return op;
}

}  // namespace fermata::jsonata
