#include "http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "foundation/format.h"

namespace fermata::http {
namespace {

struct Transfer {
  const ClientRequest& request;
  const AddressPolicy& policy;
  ClientResponse response;
  bool is_too_large = false;
  std::string refused_address;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (transfer.response.body.size() + bytes > transfer.request.response_bytes_max) {
    transfer.is_too_large = true;
    return 0;
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/"))
    transfer.response.headers.clear();  // a redirect's headers are not the answer's
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
      value.remove_suffix(1);
    transfer.response.headers[name] = value;
  }
  return size * count;
}

// The address that was really connected to, before anything is sent to it.
int before_request(void* user, char* remote, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (is_allowed(remote, transfer.policy)) return CURL_PREREQFUNC_OK;
  transfer.refused_address = remote;
  return CURL_PREREQFUNC_ABORT;
}

Error error_of(CURLcode code, const Transfer& transfer, const std::string& url) {
  if (!transfer.refused_address.empty()) {
    return make_error(ErrorKind::Forbidden, "HTTP_ADDRESS_REFUSED",
                      format("`{}` leads to the private address {}", url, transfer.refused_address),
                      "allow it in the configuration if that is meant");
  }
  if (transfer.is_too_large) {
    return make_error(ErrorKind::TooLarge, "HTTP_TOO_LARGE",
                      format("the answer of `{}` has more than {} bytes", url,
                             transfer.request.response_bytes_max));
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(ErrorKind::Unavailable, "HTTP_TIMEOUT",
                        format("`{}` did not answer in {} ms", url, transfer.request.timeout_ms));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID",
                        format("`{}` is not an http or https address", url));
    case CURLE_TOO_MANY_REDIRECTS:
      return make_error(
          ErrorKind::Invalid, "HTTP_TOO_MANY_REDIRECTS",
          format("`{}` redirects more than {} times", url, transfer.request.redirects_max));
    default:
      return make_error(ErrorKind::Unavailable, "HTTP_UNREACHABLE",
                        format("`{}`: {}", url, curl_easy_strerror(code)));
  }
}

// libcurl's connections are worth keeping: one handle per thread, reset between requests.
CURL* thread_handle() {
  thread_local const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> kHandle(curl_easy_init(),
                                                                                 curl_easy_cleanup);
  curl_easy_reset(kHandle.get());
  return kHandle.get();
}

}  // namespace

Result<ClientResponse> send(const ClientRequest& request, const AddressPolicy& policy) {
  CURL* curl = thread_handle();
  Transfer transfer{request, policy, {}, false, {}};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl_slist_free_all);
  for (const auto& [name, value] : request.headers) {
    const std::string line = format("{}: {}", name, value);
    if (line.find_first_of("\r\n") != std::string::npos) {
      return make_error(ErrorKind::Invalid, "HTTP_URL_INVALID",
                        format("header `{}` contains a line break", name));
    }
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  }
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, request.redirects_max > 0 ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(request.redirects_max));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  if (!request.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt(curl, CURLOPT_PREREQDATA, &transfer);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return error_of(code, transfer, request.url);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace fermata::http
