#include "jsonata/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "jsonata/lexer.h"
#include "jsonata/native.h"
#include "jsonata/process.h"
#include "jsonata/signature.h"

namespace fermata::jsonata {
namespace {

// How tightly an infix operator binds to its left operand.
struct Power {
  std::string_view symbol;
  int left;
};
constexpr std::array<Power, 27> kPowers = {{
    {".", 75},   {"[", 80},  {"{", 70},  {"(", 80},  {"@", 80},  {"#", 80},  {"?", 20},
    {"+", 50},   {"-", 50},  {"*", 60},  {"/", 60},  {"%", 60},  {"=", 40},  {"<", 40},
    {">", 40},   {"^", 40},  {":=", 10}, {"!=", 40}, {"<=", 40}, {">=", 40}, {"~>", 40},
    {"and", 30}, {"or", 25}, {"in", 40}, {"&", 50},  {"?:", 40}, {"??", 40},
}};
// Deep enough for people and generators, shallow enough for the native stack.
constexpr int kDepthMax = 256;
// Of the tree: chains like a + b + c + … grow it to the left without nesting.
constexpr int kHeightMax = 400;

int power_of(const Token& token) {
  if (token.type != TokenType::Operator) return 0;
  const auto* row = std::ranges::find(kPowers, std::string_view(token.text), &Power::symbol);
  return row == kPowers.end() ? 0 : row->left;
}

class Parser {
 public:
  Parser(std::string_view source, Dialect dialect) : lexer_(source, dialect), dialect_(dialect) {
    advance(Expect::Operand);
  }

  Parsed run() {
    NodePtr root = expression(0);
    if (!failed() && token_.type != TokenType::End) fail("S0201", token_);
    if (!failure_ && lexer_.failure()) failure_ = lexer_.failure();
    if (!failed() && dialect_ == Dialect::Workflow) check_names();
    if (failed()) return {nullptr, failure_};
    return {std::move(root), std::nullopt};
  }

 private:
  // Workflow definitions bind no variables from outside, so every name that is neither bound in the
  // expression nor a function is a mistake, and is said at publish rather than found missing at run
  // time.
  void check_names() {
    for (const Token& used : used_) {
      const bool is_known = used.text.empty() || used.text == "$" ||
                            std::ranges::find(bound_, used.text) != bound_.end() ||
                            find_native(used.text, dialect_) != nullptr;
      if (is_known) continue;
      failure_ = make_failure("U1008", used.position, used.text);
      if (const std::string_view why = refusal_of(used.text); !why.empty()) {
        failure_->message = "`$" + used.text + "` is not allowed in workflows: " + std::string(why);
        return;
      }
      failure_->message = "unknown function or variable `$" + used.text + "`";
      const std::string_view near = nearest_native(used.text, dialect_);
      if (!near.empty()) failure_->message += ", did you mean `$" + std::string(near) + "`";
      return;
    }
  }

  [[nodiscard]] bool failed() const { return failure_.has_value() || lexer_.failure().has_value(); }

  NodePtr fail(std::string code, const Token& token) {
    if (!failed()) {
      if (token.type == TokenType::End && (code == "S0201" || code == "S0202" || code == "S0211"))
        code = "S0203";
      failure_ = make_failure(std::move(code), token.position,
                              token.type == TokenType::End ? "(end)" : token.text);
    }
    return nullptr;
  }

  void advance(Expect expect) {
    if (!failure_) token_ = lexer_.next(expect);
  }

  // Takes the operator that has to stand here.
  bool take(std::string_view symbol, Expect next) {
    if (failed()) return false;
    if (token_.type != TokenType::Operator || token_.text != symbol) {
      fail("S0202", token_);
      return false;
    }
    advance(next);
    return true;
  }
  [[nodiscard]] bool at(std::string_view symbol) const {
    return token_.type == TokenType::Operator && token_.text == symbol;
  }

  static NodePtr node(NodeType type, const Token& token) {
    auto made = std::make_unique<Node>();
    made->type = type;
    made->begin = token.begin;
    made->position = token.position;
    made->text = token.text;
    return made;
  }

  NodePtr expression(int right_power) {
    if (failed()) return nullptr;
    if (++depth_ > kDepthMax) return fail("U1001", token_);
    const int height_beside = std::exchange(height_, 0);
    const Token first = token_;
    NodePtr left = prefix(first);
    int height = height_ + 1;
    while (!failed() && left != nullptr && right_power < power_of(token_)) {
      const Token token = token_;
      height_ = 0;
      left = infix(token, std::move(left));
      height = std::max(height, height_) + 1;
      if (height > kHeightMax) return fail("U1001", token);
    }
    height_ = std::max(height_beside, height);
    --depth_;
    return failed() ? nullptr : std::move(left);
  }

  NodePtr terminal(NodeType type, const Token& token) {
    NodePtr made = node(type, token);
    made->number = token.number;
    made->flags = token.flags;
    advance(Expect::Operator);
    return made;
  }

  NodePtr prefix(const Token& token) {
    switch (token.type) {
      case TokenType::End:
        // Whoever expects something behind it says so first; else process() does.
        return ending(token);
      case TokenType::Name:
        return terminal(NodeType::Name, token);
      case TokenType::Variable:
        used_.push_back(token);
        return terminal(NodeType::Variable, token);
      case TokenType::Number:
        return terminal(NodeType::Number, token);
      case TokenType::String:
        return terminal(NodeType::String, token);
      case TokenType::Regex:
        return terminal(NodeType::Regex, token);
      case TokenType::Value: {
        NodePtr made = terminal(NodeType::Value, token);
        made->literal = token.text == "null"   ? Literal::Null
                        : token.text == "true" ? Literal::True
                                               : Literal::False;
        return made;
      }
      case TokenType::Operator:
        return prefix_operator(token);
    }
    return nullptr;
  }

  static NodePtr ending(const Token& token) {
    NodePtr made = node(NodeType::Placeholder, token);
    made->flags = "end";
    return made;
  }

  NodePtr prefix_operator(const Token& token) {
    const std::string& symbol = token.text;
    // Words that are operators only between operands are names elsewhere.
    if (symbol == "and" || symbol == "or" || symbol == "in") return terminal(NodeType::Name, token);
    if (symbol == "*") return terminal(NodeType::Wildcard, token);
    if (symbol == "**") return terminal(NodeType::Descendant, token);
    if (symbol == "%") return terminal(NodeType::Parent, token);
    // As in the official engine, what follows a prefix is read as if an operand stood before it:
    // `-/a/` and `(/a/)` divide.
    advance(Expect::Operator);
    if (symbol == "-") {
      NodePtr made = node(NodeType::Unary, token);
      made->left = expression(70);
      return made;
    }
    if (symbol == "(") return block(token);
    if (symbol == "[") return array(token);
    if (symbol == "{") {
      NodePtr made = node(NodeType::Object, token);
      made->group = group(token);
      return made;
    }
    if (symbol == "|") return transform(token);
    return fail("S0211", token);
  }

  NodePtr block(const Token& token) {
    NodePtr made = node(NodeType::Block, token);
    while (!failed() && !at(")")) {
      NodePtr child = expression(0);
      if (child != nullptr) made->children.push_back(std::move(child));
      if (!at(";")) break;
      advance(Expect::Operand);
    }
    take(")", Expect::Operator);
    return made;
  }

  NodePtr array(const Token& token) {
    NodePtr made = node(NodeType::Array, token);
    const bool is_empty = at("]");
    while (!failed() && !is_empty) {
      NodePtr item = expression(0);
      if (at("..")) {
        NodePtr range = node(NodeType::Binary, token_);
        advance(Expect::Operand);
        range->left = std::move(item);
        range->right = expression(0);
        item = std::move(range);
      }
      if (item != nullptr) made->children.push_back(std::move(item));
      if (!at(",")) break;
      advance(Expect::Operand);
    }
    take("]", Expect::Operator);
    return made;
  }

  std::unique_ptr<Group> group(const Token& token) {
    auto made = std::make_unique<Group>();
    made->position = token.position;
    const bool is_empty = at("}");
    while (!failed() && !is_empty) {
      NodePtr key = expression(0);
      if (!take(":", Expect::Operand)) break;
      NodePtr value = expression(0);
      made->pairs.emplace_back(std::move(key), std::move(value));
      if (!at(",")) break;
      advance(Expect::Operand);
    }
    take("}", Expect::Operator);
    return made;
  }

  NodePtr transform(const Token& token) {
    NodePtr made = node(NodeType::Transform, token);
    made->left = expression(0);
    if (!take("|", Expect::Operand)) return nullptr;
    made->right = expression(0);
    if (at(",")) {
      advance(Expect::Operand);
      made->other = expression(0);
    }
    take("|", Expect::Operand);
    return made;
  }

  NodePtr infix(const Token& token, NodePtr left) {
    const std::string& symbol = token.text;
    if (symbol == "(") return call(token, std::move(left));
    advance(Expect::Operand);
    if (symbol == "[") return filter(token, std::move(left));
    NodePtr made = node(NodeType::Binary, token);
    made->left = std::move(left);
    if (symbol == "{") {
      made->group = group(token);
    } else if (symbol == "^") {
      sort_terms(*made);
    } else if (symbol == "?") {
      made->type = NodeType::Condition;
      made->right = expression(0);
      if (at(":")) {
        advance(Expect::Operand);
        made->other = expression(0);
      }
    } else if (symbol == "?:" || symbol == "??") {
      made->right = expression(0);
    } else if (symbol == ":=") {
      if (made->left->type != NodeType::Variable) {
        Token bad = token;
        bad.text = made->left->text;
        return fail("S0212", bad);
      }
      bound_.push_back(made->left->text);
      made->right = expression(9);
    } else if (symbol == "@" || symbol == "#") {
      made->right = expression(80);
      if (!failed() && made->right->type != NodeType::Variable) {
        Token bad = token;
        bad.text = symbol;
        return fail("S0214", bad);
      }
      if (!failed()) bound_.push_back(made->right->text);
    } else {
      made->right = expression(power_of(token));
    }
    return made;
  }

  NodePtr filter(const Token& token, NodePtr left) {
    if (at("]")) {
      // x[]: keep the result an array.
      Node* step = left.get();
      while (step->type == NodeType::Binary && step->text == "[") step = step->left.get();
      step->keep_array = true;
      advance(Expect::Operand);
      return left;
    }
    NodePtr made = node(NodeType::Binary, token);
    made->left = std::move(left);
    made->right = expression(0);
    take("]", Expect::Operator);
    return made;
  }

  void sort_terms(Node& made) {
    take("(", Expect::Operand);
    while (!failed()) {
      SortTerm term;
      if (at("<") || at(">")) {
        term.is_descending = at(">");
        advance(Expect::Operand);
      }
      term.expression = expression(0);
      made.terms.push_back(std::move(term));
      if (!at(",")) break;
      advance(Expect::Operand);
    }
    take(")", Expect::Operand);
  }

  NodePtr call(const Token& token, NodePtr procedure) {
    NodePtr made = node(NodeType::Function, token);
    advance(Expect::Operand);
    const bool is_empty = at(")");
    while (!failed() && !is_empty) {
      if (at("?")) {
        made->type = NodeType::Partial;
        made->children.push_back(node(NodeType::Placeholder, token_));
        advance(Expect::Operand);
      } else if (NodePtr argument = expression(0)) {
        made->children.push_back(std::move(argument));
      }
      if (!at(",")) break;
      advance(Expect::Operand);
    }
    take(")", Expect::Operator);
    if (failed()) return nullptr;
    const bool is_lambda = procedure->type == NodeType::Name &&
                           (procedure->text == "function" || procedure->text == "λ");
    if (is_lambda) return lambda(std::move(made));
    if (procedure->type == NodeType::Name && dialect_ == Dialect::Workflow) {
      // nowIso() and its like; any other call without `$` is an unknown function.
      Token name = token;
      name.text = procedure->text;
      name.position = procedure->position;
      used_.push_back(name);
      procedure->type = NodeType::Variable;
    }
    made->left = std::move(procedure);
    return made;
  }

  NodePtr lambda(NodePtr made) {
    made->type = NodeType::Lambda;
    made->text.clear();
    for (const NodePtr& argument : made->children) {
      if (argument->type != NodeType::Variable) {
        Token bad;
        bad.type = TokenType::Name;
        bad.text = argument->text;
        bad.position = argument->position;
        return fail("S0208", bad);
      }
      made->parameters.push_back(argument->text);
      bound_.push_back(argument->text);
    }
    made->children.clear();
    if (at("<")) {
      const Token opening = token_;
      Signature read;
      if (!signature(*made)) return nullptr;
      if (const char* code = read_signature(made->text, read)) return fail(code, opening);
    }
    if (!take("{", Expect::Operand)) return nullptr;
    made->left = expression(0);
    take("}", Expect::Operand);
    return made;
  }

  // <s-n?:s>: kept as text, read by signature.cc when the lambda is made.
  bool signature(Node& made) {
    int depth = 1;
    made.text = "<";
    while (depth > 0) {
      advance(Expect::Operand);
      if (token_.type == TokenType::End || at("{")) {
        fail("S0202", token_);
        return false;
      }
      if (at("<")) ++depth;
      if (at(">")) --depth;
      made.text += token_.text;
    }
    advance(Expect::Operand);
    return true;
  }

  Lexer lexer_;
  Token token_;
  std::optional<Failure> failure_;
  int depth_ = 0;
  int height_ = 0;  // of the highest tree among the parts of what is being read
  Dialect dialect_;
  std::vector<Token> used_;
  std::vector<std::string> bound_;
};

}  // namespace

Parsed parse(std::string_view source, Dialect dialect) {
  Parser parser(source, dialect);
  Parsed parsed = parser.run();
  if (parsed.failure) return parsed;
  return process(std::move(parsed.root));
}

}  // namespace fermata::jsonata
