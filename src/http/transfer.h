#pragma once
// One request and its answer, by libcurl, which follows nothing by itself. Private to this library.
// INVARIANT: no socket is opened to an address that the policy refuses, and nothing is sent over a
// kept connection to one.

#include <cstdint>

#include "http/redirect.h"

namespace fermata::http {

// What is left for this hop of what the whole call may take.
struct TransferLimits {
  const ClientRequest& call;
  const AddressPolicy& policy;
  std::int64_t left_ms;
  std::size_t bytes_left;
};

// Errors: those of send(), but for the ones of redirects.
Result<ClientResponse> transfer(const Hop& hop, const TransferLimits& limits);

}  // namespace fermata::http
