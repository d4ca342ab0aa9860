#pragma once
// Server: HTTP/1.1 on one IO thread, handlers on a pool of worker threads. Everything is bounded:
// header, body, the time of each phase. stop() lets requests under way finish, those too that have
// come and were not read yet; streams end when they have nothing more to say.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "foundation/limits.h"
#include "foundation/result.h"
#include "http/router.h"

namespace fermata::http {

// PEM files: the certificate with its chain, and its key.
struct TlsFiles {
  std::string certificate_file;
  std::string key_file;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;       // 0: a free one, see Server::port
  std::optional<TlsFiles> tls;  // none: plain HTTP
  std::size_t workers = 4;
  std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  std::size_t body_bytes_max = limits::kHttpBodyBytesMax;
  std::int64_t idle_ms = 30'000;
  std::int64_t header_ms = 10'000;  // from its first byte to its last
  std::int64_t body_ms = 30'000;
  std::int64_t drain_ms = 10'000;
  std::int64_t heartbeat_ms = 15'000;  // of a stream that has nothing to say
  std::int64_t write_ms = 30'000;      // for each 64 KiB; who takes longer to read is cut off
  // Each is a socket, and one piece that waits for it.
  std::size_t streams_max = 4'000;
  // With those that stream, and never more than three quarters of the process's descriptors. One
  // more is told so (503) and closed.
  std::size_t connections_max = 5'000;
};

class Server {
 public:
  // The router is used as it is now. Errors: HTTP_LISTEN, HTTP_TLS.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Router router);
  virtual ~Server() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  virtual void stop() = 0;
};

}  // namespace fermata::http
