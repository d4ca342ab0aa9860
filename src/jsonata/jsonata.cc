#include "jsonata/jsonata.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "foundation/limits.h"
#include "jsonata/evaluator.h"
#include "jsonata/functions.h"
#include "jsonata/lexer.h"
#include "jsonata/parser.h"

namespace fermata::jsonata {

class Program {
 public:
  Program(NodePtr root, Dialect dialect) : root_(std::move(root)), dialect_(dialect) {}
  [[nodiscard]] const Node& root() const { return *root_; }
  [[nodiscard]] Dialect dialect() const { return dialect_; }

 private:
  NodePtr root_;
  Dialect dialect_;
};

namespace {

struct Sentence {
  std::string_view code;
  std::string_view text;
};
constexpr std::array<Sentence, 62> kSentences = {{
    {"S0101", "text must end with the quote it began with"},
    {"S0102", "number out of range"},
    {"S0103", "unsupported escape sequence"},
    {"S0104", "an escape \\u needs four hexadecimal digits"},
    {"S0105", "a name in backquotes must end with a backquote"},
    {"S0106", "comment has no end"},
    {"S0201", "syntax error"},
    {"S0202", "something else was expected here"},
    {"S0203", "the expression ends too early"},
    {"S0204", "unknown operator"},
    {"S0207", "the expression ends unexpectedly"},
    {"S0208", "a function's parameters must be variables"},
    {"S0209", "a predicate cannot follow a grouping"},
    {"S0210", "each step can have one grouping only"},
    {"S0211", "this cannot stand here"},
    {"S0212", "the left side of := must be a variable"},
    {"S0213", "a literal value cannot be a step of a path"},
    {"S0214", "a variable must follow"},
    {"S0215", "a context variable must come before predicates"},
    {"S0216", "a context variable must come before the order-by"},
    {"S0217", "the parent of this cannot be determined"},
    {"S0301", "empty regular expression"},
    {"S0302", "regular expression has no end"},
    {"S0303", "regular expression is not valid"},
    {"S0401", "type parameters belong to arrays and functions only"},
    {"S0402", "signature is not valid"},
    {"T0410", "argument does not match the function's signature, number"},
    {"T0411", "the context value does not fit as argument number"},
    {"T0412", "argument must be an array of the right type, number"},
    {"T1003", "a key of an object must be a string"},
    {"T1005", "not a function; did you mean it with `$`"},
    {"T1006", "not a function"},
    {"T1007", "not a function to apply partially; did you mean it with `$`"},
    {"T1008", "not a function to apply partially"},
    {"T1010", "a matcher must give a match object"},
    {"T2001", "the left side must be a number"},
    {"T2002", "the right side must be a number"},
    {"T2003", "the left side of a range must be a whole number"},
    {"T2004", "the right side of a range must be a whole number"},
    {"T2006", "the right side of ~> must be a function"},
    {"T2007", "values to order by must be of one type"},
    {"T2008", "values to order by must be numbers or text"},
    {"T2009", "values to compare must be of one type"},
    {"T2010", "only numbers and text can be compared by order"},
    {"T2011", "the insert of a transform must be an object"},
    {"T2012", "the delete of a transform must be names"},
    {"D1001", "number out of range, or a division by zero"},
    {"D1002", "only a number can be negated"},
    {"D1004", "a regular expression must not match nothing"},
    {"D1009", "two groupings make the same key"},
    {"D2014", "a range has too many items"},
    {"D3001", "a value that is no number cannot become text"},
    {"D3010", "the pattern to replace must not be empty"},
    {"D3012", "a replacement must be text"},
    {"D3030", "cannot be read as a number"},
    {"D3070", "only numbers or only text can be sorted without a function"},
    {"D3110", "cannot be read as an instant"},
    {"D3140", "cannot be decoded"},
    {"U1001", "expression is nested too deeply"},
    {"U1002", "expression takes too many steps"},
    {"U1003", "expression makes too many items"},
    {"U1004", "expression makes too much text"},
}};

bool is_writable(const Val& value) {
  if (value.is_number()) return std::isfinite(value.as_number());
  bool all = true;
  for (std::size_t i = 0; value.is_array() && all && i < value.size(); ++i)
    all = is_writable(value.at(i));
  for (std::size_t i = 0; value.is_object() && all && i < value.member_count(); ++i)
    all = is_writable(value.member(i).second);
  return all;
}

json::Value to_json(const Val& value) {
  switch (value.tag()) {
    case Tag::Bool:
      return json::Value(value.as_bool());
    case Tag::Number: {
      const double number = value.as_number();
      const bool is_whole = std::trunc(number) == number && std::fabs(number) <= 9007199254740991.0;
      return is_whole ? json::Value(static_cast<std::int64_t>(number)) : json::Value(number);
    }
    case Tag::String:
      return json::Value(value.as_text());
    case Tag::Array: {
      json::Array array;
      array.reserve(value.size());
      for (std::size_t i = 0; i < value.size(); ++i) array.push_back(to_json(value.at(i)));
      return json::Value(std::move(array));
    }
    case Tag::Object: {
      json::Object object;
      for (std::size_t i = 0; i < value.member_count(); ++i) {
        const auto [key, item] = value.member(i);
        if (!item.is_undefined()) object.emplace(key, to_json(item));
      }
      return json::Value(std::move(object));
    }
    case Tag::Undefined:
    case Tag::Null:
    case Tag::Function:
      break;
  }
  return json::Value(nullptr);
}

Evaluation run(const Program& program, const Val& whole, const EvaluateOptions& options) {
  Evaluator evaluator(options, program.dialect());
  auto scope = std::make_shared<Environment>();
  scope->names.emplace_back("$", whole);
  for (const auto& [name, value] : options.bindings)
    scope->names.emplace_back(std::string(name), Val::borrow(*value));
  Val input = whole;
  if (whole.is_array()) {
    input = sequence(whole);
    input.own_array()->is_outer_wrapper = true;
  }
  const Val result = evaluator.evaluate(program.root(), input, scope);
  evaluator.release_scopes();
  if (evaluator.failure) return {std::nullopt, std::move(evaluator.failure)};
  if (result.is_undefined()) return {};
  if (result.is_function())
    return {std::nullopt, Failure{"U1006", 0, "", "the expression's value is a function"}};
  if (!is_writable(result)) return {std::nullopt, make_failure("D1001", program.root().position)};
  return {to_json(result), std::nullopt};
}

}  // namespace

std::string_view describe(std::string_view code) {
  const auto* row = std::ranges::find(kSentences, code, &Sentence::code);
  if (row != kSentences.end()) return row->text;
  if (code == "U1005") return "regular expression takes too many steps";
  return "the expression cannot be evaluated";
}

Compiled compile(std::string_view source, const CompileOptions& options) {
  if (source.size() > limits::kExpressionSourceBytesMax) {
    return {nullptr, Failure{"U1007", 0, "", "expression is longer than 65536 bytes"}};
  }
  Parsed parsed = parse(source, options.dialect);
  if (parsed.failure) return {nullptr, std::move(parsed.failure)};
  return {std::make_shared<const Program>(std::move(parsed.root), options.dialect), std::nullopt};
}

Evaluation evaluate(const Program& program, const json::Value& input,
                    const EvaluateOptions& options) {
  return run(program, Val::borrow(input), options);
}

Evaluation evaluate(const Program& program, const ComposedInput& input,
                    const EvaluateOptions& options) {
  // Members are borrowed, so this costs a row per name and copies no data.
  auto object = std::make_shared<ObjectData>();
  for (const auto& [name, value] : input.members)
    object->members.emplace_back(std::string(name), Val::borrow(*value));
  for (const json::Object* layer : input.layers) {
    for (const auto& member : *layer) {
      if (object->find(member.key()) == nullptr) {
        object->members.emplace_back(std::string(member.key()), Val::borrow(member.value()));
      }
    }
  }
  return run(program, Val::object(std::move(object)), options);
}

}  // namespace fermata::jsonata
