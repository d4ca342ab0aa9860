#pragma once
// Error: an operation failed, or the outside said no. It travels in Result<T> (result.h) and gains
// context at each border through within(). An author's run error is another thing:
// interpreter/run_error.h. INVARIANT: `code` is one of contracts/error_codes.json and has a page in
// docs/errors/.

#include <string>
#include <string_view>

namespace fermata {

// What a caller can do about an error. It decides HTTP status, exit code and whether a retry makes
// sense.
enum class ErrorKind {
  Invalid,       // the request or the data is wrong: say so to its author (400, exit 1)
  Unauthorized,  // no or bad credentials (401)
  Forbidden,     // known, but not allowed (403)
  NotFound,      // 404, exit 1
  Conflict,      // the state of the thing forbids it, or somebody was faster (409, exit 1)
  TooLarge,      // a limit was exceeded (413)
  TooMany,       // a rate or a quota was exceeded (429)
  Unavailable,   // an outside world is away: trying again may help (503, exit 3)
  Internal,      // our own mistake (500, exit 3)
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string code;     // UPPER_SNAKE, e.g. DEFINITION_INVALID
  std::string message;  // one sentence, lower case, no final stop, outermost context first
  std::string help;     // what to do about it; may be empty

  // The same error with context in front: "publishing workflow `invoice`: store is locked".
  Error within(std::string_view context) const&;
  Error within(std::string_view context) &&;

  bool operator==(const Error&) const = default;
};

Error make_error(ErrorKind kind, std::string_view code, std::string message, std::string help = {});

// "invalid", "not_found", …: the stable lower-case name, used in logs and JSON.
std::string_view to_string(ErrorKind kind);

}  // namespace fermata
