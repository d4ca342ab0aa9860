#include "jsonata/signature.h"

#include <array>

#include "jsonata/evaluator.h"

namespace fermata::jsonata {
namespace {

char letter_of(const Val& value) {
  switch (value.tag()) {
    case Tag::Undefined:
      return 'm';
    case Tag::Null:
      return 'l';
    case Tag::Bool:
      return 'b';
    case Tag::Number:
      return 'n';
    case Tag::String:
      return 's';
    case Tag::Array:
      return 'a';
    case Tag::Object:
      return 'o';
    case Tag::Function:
      return 'f';
  }
  return 'm';
}

Error bad(const char* code) {
  return make_error(ErrorKind::Invalid, code, "bad signature");
}

std::string accepted(char letter) {
  switch (letter) {
    case 'a':
      return "asnblofm";
    case 'f':
      return "f";
    case 'j':
      return "asnblom";
    case 'x':
      return "asnblofm";
    case 'u':
      return "bnslm";
    default:
      return std::string(1, letter) + "m";
  }
}

bool fits(const Parameter& parameter, char letter) {
  return parameter.types.find(letter) != std::string::npos;
}

// One parameter's share of the arguments: greedy, with backtracking, like the regular expression it
// stands for.
bool assign(const Signature& signature, const std::string& letters, std::size_t parameter,
            std::size_t at, std::vector<std::size_t>& taken) {
  if (parameter == signature.parameters.size()) return at == letters.size();
  const Parameter& wanted = signature.parameters[parameter];
  std::size_t most = 0;
  while (at + most < letters.size() && fits(wanted, letters[at + most]) &&
         (wanted.is_repeated || most == 0))
    ++most;
  const std::size_t least = wanted.is_optional || wanted.takes_context ? 0 : 1;
  for (std::size_t count = most + 1; count-- > least;) {
    taken[parameter] = count;
    if (assign(signature, letters, parameter + 1, at + count, taken)) return true;
  }
  return false;
}

bool items_fit(const Val& array, char item_type) {
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (letter_of(array.at(i)) != item_type) return false;
  }
  return true;
}

// Which argument is to blame: the first after which nothing fits any more.
std::size_t culprit(const Signature& signature, const std::string& letters) {
  std::size_t at = 0;
  for (const Parameter& parameter : signature.parameters) {
    if (at >= letters.size()) break;
    if (!fits(parameter, letters[at])) {
      if (parameter.is_optional || parameter.takes_context) continue;
      return at + 1;
    }
    ++at;
    while (parameter.is_repeated && at < letters.size() && fits(parameter, letters[at])) ++at;
  }
  return at + 1;
}

}  // namespace

Result<Signature> parse_signature(std::string_view text) {
  Signature signature;
  std::size_t at = 1;  // behind '<'
  while (at < text.size() && text[at] != ':' && text[at] != '>') {
    const char letter = text[at];
    if (letter == '-' || letter == '?' || letter == '+') {
      if (signature.parameters.empty()) return bad("S0402");
      Parameter& last = signature.parameters.back();
      if (letter == '-') last.takes_context = true;
      if (letter == '?') last.is_optional = true;
      if (letter == '+') last.is_repeated = true;
      ++at;
      continue;
    }
    Parameter parameter;
    parameter.type = letter;
    if (letter == '(') {
      const std::size_t end = text.find(')', at);
      if (end == std::string_view::npos) return bad("S0402");
      const std::string_view choice = text.substr(at + 1, end - at - 1);
      if (choice.find('<') != std::string_view::npos) return bad("S0402");
      for (const char c : choice) parameter.types += accepted(c);
      at = end + 1;
    } else if (std::string_view("snblofajxu").find(letter) != std::string_view::npos) {
      parameter.types = accepted(letter);
      ++at;
    } else {
      return bad("S0402");
    }
    if (at < text.size() && text[at] == '<') {
      if (letter != 'a' && letter != 'f') return bad("S0401");
      parameter.item_type = at + 1 < text.size() ? text[at + 1] : 0;
      int depth = 0;
      do {
        if (text[at] == '<') ++depth;
        if (text[at] == '>') --depth;
        ++at;
      } while (at < text.size() && depth > 0);
    }
    signature.parameters.push_back(std::move(parameter));
  }
  return signature;
}

bool validate(Evaluator& evaluator, const Signature& signature, std::vector<Val>& arguments,
              const Val& context) {
  std::string letters;
  for (const Val& argument : arguments) letters.push_back(letter_of(argument));
  std::vector<std::size_t> taken(signature.parameters.size(), 0);
  if (!assign(signature, letters, 0, 0, taken)) {
    evaluator.fail_here("T0410", std::to_string(culprit(signature, letters)));
    return false;
  }
  std::vector<Val> checked;
  std::size_t at = 0;
  for (std::size_t p = 0; p < signature.parameters.size(); ++p) {
    const Parameter& parameter = signature.parameters[p];
    if (taken[p] == 0) {
      if (parameter.takes_context) {
        if (!fits(parameter, letter_of(context))) {
          evaluator.fail_here("T0411", std::to_string(p + 1));
          return false;
        }
        checked.push_back(context);
      } else {
        checked.emplace_back();
      }
      continue;
    }
    for (std::size_t i = 0; i < taken[p]; ++i, ++at) {
      Val argument = arguments[at];
      if (parameter.type == 'a' && !argument.is_undefined()) {
        const bool is_list = argument.is_array();
        const char item = parameter.item_type;
        const bool ok = item == 0 || item == 'x' ||
                        (is_list ? items_fit(argument, item) : letter_of(argument) == item);
        if (!ok) {
          evaluator.fail_here("T0412", std::to_string(p + 1));
          return false;
        }
        if (!is_list) argument = sequence(argument);
      }
      checked.push_back(std::move(argument));
    }
  }
  arguments = std::move(checked);
  return true;
}

}  // namespace fermata::jsonata
