#include "jsonata/signature.h"

namespace fermata::jsonata {
namespace {

std::uint16_t bits_of(char letter) {
  switch (letter) {
    case 'm':
      return type_bit(Tag::Undefined);
    case 'l':
      return type_bit(Tag::Null);
    case 'b':
      return type_bit(Tag::Bool);
    case 'n':
      return type_bit(Tag::Number);
    case 's':
      return type_bit(Tag::String);
    case 'a':
      return type_bit(Tag::Array);
    case 'o':
      return type_bit(Tag::Object);
    case 'f':
      return type_bit(Tag::Function);
    default:
      return 0;
  }
}

std::uint16_t bits_of(std::string_view letters) {
  std::uint16_t bits = 0;
  for (const char letter : letters) bits = static_cast<std::uint16_t>(bits | bits_of(letter));
  return bits;
}

std::size_t closing(std::string_view text, std::size_t at, char open, char close) {
  int depth = 1;
  while (++at < text.size()) {
    if (text[at] == close && --depth == 0) break;
    if (text[at] == open) ++depth;
  }
  return at;
}

Parameter plain(char letter) {
  Parameter parameter;
  switch (letter) {
    case 'a':
      parameter.types = bits_of("asnblfom");
      parameter.is_array = true;
      break;
    case 'x':
      parameter.types = bits_of("asnblfom");
      break;
    case 'j':
      parameter.types = bits_of("asnblom");
      break;
    case 'f':
      parameter.types = bits_of("f");
      break;
    default:
      parameter.types = static_cast<std::uint16_t>(bits_of(letter) | bits_of('m'));
  }
  return parameter;
}

}  // namespace

const char* read_signature(std::string_view text, Signature& signature) {
  auto& all = signature.parameters;
  char last = 0;
  for (std::size_t at = 1; at < text.size() && text[at] != ':'; ++at) {
    const char symbol = text[at];
    if (std::string_view("snbloafjx").find(symbol) != std::string_view::npos) {
      all.push_back(plain(symbol));
      last = symbol;
    } else if (symbol == '(') {
      const std::size_t end = closing(text, at, '(', ')');
      const std::string_view choice = text.substr(at + 1, end - at - 1);
      if (choice.find('<') != std::string_view::npos) return "S0402";
      Parameter parameter;
      parameter.types = static_cast<std::uint16_t>(bits_of(choice) | bits_of('m'));
      all.push_back(parameter);
      last = '(';
      at = end;
    } else if (symbol == '<') {
      if (all.empty() || (last != 'a' && last != 'f')) return "S0401";
      const std::size_t end = closing(text, at, '<', '>');
      // Without a type nothing fits.
      all.back().item_type = end > at + 1 ? text[at + 1] : '?';
      at = end;
    } else if (!all.empty() && symbol == '-') {
      all.back().takes_context = true;
      all.back().is_optional = true;
    } else if (!all.empty() && symbol == '?') {
      all.back().is_optional = true;
    } else if (!all.empty() && symbol == '+') {
      all.back().is_repeated = true;
    }
  }
  signature.arity = static_cast<std::uint32_t>(all.size());
  return nullptr;
}

bool items_are(const Cell& array, char letter) {
  const std::uint16_t wanted = bits_of(letter);
  const Items items(array);
  if (items.size() == 0) return true;
  const Tag first = items.at(0).tag;
  if ((type_bit(first) & wanted) == 0) return false;
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (items.at(i).tag != first) return false;
  }
  return true;
}

}  // namespace fermata::jsonata
