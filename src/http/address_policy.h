#pragma once
// Which addresses may be connected to, by us on behalf of an author. What is judged is the address
// that a socket is connected to, never a name.

#include <string>
#include <vector>

namespace fermata::http {

struct AddressPolicy {
  std::vector<std::string> allowed_private;  // "127.0.0.1/32", "10.0.0.0/8", "fd00::/8"; others
                                             // that are private are refused
};

// Whether the policy lets us connect to this address (text form). Unspecified, multicast and
// broadcast never.
bool is_allowed(const std::string& address, const AddressPolicy& policy);

}  // namespace fermata::http
