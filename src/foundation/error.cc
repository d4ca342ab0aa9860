#include "foundation/error.h"

#include <utility>

namespace fermata {

Error Error::within(std::string_view context) const& {
  return Error(*this).within(context);
}

Error Error::within(std::string_view context) && {
  message.insert(0, ": ");
  message.insert(0, context);
  return std::move(*this);
}

Error make_error(ErrorKind kind, std::string_view code, std::string message, std::string help) {
  return Error{kind, std::string(code), std::move(message), std::move(help)};
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Invalid:
      return "invalid";
    case ErrorKind::Unauthorized:
      return "unauthorized";
    case ErrorKind::Forbidden:
      return "forbidden";
    case ErrorKind::NotFound:
      return "not_found";
    case ErrorKind::Conflict:
      return "conflict";
    case ErrorKind::TooLarge:
      return "too_large";
    case ErrorKind::TooMany:
      return "too_many";
    case ErrorKind::Unavailable:
      return "unavailable";
    case ErrorKind::Internal:
      return "internal";
  }
  return "internal";
}

}  // namespace fermata
