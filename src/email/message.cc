#include "email/message.h"

#include <algorithm>
#include <array>

#include "calendar/instant.h"
#include "foundation/format.h"
#include "json/base64.h"

namespace fermata::email {
namespace {

constexpr std::size_t kLineBytes = 76;

Error invalid(std::string message) {
  return make_error(ErrorKind::Invalid, "EMAIL_INVALID", std::move(message));
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A dot-atom on each side of one @: what nearly everybody has. Quoted local parts and domain
// literals are left out on purpose.
bool is_mailbox(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || at + 1 == text.size()) return false;
  if (text.size() > 254 || text.find('@', at + 1) != std::string_view::npos) return false;
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  const auto has_good_dots = [](std::string_view part) {
    return part.front() != '.' && part.back() != '.' && part.find("..") == std::string_view::npos;
  };
  return has_good_dots(local) && has_good_dots(domain) &&
         std::ranges::all_of(
             local,
             [&](char c) { return is_word(c) || kMarks.find(c) != std::string_view::npos; }) &&
         std::ranges::all_of(domain, [&](char c) { return is_word(c) || c == '-' || c == '.'; });
}

// Lines of base64.
std::string folded_base64(std::string_view bytes) {
  const std::string whole = json::to_base64(bytes);
  std::string lines;
  for (std::size_t i = 0; i < whole.size(); i += kLineBytes)
    lines += whole.substr(i, kLineBytes) + "\r\n";
  return lines;
}

// RFC 2047: what is not ASCII, or long, as encoded words that are cut between characters only.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t kWordBytes = 45;
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min(kWordBytes, text.size());
    while (size < text.size() && size > 1 &&
           (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
      --size;
    if (!words.empty()) words += "\r\n ";
    words += "=?UTF-8?B?" + json::to_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return words;
}

std::string header_text(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, is_ascii) && text.size() <= kLineBytes - 16 &&
                        text.find("=?") == std::string_view::npos;
  return is_plain ? std::string(text) : encoded_words(text);
}

// In double quotes, with what would end them behind a backslash.
std::string quoted(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made + "\"";
}

std::string address_text(const Address& address) {
  if (address.name.empty()) return address.mailbox;
  const bool is_plain = std::ranges::all_of(address.name, is_ascii) && address.name.size() <= 60;
  return (is_plain ? quoted(address.name) : encoded_words(address.name)) + " <" + address.mailbox +
         ">";
}

std::string list_text(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : addresses)
    text += (text.empty() ? "" : ",\r\n ") + address_text(address);
  return text;
}

// `Mon, 07 Jan 2030 10:00:30 +0000`
std::string date_text(TimeMs at) {
  constexpr std::array kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::int64_t days = at / 86'400'000;
  const std::int64_t seconds = at / 1'000 % 86'400;
  const calendar::Date date = calendar::date_from_days(days);
  return format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                kDays[static_cast<std::size_t>(days % 7)], date.day,
                kMonths[static_cast<std::size_t>(date.month - 1)], date.year, seconds / 3'600,
                seconds / 60 % 60, seconds % 60);
}

std::string part(const std::string& content_type, std::string_view bytes,
                 const std::string& more = {}) {
  return "Content-Type: " + content_type + "\r\nContent-Transfer-Encoding: base64\r\n" + more +
         "\r\n" + folded_base64(bytes);
}

std::string multipart(const std::string& kind, const std::string& boundary,
                      const std::vector<std::string>& parts) {
  std::string text = format("Content-Type: multipart/{}; boundary=\"{}\"\r\n\r\n", kind, boundary);
  for (const std::string& one : parts) text += "--" + boundary + "\r\n" + one;
  return text + "--" + boundary + "--\r\n";
}

// RFC 2231, so that any name goes through.
std::string file_name(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text = "filename*=UTF-8''";
  for (const char c : name) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
    if (is_plain) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return text;
}

std::string attached(const Attachment& attachment) {
  const bool is_text = attachment.is_utf8 && attachment.content_type.starts_with("text/");
  return part(attachment.content_type + (is_text ? "; charset=utf-8" : ""), attachment.content,
              "Content-Disposition: attachment;\r\n " + file_name(attachment.name) + "\r\n");
}

// `text/plain`, without parameters.
bool is_content_type(std::string_view text) {
  const auto is_token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '+';
  };
  const std::size_t slash = text.find('/');
  return text.size() <= 100 && slash != std::string_view::npos && slash > 0 &&
         slash + 1 < text.size() && std::ranges::all_of(text.substr(0, slash), is_token) &&
         std::ranges::all_of(text.substr(slash + 1), is_token);
}

Result<void> check(const Message& message) {
  if (message.to.empty() && message.cc.empty() && message.bcc.empty())
    return invalid("to: nobody is to get it");
  if (std::ranges::any_of(message.subject, is_control))
    return invalid("subject: a control character, such as a line break, cannot stand in it");
  if (message.text.empty() && message.html.empty())
    return invalid("text: there is neither a `text` nor an `html`");
  for (const Attachment& attachment : message.attachments) {
    if (attachment.name.empty() || std::ranges::any_of(attachment.name, is_control))
      return invalid("attachments: a name is missing or has control characters in it");
    if (!is_content_type(attachment.content_type))
      return invalid(
          format("attachments: `{}` has no content type such as text/plain", attachment.name));
  }
  return {};
}

}  // namespace

Result<Address> read_address(const std::string& text) {
  if (std::ranges::any_of(text, is_control) || text.size() > 512)
    return invalid("an address has control characters, such as a line break, or over 512 bytes");
  const std::string_view whole = trimmed(text);
  Address address;
  const std::size_t open = whole.rfind('<');
  if (open != std::string_view::npos && whole.back() == '>') {
    std::string_view name = trimmed(whole.substr(0, open));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
      name = name.substr(1, name.size() - 2);
    address.name = name;
    address.mailbox = whole.substr(open + 1, whole.size() - open - 2);
  } else {
    address.mailbox = whole;
  }
  if (is_mailbox(address.mailbox)) return address;
  return invalid(format("`{}` is not an address such as ada@example.com", text));
}

std::string message_id(const Message& message) {
  return "<" + message.id + message.from.mailbox.substr(message.from.mailbox.find('@')) + ">";
}

Result<std::string> to_wire(const Message& message) {
  TRY_DO(check(message));
  std::string wire = "Date: " + date_text(message.at) + "\r\nFrom: " + address_text(message.from);
  wire += "\r\n";
  if (!message.to.empty()) wire += "To: " + list_text(message.to) + "\r\n";
  if (!message.cc.empty()) wire += "Cc: " + list_text(message.cc) + "\r\n";
  if (!message.reply_to.empty()) wire += "Reply-To: " + list_text(message.reply_to) + "\r\n";
  wire += "Message-ID: " + message_id(message) + "\r\n";
  wire += "Subject: " + header_text(message.subject) + "\r\nMIME-Version: 1.0\r\n";
  std::vector<std::string> bodies;
  if (!message.text.empty()) bodies.push_back(part("text/plain; charset=utf-8", message.text));
  if (!message.html.empty()) bodies.push_back(part("text/html; charset=utf-8", message.html));
  // What stands between boundaries is base64, which has no `_`.
  const std::string body = bodies.size() == 1
                               ? bodies[0]
                               : multipart("alternative", "a_" + message.id.substr(0, 40), bodies);
  if (message.attachments.empty()) return wire + body;
  std::vector<std::string> parts{body};
  for (const Attachment& attachment : message.attachments) parts.push_back(attached(attachment));
  return wire + multipart("mixed", "m_" + message.id.substr(0, 40), parts);
}

}  // namespace fermata::email
