#pragma once
// Which addresses may be connected to, by us on behalf of an author. INVARIANT: what is judged is
// the address that a socket is about to connect to, never a name. An IPv4 address is judged the
// same in each of its forms: plain, mapped into IPv6, behind the well-known prefix of NAT64.

#include <string>
#include <vector>

namespace fermata::http {

struct AddressPolicy {
  // "127.0.0.1/32", "10.0.0.0/8", "fd00::/8"; others that are not of the public internet are
  // refused.
  std::vector<std::string> allowed_private;
};

// Whether the policy lets us connect to this address (text form). Unspecified, multicast and
// broadcast never.
bool is_allowed(const std::string& address, const AddressPolicy& policy);

}  // namespace fermata::http
