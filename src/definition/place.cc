#include "definition/place.h"

#include <algorithm>

#include "json/pointer.h"

namespace fermata::definition {

std::string pointer_of(std::string_view path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  std::string_view head = path.substr(0, slash);
  const std::string_view rest = path.substr(slash);
  if (head.starts_with("root")) head.remove_prefix(4);
  std::string pointer;
  bool is_behind_branch = false;
  while (!head.empty()) {
    const bool is_index = head.front() == '[';
    head.remove_prefix(1);
    const std::size_t end = std::min(head.find_first_of(".[]"), head.size());
    const std::string_view word = head.substr(0, end);
    head.remove_prefix(end);
    if (is_index && !head.empty()) head.remove_prefix(1);
    // A branch is a list: its path says `then.steps`, the document `then`.
    const bool is_list_of_branch = is_behind_branch && word == "steps";
    if (!is_list_of_branch) (pointer += '/') += word;
    is_behind_branch = !is_index && !is_list_of_branch && pointer != "/steps";
  }
  return pointer.append(rest);
}

std::string source_pointer_of(const json::Value& document, std::string_view path) {
  std::string pointer = pointer_of(path);
  if (json::at_pointer(document, pointer + "/$expr") != nullptr) return pointer + "/$expr";
  constexpr std::string_view kValue = "/value";
  if (!pointer.ends_with(kValue)) return "";
  pointer.replace(pointer.size() - kValue.size(), kValue.size(), "/path");
  return json::at_pointer(document, pointer) == nullptr ? "" : pointer;
}

}  // namespace fermata::definition
