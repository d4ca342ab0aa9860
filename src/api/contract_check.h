#pragma once
// ContractCheck: whether a request's parameters and the members of its body are of the types,
// words and sizes that contracts/openapi.json promises to take. Without it a member of another type
// would be taken for one that is missing: a guard such as `expectedDraftVersion` must never be lost
// that way. What is missing, and what the values mean, is the handler's to judge.

#include <map>
#include <memory>
#include <string>

#include "http/router.h"

namespace fermata::api {

class ContractCheck {
 public:
  // Of the document in the program.
  ContractCheck();
  ContractCheck(ContractCheck&&) noexcept;
  ~ContractCheck();

  // The handler, behind the check; as it is when the contract says nothing of the route's input.
  // Errors: QUERY_INVALID, BODY_INVALID.
  [[nodiscard]] http::Handler wrap(const std::string& method, const std::string& pattern,
                                   http::Handler handler) const;

 private:
  struct Input;
  std::map<std::string, std::shared_ptr<const Input>> inputs_;  // by "METHOD /pattern"
};

}  // namespace fermata::api
