// What the language's codes mean, in our words.
#include <algorithm>
#include <array>

#include "jsonata/jsonata.h"

namespace fermata::jsonata {
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

}  // namespace

std::string_view describe(std::string_view code) {
  const auto* row = std::ranges::find(kSentences, code, &Sentence::code);
  if (row != kSentences.end()) return row->text;
  if (code == "U1005") return "regular expression takes too many steps";
  return "the expression cannot be evaluated";
}

// The token as it is written: a variable with its `$`, a name or text with its marks.
TextSpan span_of(const Failure& failure, std::string_view source) {
  const std::size_t to = std::min(failure.position, source.size());
  const std::string_view before = source.substr(0, to);
  for (const std::string_view mark : {"", "`", "\"", "'"}) {
    const std::string written = failure.token + std::string(mark);
    if (failure.token.empty() || !before.ends_with(written)) continue;
    std::size_t from = to - written.size();
    if (from > 0 && (mark.empty() ? source[from - 1] == '$' : source[from - 1] == mark[0])) --from;
    return {from, to};
  }
  return {to, to};
}

}  // namespace fermata::jsonata
