#include "email/smtp.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "foundation/format.h"
#include "foundation/ip_text.h"

namespace fermata::email {
namespace {

struct Transfer {
  const Server& server;
  std::string_view left;  // of the message
  std::string refused_address;
  std::string refusal;  // the server's last words of that kind
};

std::size_t on_read(char* to, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = std::min(size * count, transfer.left.size());
  std::memcpy(to, transfer.left.data(), bytes);
  transfer.left.remove_prefix(bytes);
  return bytes;
}

// What the server says comes as headers.
std::size_t on_line(char* data, std::size_t size, std::size_t count, void* user) {
  constexpr std::size_t kBytesMax = 500;
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with('4') || line.starts_with('5')) {
    std::string& refusal = static_cast<Transfer*>(user)->refusal;
    refusal = line.substr(0, kBytesMax);
    // It becomes part of a message, which not all bytes can.
    std::ranges::replace_if(
        refusal, [](char c) { return c < ' ' || c > '~'; }, '?');
  }
  return size * count;
}

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string text = ip_text(&address->addr);
  if (!text.empty() && transfer.server.may_connect(text))
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  transfer.refused_address = text;
  return CURL_SOCKET_BAD;
}

Error error_of(CURLcode code, long status, const Transfer& transfer) {
  const std::string& url = transfer.server.url;
  const std::string said = transfer.refusal.empty() ? curl_easy_strerror(code) : transfer.refusal;
  if (!transfer.refused_address.empty())
    return make_error(ErrorKind::Forbidden, "EMAIL_ADDRESS_REFUSED",
                      format("`{}` leads to the private address {}", url, transfer.refused_address),
                      "allow it by --allow-private-http if that is meant");
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(
          ErrorKind::Unavailable, "EMAIL_TIMEOUT",
          format("`{}` did not take the message in {} ms", url, transfer.server.timeout_ms));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return make_error(ErrorKind::Invalid, "EMAIL_INVALID",
                        format("`{}` is not an address such as smtp://mail.example.com", url));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
      return make_error(
          ErrorKind::Forbidden, "EMAIL_TLS",
          format("`{}` cannot be spoken to in secret: {}", url, curl_easy_strerror(code)));
    default:
      break;
  }
  if (status >= 500 || code == CURLE_LOGIN_DENIED)
    return make_error(ErrorKind::Forbidden, "EMAIL_REFUSED",
                      format("`{}` refused the message: {}", url, said));
  if (status >= 400)
    return make_error(ErrorKind::Unavailable, "EMAIL_DEFERRED",
                      format("`{}` does not take the message now: {}", url, said));
  return make_error(ErrorKind::Unavailable, "EMAIL_UNREACHABLE",
                    format("`{}`: {}", url, curl_easy_strerror(code)));
}

using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// Empty when there is no memory for it.
List recipients_of(const Envelope& envelope) {
  List list(nullptr, curl_slist_free_all);
  for (const std::string& to : envelope.to) {
    curl_slist* const longer = curl_slist_append(list.get(), ("<" + to + ">").c_str());
    if (longer == nullptr) return {nullptr, curl_slist_free_all};
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

// The first option that is refused, if any, ends the call: without it the call would be another.
CURLcode set_options(CURL* curl, const Envelope& envelope, const List& recipients,
                     Transfer& transfer) {
  CURLcode code = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value);
  };
  const Server& server = transfer.server;
  set(CURLOPT_URL, server.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_USE_SSL,
      static_cast<long>(server.tls == Tls::Required ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!server.ca_file.empty()) {
    set(CURLOPT_CAINFO, server.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // or the system's would do, too
  }
  if (!server.user.empty()) {
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
  // 0 would be for ever; timers of libcurl count to 31 bits.
  set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(std::clamp<std::int64_t>(server.timeout_ms, 1, std::int64_t{1} << 30)));
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
  set(CURLOPT_HEADERFUNCTION, on_line);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_MAIL_FROM, ("<" + envelope.from + ">").c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, on_read);
  set(CURLOPT_READDATA, static_cast<void*>(&transfer));
  return code;
}

}  // namespace

Result<int> send(const Server& server, const Envelope& envelope) {
  // A connection is not kept: servers count how many one peer holds.
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  Transfer transfer{server, envelope.wire, {}, {}};
  const List recipients = recipients_of(envelope);
  if (curl == nullptr || recipients == nullptr) return error_of(CURLE_OUT_OF_MEMORY, 0, transfer);
  CURLcode code = set_options(curl.get(), envelope, recipients, transfer);
  if (code == CURLE_OK) code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) return error_of(code, status, transfer);
  return static_cast<int>(status);
}

}  // namespace fermata::email
