#pragma once
// The words that the ledger's states have in both databases. Private to this library.

#include <string_view>

#include "store/store.h"

namespace fermata::store {

inline std::string_view word_of(InvocationStatus status) {
  switch (status) {
    case InvocationStatus::Started:
      return "STARTED";
    case InvocationStatus::Succeeded:
      return "SUCCEEDED";
    case InvocationStatus::Failed:
      return "FAILED";
  }
  return "STARTED";
}

inline InvocationStatus invocation_status_of(std::string_view word) {
  if (word == "SUCCEEDED") return InvocationStatus::Succeeded;
  return word == "FAILED" ? InvocationStatus::Failed : InvocationStatus::Started;
}

}  // namespace fermata::store
