#include "jsonata/lexer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

constexpr std::string_view kSingle = ".[]{}(),@#;:?+-*/%|=<>^&!~";
constexpr std::array<std::string_view, 9> kDouble = {
    "..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"};
// Common spellings of other languages, understood in workflow definitions: on tokens, so never
// inside text.
struct Alias {
  std::string_view written;
  std::string_view meant;
};
constexpr std::array<Alias, 5> kAliases = {
    {{"!==", "!="}, {"===", "="}, {"==", "="}, {"&&", "and"}, {"||", "or"}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool ends_name(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' ||
         kSingle.find(c) != std::string_view::npos;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Failure make_failure(std::string code, std::size_t position, std::string token) {
  std::string message(describe(code));
  if (!token.empty()) message += ": `" + token + "`";
  return {std::move(code), position, std::move(token), std::move(message)};
}

Token Lexer::make(TokenType type, std::string text) {
  Token token;
  token.type = type;
  token.text = std::move(text);
  token.begin = begin_;
  token.position = at_;
  return token;
}

Token Lexer::fail(std::string code, std::string token) {
  failure_ = make_failure(std::move(code), at_, std::move(token));
  return make(TokenType::End, "");
}

bool Lexer::skip_space() {
  while (at_ < source_.size()) {
    const char c = source_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v') {
      ++at_;
    } else if (c == '/' && at_ + 1 < source_.size() && source_[at_ + 1] == '*') {
      const std::size_t end = source_.find("*/", at_ + 2);
      if (end == std::string_view::npos) {
        failure_ = make_failure("S0106", at_);
        at_ = source_.size();
        return false;
      }
      at_ = end + 2;
    } else {
      return true;
    }
  }
  return true;
}

Token Lexer::next(Expect expect) {
  const bool is_end = failure_ || !skip_space() || at_ >= source_.size();
  begin_ = at_;
  if (is_end) return make(TokenType::End, "(end)");
  const char c = source_[at_];
  if (c == '/' && expect == Expect::Operand) return regex_token();
  if (auto token = operator_token()) return *std::move(token);
  if (failure_) return make(TokenType::End, "");
  if (c == '"' || c == '\'') return string_token(c);
  if (is_digit(c)) return number_token();
  if (c == '`') return quoted_name();
  return name_token();
}

std::optional<Token> Lexer::operator_token() {
  const std::string_view rest = source_.substr(at_);
  if (dialect_ == Dialect::Workflow) {
    for (const Alias& alias : kAliases) {
      if (rest.starts_with(alias.written)) {
        at_ += alias.written.size();
        return make(TokenType::Operator, std::string(alias.meant));
      }
    }
  }
  for (const std::string_view symbol : kDouble) {
    if (rest.starts_with(symbol)) {
      at_ += 2;
      return make(TokenType::Operator, std::string(symbol));
    }
  }
  if (kSingle.find(rest[0]) != std::string_view::npos && rest[0] != '!' && rest[0] != '~') {
    ++at_;
    return make(TokenType::Operator, std::string(1, rest[0]));
  }
  if (rest[0] == '!' || rest[0] == '~') {
    ++at_;
    fail("S0204", std::string(1, rest[0]));
  }
  return std::nullopt;
}

bool Lexer::unicode_escape(std::string& text) {
  const auto read_unit = [&]() -> int {
    if (at_ + 4 > source_.size()) return -1;
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(source_[at_ + static_cast<std::size_t>(i)]);
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    at_ += 4;
    return unit;
  };
  const int unit = read_unit();
  if (unit < 0) {
    fail("S0104");
    return false;
  }
  auto code = static_cast<char32_t>(unit);
  if (unit >= 0xD800 && unit < 0xDC00 && source_.substr(at_).starts_with("\\u")) {
    const std::size_t back = at_;
    at_ += 2;
    const int low = read_unit();
    if (low >= 0xDC00 && low < 0xE000) {
      code = static_cast<char32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
    } else {
      at_ = back;
    }
  }
  append_utf8(text, code);
  return true;
}

bool Lexer::escape(std::string& text) {
  if (at_ >= source_.size()) {
    fail("S0101");
    return false;
  }
  const char c = source_[at_++];
  switch (c) {
    case '"':
    case '\\':
    case '/':
      text.push_back(c);
      return true;
    case 'b':
      text.push_back('\b');
      return true;
    case 'f':
      text.push_back('\f');
      return true;
    case 'n':
      text.push_back('\n');
      return true;
    case 'r':
      text.push_back('\r');
      return true;
    case 't':
      text.push_back('\t');
      return true;
    case 'u':
      return unicode_escape(text);
    default:
      fail("S0103", std::string(1, c));
      return false;
  }
}

Token Lexer::string_token(char quote) {
  std::string text;
  ++at_;
  while (at_ < source_.size()) {
    const char c = source_[at_++];
    if (c == quote) return make(TokenType::String, std::move(text));
    if (c == '\\') {
      if (!escape(text)) return make(TokenType::End, "");
    } else {
      text.push_back(c);
    }
  }
  return fail("S0101");
}

Token Lexer::number_token() {
  const std::size_t start = at_;
  while (at_ < source_.size() && is_digit(source_[at_])) ++at_;
  if (source_[start] == '0') at_ = start + 1;  // no leading zeros
  if (at_ + 1 < source_.size() && source_[at_] == '.' && is_digit(source_[at_ + 1])) {
    ++at_;
    while (at_ < source_.size() && is_digit(source_[at_])) ++at_;
  }
  if (at_ < source_.size() && (source_[at_] == 'e' || source_[at_] == 'E')) {
    std::size_t exponent = at_ + 1;
    if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-'))
      ++exponent;
    if (exponent < source_.size() && is_digit(source_[exponent])) {
      at_ = exponent;
      while (at_ < source_.size() && is_digit(source_[at_])) ++at_;
    }
  }
  const std::string_view text = source_.substr(start, at_ - start);
  Token token = make(TokenType::Number, std::string(text));
  const auto result = std::from_chars(text.data(), text.data() + text.size(), token.number);
  if (result.ec == std::errc::result_out_of_range) {
    if (text.find("e-") == std::string_view::npos && text.find("E-") == std::string_view::npos) {
      return fail("S0102", std::string(text));
    }
    token.number = 0;
  }
  return token;
}

Token Lexer::regex_token() {
  const std::size_t start = ++at_;
  int depth = 0;
  for (; at_ < source_.size(); ++at_) {
    const char c = source_[at_];
    const bool is_escaped =
        at_ > start && source_[at_ - 1] == '\\' && !(at_ > start + 1 && source_[at_ - 2] == '\\');
    if (c == '/' && !is_escaped && depth == 0) {
      Token token = make(TokenType::Regex, std::string(source_.substr(start, at_ - start)));
      if (token.text.empty()) return fail("S0301");
      ++at_;
      while (at_ < source_.size() && (source_[at_] == 'i' || source_[at_] == 'm'))
        token.flags.push_back(source_[at_++]);
      token.position = at_;
      return token;
    }
    if ((c == '(' || c == '[' || c == '{') && !is_escaped) ++depth;
    if ((c == ')' || c == ']' || c == '}') && !is_escaped) --depth;
  }
  return fail("S0302");
}

Token Lexer::quoted_name() {
  const std::size_t end = source_.find('`', at_ + 1);
  if (end == std::string_view::npos) {
    at_ = source_.size();
    return fail("S0105");
  }
  std::string name(source_.substr(at_ + 1, end - at_ - 1));
  at_ = end + 1;
  return make(TokenType::Name, std::move(name));
}

Token Lexer::name_token() {
  const std::size_t start = at_;
  ++at_;
  while (at_ < source_.size() && !ends_name(source_[at_])) ++at_;
  const std::string_view name = source_.substr(start, at_ - start);
  if (name[0] == '$') return make(TokenType::Variable, std::string(name.substr(1)));
  if (name == "and" || name == "or" || name == "in")
    return make(TokenType::Operator, std::string(name));
  if (name == "true" || name == "false" || name == "null")
    return make(TokenType::Value, std::string(name));
  return make(TokenType::Name, std::string(name));
}

}  // namespace fermata::jsonata
