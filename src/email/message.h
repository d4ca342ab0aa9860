#pragma once
// A message as it goes over the wire (RFC 5322, MIME). INVARIANT: no text of an author can begin a
// header or a part of its own: control characters are refused wherever a line could end, and every
// body is base64. The same message under the same id is the same bytes.

#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/result.h"

namespace fermata::email {

// `Ada <ada@example.com>` or `ada@example.com`.
struct Address {
  std::string name;
  std::string mailbox;  // ada@example.com
};
// Errors: EMAIL_INVALID.
Result<Address> read_address(const std::string& text);

struct Attachment {
  std::string name;
  std::string content_type = "application/octet-stream";
  std::string content;   // bytes
  bool is_utf8 = false;  // then a text type says so
};

struct Message {
  std::string id;  // left of the @ of its Message-ID: hex digits
  TimeMs at = 0;
  Address from;
  std::vector<Address> to;
  std::vector<Address> cc;
  std::vector<Address> bcc;  // told to the server alone
  std::vector<Address> reply_to;
  std::string subject;
  std::string text;  // one of the two at least
  std::string html;
  std::vector<Attachment> attachments;
};

// `<id@domain of the sender>`
std::string message_id(const Message& message);
// Errors: EMAIL_INVALID, naming the field.
Result<std::string> to_wire(const Message& message);

}  // namespace fermata::email
