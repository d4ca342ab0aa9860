#pragma once
// Text to tokens. Names, numbers, strings (escapes resolved), operators, regular expressions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jsonata/jsonata.h"

namespace fermata::jsonata {

enum class TokenType : std::uint8_t { End, Operator, Name, Variable, Number, String, Value, Regex };

struct Token {
  TokenType type = TokenType::End;
  std::string text;
  std::string flags;  // Regex
  double number = 0;
  std::size_t begin = 0;     // of the token in the source …
  std::size_t position = 0;  // … and its end
};

// Whether a `/` would start a regular expression here: after an operator it does, after an operand
// it divides.
// After `]` of `x[]`, the `)` of an order-by, and the ends of lambdas and transforms the official
// engine expects an operand all the same: divide in brackets there.
enum class Expect : std::uint8_t { Operand, Operator };

class Lexer {
 public:
  Lexer(std::string_view source, Dialect dialect) : source_(source), dialect_(dialect) {}
  // The next token, or End with failure() set.
  Token next(Expect expect);
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  Token make(TokenType type, std::string text);
  Token fail(std::string code, std::string token = {});
  bool skip_space();
  Token string_token(char quote);
  bool escape(std::string& text);
  bool unicode_escape(std::string& text);
  Token number_token();
  Token regex_token();
  Token name_token();
  Token quoted_name();
  std::optional<Token> operator_token();

  std::string_view source_;
  Dialect dialect_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the token that is being read
  std::optional<Failure> failure_;
};

// Failure with the code's own sentence.
Failure make_failure(std::string code, std::size_t position, std::string token = {});

}  // namespace fermata::jsonata
