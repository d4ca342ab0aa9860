#include "http/transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "foundation/format.h"
#include "foundation/ip_text.h"
#include "http/utf8.h"

namespace fermata::http {
namespace {

struct Transfer {
  const TransferLimits& limits;
  ClientResponse response;
  std::size_t header_bytes = 0;
  bool is_too_large = false;
  bool has_connected = false;  // to one of the addresses of its name, or tried to
  std::string refused_address;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (transfer.response.body.size() + bytes > transfer.limits.bytes_left) {
    transfer.is_too_large = true;
    return 0;
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > limits::kHttpHeaderBytesMax) {
    transfer.is_too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/"))
    transfer.response.headers.clear();  // those of a `100 Continue` are not the answer's
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    std::string name = field_text(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
      value.remove_suffix(1);
    transfer.response.headers[name] = field_text(value);
  }
  return size * count;
}

// Before the first byte to a new address: who is refused does not learn of it, and its open ports
// look like its closed ones.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string text = ip_text(&address->addr);
  if (!text.empty() && is_allowed(text, transfer.limits.policy)) {
    transfer.has_connected = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
  transfer.refused_address = text;
  return CURL_SOCKET_BAD;
}

// Before each request: a connection may have been kept from a call under another policy.
int before_request(void* user, char* remote, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (is_allowed(remote, transfer.limits.policy)) return CURL_PREREQFUNC_OK;
  transfer.refused_address = remote;
  return CURL_PREREQFUNC_ABORT;
}

Error error_of(CURLcode code, const Transfer& transfer, const Url& url) {
  const ClientRequest& call = transfer.limits.call;
  const bool is_refused = code == CURLE_ABORTED_BY_CALLBACK || !transfer.has_connected;
  if (is_refused && !transfer.refused_address.empty()) {
    return make_error(
        ErrorKind::Forbidden, "HTTP_ADDRESS_REFUSED",
        format("`{}` leads to the private address {}", shown(url), transfer.refused_address),
        "allow it in the configuration if that is meant");
  }
  if (transfer.is_too_large) {
    return make_error(ErrorKind::TooLarge, "HTTP_TOO_LARGE",
                      format("the answer of `{}` has more than {} bytes, or its headers more than "
                             "{}",
                             shown(url), call.response_bytes_max, limits::kHttpHeaderBytesMax));
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(ErrorKind::Unavailable, "HTTP_TIMEOUT",
                        format("`{}` did not answer in {} ms", shown(url), call.timeout_ms));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID",
                        format("`{}` is not an http or https address", shown(url)));
    default:
      return make_error(ErrorKind::Unavailable, "HTTP_UNREACHABLE",
                        format("`{}`: {}", shown(url), curl_easy_strerror(code)));
  }
}

// libcurl's connections are worth keeping: one handle per thread, reset between requests.
CURL* thread_handle() {
  thread_local const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> kHandle(curl_easy_init(),
                                                                                 curl_easy_cleanup);
  if (kHandle != nullptr) curl_easy_reset(kHandle.get());
  return kHandle.get();
}

class HeaderList {
 public:
  [[nodiscard]] bool add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(list_.release());
    list_.reset(longer);
    return true;
  }
  [[nodiscard]] curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> list_{nullptr, curl_slist_free_all};
};

bool is_write(const Hop& hop) {
  return hop.method == "POST" || hop.method == "PUT" || hop.method == "PATCH";
}

bool add_headers(const Hop& hop, HeaderList& list) {
  for (const auto& [name, value] : hop.headers)
    if (!list.add(format("{}: {}", name, value))) return false;
  // What has no body has no type of one; libcurl would say that it is a form.
  const bool has_type = !hop.body.empty() || hop.headers.contains("Content-Type");
  return has_type || list.add("Content-Type:");
}

// The first option that is refused, if any, ends the call: without it the call would be another.
CURLcode set_options(CURL* curl, const Hop& hop, const HeaderList& headers, Transfer& transfer) {
  CURLcode code = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value);
  };
  const TransferLimits& limits = transfer.limits;
  set(CURLOPT_URL, hop.url.text.c_str());
  if (!hop.url.user.empty() || !hop.url.password.empty()) {
    set(CURLOPT_USERNAME, hop.url.user.c_str());
    set(CURLOPT_PASSWORD, hop.url.password.c_str());
  }
  set(CURLOPT_HTTPHEADER, headers.get());
  // Who writes nothing says so: there are servers that ask for a length.
  if (!hop.body.empty() || is_write(hop)) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(hop.body.size()));
    set(CURLOPT_POSTFIELDS, hop.body.data());
  }
  if (hop.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_CUSTOMREQUEST, hop.method.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!limits.call.ca_file.empty()) {
    set(CURLOPT_CAINFO, limits.call.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // or the system's would do, too
  }
  set(CURLOPT_PROXY, "");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::clamp<std::int64_t>(
                                     limits.call.connect_timeout_ms, 1, limits.left_ms)));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.left_ms));
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
  set(CURLOPT_PREREQFUNCTION, before_request);
  set(CURLOPT_PREREQDATA, static_cast<void*>(&transfer));
  return code;
}

}  // namespace

Result<ClientResponse> transfer(const Hop& hop, const TransferLimits& limits) {
  Transfer transfer{limits, {}, 0, false, false, {}};
  if (limits.left_ms < 1) return error_of(CURLE_OPERATION_TIMEDOUT, transfer, hop.url);
  CURL* const curl = thread_handle();
  HeaderList headers;
  if (curl == nullptr || !add_headers(hop, headers))
    return error_of(CURLE_OUT_OF_MEMORY, transfer, hop.url);
  CURLcode code = set_options(curl, hop, headers, transfer);
  if (code == CURLE_OK) code = curl_easy_perform(curl);
  if (code != CURLE_OK) return error_of(code, transfer, hop.url);
  long status = 0;
  code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) return error_of(code, transfer, hop.url);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace fermata::http
