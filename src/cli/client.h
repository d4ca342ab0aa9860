#pragma once
// What commands share that talk to a server over its API.

#include <string>

#include "cli/commands.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::cli {

struct Call {
  std::string method;
  std::string path;
  std::string body;
};
// The answer as it came, up to 64 MB, or what the server said was wrong.
Result<std::string> call_text(const ServerAddress& given, const Call& call);
// The answer's JSON, or what the server said was wrong.
Result<json::Value> call(const ServerAddress& given, const Call& call);
// The items of every page of a list; `path` has a query.
Result<json::Array> all_items(const ServerAddress& server, const std::string& path);
// On standard output, or the error; gives the exit code.
int print(const Result<json::Value>& result);
// The file's JSON; {} without one.
Result<json::Value> read_object(const std::string& file);
// As a part of an address.
std::string percent_encode(std::string_view text);

}  // namespace fermata::cli
