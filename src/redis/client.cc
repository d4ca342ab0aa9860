#include "redis/client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "foundation/format.h"

namespace fermata::redis {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

Deadline in_ms(std::int64_t ms) {
  return SteadyClock::now() + std::chrono::milliseconds(ms);
}

Error unavailable(std::string_view why) {
  return make_error(ErrorKind::Unavailable, "REDIS_UNAVAILABLE", format("redis: {}", why),
                    "check that the Redis server runs and is reached");
}

// False: not in time.
bool wait_for(int fd, short events, Deadline deadline) {
  pollfd entry{fd, events, 0};
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return false;
    const int ready = poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int raw) : fd(raw) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Result<std::unique_ptr<Descriptor>> open_socket(const Address& address, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failed = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &raw);
  if (failed != 0) return unavailable(format("`{}`: {}", address.host, gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw, freeaddrinfo);
  std::string why = "no address";
  for (const addrinfo* at = found.get(); at != nullptr; at = at->ai_next) {
    auto made = std::make_unique<Descriptor>(
        socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol));
    if (made->fd < 0) continue;
    int error = connect(made->fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (!wait_for(made->fd, POLLOUT, deadline)) return unavailable("no connection in time");
      socklen_t size = sizeof error;
      getsockopt(made->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) {
      const int on = 1;
      setsockopt(made->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return made;
    }
    why = std::strerror(error);
  }
  return unavailable(format("{}:{}: {}", address.host, address.port, why));
}

}  // namespace

// Bytes to and from the server.
class Client::Wire {
 public:
  static Result<std::unique_ptr<Wire>> open(const Address& address, const Options& options) {
    const Deadline deadline = in_ms(options.connect_timeout_ms);
    TRY(auto socket, open_socket(address, deadline));
    std::unique_ptr<Wire> made(new Wire(std::move(socket)));
    if (address.is_tls) TRY_DO(made->start_tls(address, options, deadline));
    return made;
  }

  Result<void> send(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
      const auto sent = attempt({deadline, POLLOUT}, [&]() -> long {
        if (ssl_ != nullptr) return SSL_write(ssl_.get(), bytes.data(), int_size(bytes.size()));
        return ::send(socket_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      });
      if (!sent.has_value()) return sent.error();
      bytes.remove_prefix(*sent);
    }
    return {};
  }

  Result<std::string_view> receive(Deadline deadline) {
    const auto got = attempt({deadline, POLLIN}, [&]() -> long {
      if (ssl_ != nullptr) return SSL_read(ssl_.get(), buffer_.data(), int_size(buffer_.size()));
      return ::recv(socket_->fd, buffer_.data(), buffer_.size(), 0);
    });
    if (!got.has_value()) return got.error();
    return std::string_view(buffer_.data(), *got);
  }

 private:
  explicit Wire(std::unique_ptr<Descriptor> socket) : socket_(std::move(socket)) {}

  static int int_size(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, 1 << 20));
  }

  struct Patience {
    Deadline deadline;
    short events;  // what a plain socket that would block waits for
  };
  // Repeats what would block until it is done, or too late.
  template <typename Step>
  Result<std::size_t> attempt(Patience patience, Step step) {
    while (true) {
      ERR_clear_error();
      errno = 0;
      const long done = step();
      if (done > 0) return static_cast<std::size_t>(done);
      short events = patience.events;
      if (ssl_ != nullptr) {
        const int what = SSL_get_error(ssl_.get(), static_cast<int>(done));
        if (what != SSL_ERROR_WANT_WRITE && what != SSL_ERROR_WANT_READ)
          return unavailable(tls_problem());
        events = what == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
      } else if (done == 0) {
        return unavailable("the server closed the connection");
      } else if (errno == EINTR) {
        continue;
      } else if (errno != EAGAIN) {
        return unavailable(std::strerror(errno));
      }
      if (!wait_for(socket_->fd, events, patience.deadline))
        return unavailable("no answer in time");
    }
  }

  std::string tls_problem() const {
    const long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) return format("TLS: {}", X509_verify_cert_error_string(verified));
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return format("TLS: {}", reason == nullptr ? "the server closed the connection" : reason);
  }

  Result<void> start_tls(const Address& address, const Options& options, Deadline deadline) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    const int trusted =
        options.ca_file.empty()
            ? SSL_CTX_set_default_verify_paths(context_.get())
            : SSL_CTX_load_verify_locations(context_.get(), options.ca_file.c_str(), nullptr);
    if (trusted != 1) return unavailable(format("TLS: cannot read `{}`", options.ca_file));
    ssl_.reset(SSL_new(context_.get()));
    // An address in numbers is checked as one; a name also goes to the server.
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), address.host.c_str()) != 1) {
      SSL_set1_host(ssl_.get(), address.host.c_str());
      SSL_set_tlsext_host_name(ssl_.get(), address.host.c_str());
    }
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_fd(ssl_.get(), socket_->fd);
    const auto shaken =
        attempt({deadline, POLLIN}, [&]() -> long { return SSL_connect(ssl_.get()); });
    return shaken.has_value() ? Result<void>() : Result<void>(shaken.error());
  }

  std::unique_ptr<Descriptor> socket_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  std::array<char, 64 * 1024> buffer_{};
};

Result<Address> parse_url(std::string_view url) {
  const auto wrong = [](std::string_view what) {
    return make_error(
        ErrorKind::Invalid, "REDIS_URL", format("the Redis address {}", what),
        "write it as redis://[user:password@]host[:port][/database], or rediss:// for TLS");
  };
  Address made;
  if (url.starts_with("rediss://")) {
    made.is_tls = true;
    url.remove_prefix(9);
  } else if (url.starts_with("redis://")) {
    url.remove_prefix(8);
  } else {
    return wrong("begins with neither redis:// nor rediss://");
  }
  if (const std::size_t slash = url.find('/'); slash != std::string_view::npos) {
    made.database = url.substr(slash + 1);
    url = url.substr(0, slash);
  }
  if (const std::size_t sign = url.rfind('@'); sign != std::string_view::npos) {
    const std::string_view who = url.substr(0, sign);
    const std::size_t colon = who.find(':');
    made.user = who.substr(0, colon);
    if (colon != std::string_view::npos) made.password = who.substr(colon + 1);
    url.remove_prefix(sign + 1);
  }
  const bool is_bracketed = url.starts_with('[');
  const std::size_t host_end = is_bracketed ? url.find(']') : url.find(':');
  if (is_bracketed && host_end == std::string_view::npos) return wrong("lacks a `]`");
  made.host = is_bracketed ? url.substr(1, host_end - 1) : url.substr(0, host_end);
  const std::size_t colon = url.find(':', is_bracketed ? host_end : 0);
  if (colon != std::string_view::npos) made.port = url.substr(colon + 1);
  if (made.host.empty()) return wrong("names no host");
  if (made.database.find_first_not_of("0123456789") != std::string::npos)
    return wrong("names a database that is no number");
  return made;
}

Client::Client(std::unique_ptr<Wire> wire, std::int64_t answer_timeout_ms)
    : wire_(std::move(wire)), answer_timeout_ms_(answer_timeout_ms) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const Options& options) {
  TRY(const Address address, parse_url(options.url));
  TRY(auto wire, Wire::open(address, options));
  Client made(std::move(wire), options.answer_timeout_ms);
  TRY_DO(made.greet(address));
  return made;
}

Result<void> Client::greet(const Address& address) {
  if (!address.password.empty()) {
    Command auth{"AUTH"};
    if (!address.user.empty()) auth.push_back(address.user);
    auth.push_back(address.password);
    TRY_DO(call(auth));
  }
  if (!address.database.empty()) TRY_DO(call({"SELECT", address.database}));
  TRY_DO(call({"PING"}));
  return {};
}

Result<Reply> Client::call(const Command& command, std::int64_t blocks_ms) {
  TRY(auto replies, call_all({command}, blocks_ms));
  Reply& reply = replies.front();
  if (!reply.is_error()) return std::move(reply);
  // It says so itself when it only cannot now.
  for (const std::string_view word : {"LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "OOM"}) {
    if (reply.text.starts_with(word)) return unavailable(reply.text);
  }
  return make_error(ErrorKind::Invalid, "REDIS_REFUSED",
                    format("redis refused {}: {}", command.front(), reply.text));
}

Result<std::vector<Reply>> Client::call_all(const std::vector<Command>& commands,
                                            std::int64_t blocks_ms) {
  if (wire_ == nullptr) return unavailable("the connection is closed");
  const Deadline deadline = in_ms(answer_timeout_ms_ + blocks_ms);
  // What half happened on a connection cannot be told from what comes next on it.
  const auto give_up = [&](Error error) {
    wire_.reset();
    return error;
  };
  std::string bytes;
  for (const Command& command : commands) append_command(bytes, command);
  const auto sent = wire_->send(bytes, deadline);
  if (!sent.has_value()) return give_up(sent.error());
  std::vector<Reply> replies;
  while (replies.size() < commands.size()) {
    auto reply = reader_.next();
    if (!reply.has_value()) return give_up(reply.error());
    if (*reply) {
      replies.push_back(**std::move(reply));
      continue;
    }
    const auto received = wire_->receive(deadline);
    if (!received.has_value()) return give_up(received.error());
    reader_.feed(*received);
  }
  return replies;
}

}  // namespace fermata::redis
