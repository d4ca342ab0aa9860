#include "http/connection.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "http/message_text.h"
#include "http/security_headers.h"
#include "http/wire.h"

namespace fermata::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using net::ip::tcp;
constexpr auto kAwait = net::as_tuple(net::use_awaitable);
// For the other side to say that it has seen our end.
constexpr std::int64_t kCloseMs = 1'000;
constexpr std::size_t kReadBytes = 16 * limits::kKiB;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// What a reader has to take in one go (ServerOptions::write_ms).
constexpr std::size_t kPieceBytes = 64 * limits::kKiB;

// Cuts the connection when a phase takes too long. For good: a cancelled operation may have ended
// just before, and the next one would wait for ever.
class Deadline {
 public:
  explicit Deadline(tcp::socket& socket) : timer_(socket.get_executor()), socket_(&socket) {}
  void set(std::int64_t ms) {
    phase_ = std::make_shared<char>();
    timer_.expires_after(std::chrono::milliseconds(ms));
    // One that has fired cannot be called back any more: it comes later, perhaps after the end of
    // its phase, or of the connection.
    timer_.async_wait(
        [phase = std::weak_ptr(phase_), socket = socket_](const boost::system::error_code& ec) {
          boost::system::error_code ignored;
          if (!ec && !phase.expired()) socket->close(ignored);
        });
  }
  void clear() {
    phase_.reset();
    timer_.cancel();
  }

 private:
  net::steady_timer timer_;
  tcp::socket* socket_;
  std::shared_ptr<char> phase_;  // there while it lasts
};

// An exception is a mistake of ours or of a library: its request fails, the server goes on.
Response answer_of(const Router& router, Request& request) {
  try {
    return router.handle(request);
  } catch (const std::exception& unforeseen) {
    return problem_response(make_error(ErrorKind::Internal, "SERVER_FAULT",
                                       format("the server failed: {}", unforeseen.what()),
                                       "report it with what was asked"));
  }
}

// Runs the handler on a worker thread and comes back to the connection's own.
net::awaitable<Response> run_handler(std::shared_ptr<Shared> shared, Request request) {
  auto work = [shared, moved = std::move(request)]() mutable -> net::awaitable<Response> {
    Response response = answer_of(shared->router, moved);
    co_return response;
  };
  auto spawned = net::co_spawn(shared->workers.get_executor(), std::move(work), net::use_awaitable);
  Response response = co_await std::move(spawned);
  co_return response;
}

struct Streamed {
  Response response;
  Framing framing = Framing::Chunks;
};

// Wakes a coroutine of the IO thread from any other; a call before the wait is not lost.
class Bell {
 public:
  explicit Bell(const net::any_io_executor& executor) : timer_(executor) {}
  // Rings; safe to call from any thread, and after the connection is gone.
  static void ring(const std::weak_ptr<Bell>& weak) {
    const auto bell = weak.lock();
    if (bell == nullptr) return;
    net::post(bell->timer_.get_executor(), [weak] {
      const auto there = weak.lock();
      if (there == nullptr) return;
      there->has_rung_ = true;
      there->timer_.cancel();
    });
  }
  // Until it rings or the time is over; whether it rang.
  net::awaitable<bool> wait(std::int64_t ms) {
    if (!has_rung_) {
      timer_.expires_after(std::chrono::milliseconds(ms));
      co_await timer_.async_wait(kAwait);
    }
    co_return std::exchange(has_rung_, false);
  }

 private:
  net::steady_timer timer_;
  bool has_rung_ = false;
};

// The stream's next piece, from a worker thread.
struct Piece {
  BodyStream::Next next = BodyStream::Next::End;
  std::string bytes;
};
net::awaitable<Piece> next_piece(std::shared_ptr<Shared> shared,
                                 std::shared_ptr<BodyStream> stream) {
  auto work = [stream]() -> net::awaitable<Piece> {
    Piece piece;
    try {
      piece.next = stream->next(piece.bytes);
    } catch (const std::exception&) {
      piece.next = BodyStream::Next::Cut;
    }
    co_return piece;
  };
  auto spawned = net::co_spawn(shared->workers.get_executor(), std::move(work), net::use_awaitable);
  Piece piece = co_await std::move(spawned);
  co_return piece;
}

// False when its reader is gone or too slow.
net::awaitable<bool> write_all(Wire& wire, Deadline& deadline, std::int64_t piece_ms,
                               std::string_view text) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPieceBytes);
    deadline.set(piece_ms);
    auto out = net::buffer(piece.data(), piece.size());
    const auto failed = co_await wire.write(out);
    deadline.clear();
    if (failed) co_return false;
    text.remove_prefix(piece.size());
  }
  co_return true;
}

// In the table of those that stream, while it does.
class Streaming {
 public:
  Streaming(Shared& shared, tcp::socket& socket, std::function<void()> wake)
      : shared_(shared), socket_(&socket) {
    shared_.streaming[socket_] = std::move(wake);
  }
  ~Streaming() { shared_.streaming.erase(socket_); }
  Streaming(const Streaming&) = delete;
  Streaming& operator=(const Streaming&) = delete;

 private:
  Shared& shared_;
  tcp::socket* socket_;
};

// Sends pieces until the stream ends or its reader is gone or too slow. A server that stops ends a
// stream that has nothing to say: it may go on for ever, and its reader resumes it elsewhere.
net::awaitable<void> send_stream(std::shared_ptr<Shared> shared, Wire& wire, Deadline& deadline,
                                 Streamed streamed) {
  const std::shared_ptr<BodyStream> stream = streamed.response.stream;
  const auto bell = std::make_shared<Bell>(wire.socket().get_executor());
  const auto wake = [weak = std::weak_ptr(bell)] { Bell::ring(weak); };
  const Streaming streaming(*shared, wire.socket(), wake);
  stream->on_ready(wake);
  std::string text = stream_head(streamed.response, streamed.framing);
  bool is_over = false;
  while (true) {
    const bool is_read = co_await write_all(wire, deadline, shared->options.write_ms, text);
    if (!is_read || is_over) break;
    Piece piece = co_await next_piece(shared, stream);
    if (piece.next == BodyStream::Next::Cut) break;
    is_over = piece.next == BodyStream::Next::End ||
              (piece.next == BodyStream::Next::Wait && shared->is_draining);
    text = framed(piece.bytes, streamed.framing);
    if (is_over) {
      if (streamed.framing == Framing::Chunks) text += "0\r\n\r\n";
    } else if (piece.next == BodyStream::Next::Wait) {
      const bool has_rung = co_await bell->wait(shared->options.heartbeat_ms);
      if (!has_rung) text = framed(stream->heartbeat(), streamed.framing);
    }
  }
}

Response too_many_streams() {
  return problem_response(make_error(ErrorKind::TooMany, "STREAMS_TOO_MANY",
                                     "this server has as many open streams as it takes",
                                     "close some, or ask again later"));
}

Response too_many_connections() {
  Response response =
      problem_response(make_error(ErrorKind::Unavailable, "CONNECTIONS_TOO_MANY",
                                  "this server has as many open connections as it takes",
                                  "ask again later, and keep connections for what comes next"));
  response.headers["Retry-After"] = "1";
  return response;
}

Response refusal_of(const beast::error_code& ec) {
  Response response = problem_response(error_of(ec));
  if (ec == beast::http::error::header_limit) response.status = 431;
  return response;
}

// Takes and drops what still comes: a socket that is closed over it resets the connection, and the
// other side loses the answer.
net::awaitable<void> end_properly(Wire& wire, Deadline& deadline) {
  std::array<char, kReadBytes> dropped{};
  deadline.set(kCloseMs);
  co_await wire.close();
  auto into = net::buffer(dropped);
  while (true) {
    auto [ec, bytes] = co_await wire.socket().async_read_some(into, kAwait);
    if (ec) break;
  }
  deadline.clear();
}

// Among the idle ones, until its request begins.
class Idle {
 public:
  Idle(Shared& shared, tcp::socket& socket) : shared_(shared), socket_(&socket) {}
  ~Idle() { end(); }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;
  void begin() { shared_.idle.insert(socket_); }
  void end() { shared_.idle.erase(socket_); }

 private:
  Shared& shared_;
  tcp::socket* socket_;
};

// A request, as far as it has come.
struct Incoming {
  Parser parser;
  std::string& buffer;   // the bytes that nobody has taken yet, of later requests too
  bool is_over = false;  // the connection is; nothing is to be answered
  bool has_head = false;
  Request request;
  std::optional<Response> refusal;

  Incoming(std::string& left_over, const ServerOptions& options) : buffer(left_over) {
    // Up to the end of the header first: trailers would stand among its fields afterwards.
    parser.eager(false);
    parser.header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
    parser.body_limit(options.body_bytes_max);
  }
  [[nodiscard]] bool is_done() const { return is_over || refusal || parser.is_done(); }
};

// Gives the parser what has come. Whether it may take more without reading.
bool parse(Incoming& in, const ServerOptions& options) {
  beast::error_code error;
  const std::size_t taken = in.parser.put(net::buffer(in.buffer), error);
  in.buffer.erase(0, taken);
  if (error == beast::http::error::need_more) error = {};
  // The parser bounds a header and a body, but not the lines between chunks, nor what follows the
  // last one.
  const bool is_stuck = taken == 0 && in.buffer.size() > options.header_bytes_max;
  if (!error && is_stuck) error = beast::http::error::header_limit;
  if (error) {
    in.refusal = refusal_of(error);
  } else if (in.parser.is_header_done() && !in.has_head) {
    in.has_head = true;
    in.parser.eager(true);
    auto head = read_head(in.parser);
    if (head.has_value()) {
      in.request = *std::move(head);
    } else {
      in.refusal = problem_response(head.error());
    }
  }
  return taken > 0 && !in.buffer.empty();
}

// One request from the socket and the bytes left over.
net::awaitable<void> read_request(Shared& shared, Wire& wire, Incoming& in, Deadline& deadline) {
  const ServerOptions& options = shared.options;
  std::array<char, kReadBytes> chunk{};
  Idle idle(shared, wire.socket());
  bool is_begun = !in.buffer.empty();
  if (!is_begun) idle.begin();
  deadline.set(is_begun ? options.header_ms : options.idle_ms);
  bool is_in_body = false;
  while (!in.is_done()) {
    if (!in.buffer.empty()) {
      const bool goes_on = parse(in, options);
      if (in.is_done()) break;
      if (in.has_head && !is_in_body) {
        is_in_body = true;
        if (in.buffer.empty() && awaits_continue(in.parser)) {
          const bool is_read = co_await write_all(wire, deadline, options.write_ms, kContinue);
          if (!is_read) {
            in.is_over = true;
            break;
          }
        }
        deadline.set(options.body_ms);
      }
      if (goes_on) continue;
    }
    auto into = net::buffer(chunk);
    const Wire::Read got = co_await wire.read_some(into);
    if (got.error) {
      in.is_over = true;
      break;
    }
    if (!is_begun) deadline.set(options.header_ms);
    is_begun = true;
    idle.end();
    in.buffer.append(chunk.data(), got.bytes);
  }
  deadline.clear();
  if (in.parser.is_done()) in.request.body = std::move(in.parser.get().body());
}

// Counts a connection as open until its end, whichever that is.
class Open {
 public:
  explicit Open(std::atomic<int>& count) : count_(count) {}
  ~Open() { --count_; }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  std::atomic<int>& count_;
};

// Requests and their answers, one after the other. Whether the last answer was a refusal, behind
// which more may come that nobody reads.
net::awaitable<bool> serve_requests(std::shared_ptr<Shared> shared, Wire& wire,
                                    Deadline& deadline) {
  std::string buffer;
  bool keeps_open = true;
  while (keeps_open) {
    boost::system::error_code ignored;
    // What has come already is answered, also by a server that stops.
    if (shared->is_draining && buffer.empty() && wire.socket().available(ignored) == 0) break;
    Incoming in(buffer, shared->options);
    co_await read_request(*shared, wire, in, deadline);
    if (in.is_over) break;
    const bool is_refused = in.refusal.has_value();
    const std::string method = in.request.method;
    Response response;
    if (is_refused) {
      response = *std::move(in.refusal);
      keeps_open = false;
    } else {
      const bool wants_more = in.parser.get().keep_alive();
      Request request = std::move(in.request);
      response = co_await run_handler(shared, std::move(request));
      keeps_open = wants_more && !shared->is_draining;
    }
    if (response.stream != nullptr && shared->streaming.size() >= shared->options.streams_max)
      response = too_many_streams();
    secure(response, shared->tls == nullptr ? Transport::Plain : Transport::Tls);
    if (response.stream != nullptr) {
      const bool is_old = in.parser.get().version() < 11;
      Streamed streamed{std::move(response), is_old ? Framing::UntilClose : Framing::Chunks};
      co_await send_stream(shared, wire, deadline, std::move(streamed));
      break;
    }
    const std::string text =
        text_of(response, method, keeps_open ? Persistence::KeepOpen : Persistence::Close);
    const bool is_read = co_await write_all(wire, deadline, shared->options.write_ms, text);
    if (!is_read) break;
    if (is_refused) co_return true;
  }
  co_return false;
}

}  // namespace

net::awaitable<void> serve_connection(std::shared_ptr<Shared> shared, tcp::socket socket) {
  const Open open(shared->open);
  Deadline deadline(socket);
  const auto tls = shared->tls;
  Wire wire(socket, tls.get());
  deadline.set(shared->options.header_ms);
  const auto failed = co_await wire.open();
  deadline.clear();
  if (failed) co_return;
  const bool is_refused = co_await serve_requests(shared, wire, deadline);
  if (is_refused) {
    co_await end_properly(wire, deadline);
    co_return;
  }
  deadline.set(kCloseMs);
  co_await wire.close();
  deadline.clear();
}

net::awaitable<void> refuse_connection(std::shared_ptr<Shared> shared, tcp::socket socket) {
  const Open refusing(shared->refusing);
  Deadline deadline(socket);
  const auto tls = shared->tls;
  Wire wire(socket, tls.get());
  deadline.set(kCloseMs);
  const auto failed = co_await wire.open();
  deadline.clear();
  if (failed) co_return;
  Response response = too_many_connections();
  secure(response, tls == nullptr ? Transport::Plain : Transport::Tls);
  const std::string text = text_of(response, "", Persistence::Close);
  const bool is_read = co_await write_all(wire, deadline, kCloseMs, text);
  if (is_read) co_await end_properly(wire, deadline);
}

}  // namespace fermata::http
