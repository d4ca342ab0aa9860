#include "actions/email_send.h"

#include <algorithm>

#include "email/message.h"
#include "email/smtp.h"
#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/base64.h"
#include "json/hash.h"
#include "json/parse.h"

namespace fermata::actions {
namespace {

// What servers commonly take in one transaction; a mailing list is another thing.
constexpr std::size_t kRecipientsMax = 100;
constexpr std::size_t kAttachmentsMax = 20;
// An input travels through Temporal and the ledger: no more than a payload may bring.
constexpr std::size_t kContentBytesMax = limits::kPayloadBytesMax;

constexpr std::string_view kInput =
    R"({"type":"object","required":["server","from","to","subject"],"additionalProperties":false,"properties":{
  "server":{"type":"object","required":["url"],"additionalProperties":false,"properties":{
    "url":{"type":"string"},"user":{"type":"string"},"password":{"type":"string"},"tls":{"enum":["required","none"]}}},
  "from":{"type":"string"},
  "to":{"type":"array","items":{"type":"string"}},"cc":{"type":"array","items":{"type":"string"}},
  "bcc":{"type":"array","items":{"type":"string"}},"replyTo":{"type":"array","items":{"type":"string"}},
  "subject":{"type":"string"},"text":{"type":"string"},"html":{"type":"string"},
  "attachments":{"type":"array","items":{"type":"object","required":["name"],"additionalProperties":false,"properties":{
    "name":{"type":"string"},"contentType":{"type":"string"},"text":{"type":"string"},"base64":{"type":"string"}}}}}})";
constexpr std::string_view kOutput =
    R"({"type":"object","required":["messageId","status","recipients"],"properties":{
  "messageId":{"type":"string"},"status":{"type":"number"},"recipients":{"type":"number"}}})";

Error invalid(std::string message) {
  return make_error(ErrorKind::Invalid, "EMAIL_INVALID", std::move(message));
}

ActionFailure failure_of(const Error& error) {
  const char* category = error.kind == ErrorKind::Invalid       ? "ValidationError"
                         : error.code == "EMAIL_TIMEOUT"        ? "TimeoutError"
                         : error.kind == ErrorKind::Unavailable ? "TransientError"
                                                                : "ActionError";
  return {category, error.code, error.message, nullptr, std::nullopt};
}

Result<std::string> text_at(const json::Object& object, std::string_view key) {
  const json::Value* value = json::find(object, key);
  if (value == nullptr || value->is_null()) return std::string();
  if (value->is_string()) return json::to_std(value->get_string());
  return invalid(format("{}: expected a text", key));
}

Result<std::vector<email::Address>> addresses_at(const json::Object& object, std::string_view key) {
  std::vector<email::Address> addresses;
  const json::Value* list = json::find(object, key);
  if (list == nullptr || list->is_null()) return addresses;
  if (!list->is_array() || list->get_array().size() > kRecipientsMax)
    return invalid(format("{}: expected a list of at most {} addresses", key, kRecipientsMax));
  for (const json::Value& item : list->get_array()) {
    if (!item.is_string()) return invalid(format("{}: expected addresses as texts", key));
    auto read = email::read_address(json::to_std(item.get_string()));
    if (!read.has_value()) return read.error().within(std::string(key));
    addresses.push_back(*std::move(read));
  }
  return addresses;
}

Result<email::Attachment> attachment_of(const json::Value& value) {
  if (!value.is_object()) return invalid("attachments: expected objects");
  const json::Object& object = value.get_object();
  email::Attachment attachment;
  TRY(attachment.name, text_at(object, "name"));
  TRY(const std::string type, text_at(object, "contentType"));
  if (!type.empty()) attachment.content_type = type;
  const bool is_text = json::find(object, "text") != nullptr;
  if (is_text == (json::find(object, "base64") != nullptr))
    return invalid(format("attachments: `{}` needs either `text` or `base64`", attachment.name));
  TRY(attachment.content, text_at(object, is_text ? "text" : "base64"));
  if (is_text) {
    attachment.is_utf8 = true;
    if (type.empty()) attachment.content_type = "text/plain";
    return attachment;
  }
  auto bytes = json::from_base64(attachment.content);
  if (!bytes) return invalid(format("attachments: `{}` is not base64", attachment.name));
  attachment.content = *std::move(bytes);
  return attachment;
}

Result<email::Message> message_of(const ActionCall& call, TimeMs now) {
  const json::Object& input = call.input.get_object();
  email::Message message;
  message.id = json::sha256_hex(call.idempotency_key).substr(0, 40);
  message.at = now;
  TRY(const std::string from, text_at(input, "from"));
  auto sender = email::read_address(from);
  if (!sender.has_value()) return sender.error().within("from");
  message.from = *std::move(sender);
  TRY(message.to, addresses_at(input, "to"));
  TRY(message.cc, addresses_at(input, "cc"));
  TRY(message.bcc, addresses_at(input, "bcc"));
  TRY(message.reply_to, addresses_at(input, "replyTo"));
  TRY(message.subject, text_at(input, "subject"));
  TRY(message.text, text_at(input, "text"));
  TRY(message.html, text_at(input, "html"));
  std::size_t bytes = message.text.size() + message.html.size() + message.subject.size();
  if (const json::Value* list = json::find(input, "attachments");
      list != nullptr && !list->is_null()) {
    if (!list->is_array() || list->get_array().size() > kAttachmentsMax)
      return invalid(format("attachments: expected a list of at most {}", kAttachmentsMax));
    for (const json::Value& item : list->get_array()) {
      TRY(email::Attachment attachment, attachment_of(item));
      bytes += attachment.content.size();
      message.attachments.push_back(std::move(attachment));
    }
  }
  if (bytes > kContentBytesMax)
    return invalid(
        format("the message has {} bytes, at most {} are sent", bytes, kContentBytesMax));
  return message;
}

// `smtp://mail.example.com:587` and nothing behind it: no user, no path.
bool is_server_url(std::string_view url) {
  for (const std::string_view scheme : {"smtp://", "smtps://"}) {
    if (!url.starts_with(scheme) || url.size() == scheme.size()) continue;
    return std::ranges::all_of(url.substr(scheme.size()), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
  }
  return false;
}

Result<email::Server> server_of(const ActionCall& call) {
  const json::Value* given = json::find(call.input, "server");
  if (given == nullptr || !given->is_object()) return invalid("server: expected an object");
  const json::Object& object = given->get_object();
  email::Server server;
  TRY(server.url, text_at(object, "url"));
  TRY(server.user, text_at(object, "user"));
  TRY(server.password, text_at(object, "password"));
  TRY(const std::string tls, text_at(object, "tls"));
  if (!is_server_url(server.url))
    return invalid("server.url: expected smtp://host:port or smtps://host:port, without a user");
  if (!tls.empty() && tls != "required" && tls != "none")
    return invalid("server.tls: expected `required` or `none`");
  if (tls == "none") server.tls = email::Tls::Waived;
  if (server.tls == email::Tls::Waived && !server.user.empty())
    return invalid("server.tls: a password is not told to a server without TLS");
  server.timeout_ms = call.timeout_ms;
  return server;
}

class EmailSend final : public Action {
 public:
  explicit EmailSend(EmailOptions options) : options_(std::move(options)) {
    spec_.id = "email.send";
    spec_.title = "Send an email";
    spec_.description = "one message to up to a hundred people, through an SMTP server of yours";
    spec_.input_schema = json::parse(kInput).value();
    spec_.output_schema = json::parse(kOutput).value();
    spec_.side_effects = definition::SideEffects::External;
    spec_.secret_pointers = {"/server/password"};
  }
  [[nodiscard]] const definition::ActionSpec& spec() const override { return spec_; }

  ActionResult run(const ActionCall& call) override {
    CHECK(options_.clock != nullptr, "an email without a clock");
    if (!call.input.is_object()) return failure_of(invalid("the input must be an object"));
    auto sent = send(call);
    if (!sent.has_value()) return failure_of(sent.error());
    return *std::move(sent);
  }

 private:
  Result<json::Value> send(const ActionCall& call) const {
    TRY(email::Server server, server_of(call));
    TRY(const email::Message message, message_of(call, options_.clock->now()));
    server.ca_file = options_.ca_file;
    server.may_connect = [this](const std::string& address) {
      return http::is_allowed(address, options_.policy);
    };
    email::Envelope envelope;
    envelope.from = message.from.mailbox;
    for (const auto* list : {&message.to, &message.cc, &message.bcc})
      for (const email::Address& address : *list) envelope.to.push_back(address.mailbox);
    if (envelope.to.size() > kRecipientsMax)
      return invalid(format("at most {} people get one message", kRecipientsMax));
    TRY(envelope.wire, email::to_wire(message));
    TRY(const int status, email::send(server, envelope));
    return json::Value(json::Object{{"messageId", email::message_id(message)},
                                    {"status", status},
                                    {"recipients", envelope.to.size()}});
  }

  EmailOptions options_;
  definition::ActionSpec spec_;
};

}  // namespace

std::unique_ptr<Action> make_email_send(EmailOptions options) {
  return std::make_unique<EmailSend>(std::move(options));
}

}  // namespace fermata::actions
