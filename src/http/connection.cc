#include "http/connection.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "http/security_headers.h"
#include "http/wire.h"

namespace fermata::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using net::ip::tcp;
using Parser = beast::http::request_parser<beast::http::string_body>;
constexpr auto kAwait = net::as_tuple(net::use_awaitable);
// For the other side to say that it has seen our end.
constexpr std::int64_t kCloseMs = 1'000;
constexpr std::size_t kReadBytes = 16 * limits::kKiB;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

void read_target(std::string_view target, Request& request) {
  const std::size_t mark = target.find('?');
  // Segments are decoded one by one by the router; here only the query is taken apart.
  request.path = target.substr(0, mark);
  std::string_view rest =
      mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    request.query[percent_decode(pair.substr(0, equals))] = percent_decode(value);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
}

Request request_of(Parser& parser) {
  auto& message = parser.get();
  Request request;
  request.method = std::string(message.method_string());
  read_target(std::string_view(message.target().data(), message.target().size()), request);
  for (const auto& field : message) {
    request
        .headers[lower(std::string_view(field.name_string().data(), field.name_string().size()))] =
        std::string(field.value());
  }
  request.body = std::move(message.body());
  return request;
}

std::string text_of(const Response& response, bool keeps_open) {
  std::string text =
      format("HTTP/1.1 {} -\r\nContent-Length: {}\r\nConnection: {}\r\n", response.status,
             response.body.size(), keeps_open ? "keep-alive" : "close");
  for (const auto& [name, value] : response.headers) text += format("{}: {}\r\n", name, value);
  return text + "\r\n" + response.body;
}

// A body without a length. Chunks tell its end from a cut; to HTTP/1.0 it ends with the connection.
enum class Framing : std::uint8_t { Chunks, UntilClose };
struct Streamed {
  Response response;
  Framing framing = Framing::Chunks;
};

std::string stream_head(const Streamed& streamed) {
  std::string text = format("HTTP/1.1 {} -\r\nConnection: close\r\n", streamed.response.status);
  if (streamed.framing == Framing::Chunks) text += "Transfer-Encoding: chunked\r\n";
  for (const auto& [name, value] : streamed.response.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

// Nothing for nothing: an empty chunk would be the end.
std::string framed(std::string_view bytes, Framing framing) {
  if (bytes.empty() || framing == Framing::UntilClose) return std::string(bytes);
  return format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

Error error_of(const beast::error_code& ec) {
  if (ec == beast::http::error::body_limit) {
    return make_error(ErrorKind::TooLarge, "BODY_TOO_LARGE",
                      "the body is larger than this server accepts", "send less");
  }
  return make_error(ErrorKind::Invalid, "REQUEST_MALFORMED",
                    "not a valid HTTP request: " + ec.message());
}

// Cuts the connection when a phase takes too long.
class Deadline {
 public:
  explicit Deadline(tcp::socket& socket) : socket_(socket), timer_(socket.get_executor()) {}
  void set(std::int64_t ms) {
    timer_.expires_after(std::chrono::milliseconds(ms));
    timer_.async_wait([this](const boost::system::error_code& ec) {
      boost::system::error_code ignored;
      if (!ec) socket_.cancel(ignored);
    });
  }
  void clear() { timer_.cancel(); }

 private:
  tcp::socket& socket_;
  net::steady_timer timer_;
};

// Runs the handler on a worker thread and comes back to the connection's own.
net::awaitable<Response> run_handler(std::shared_ptr<Shared> shared, Request request) {
  auto work = [shared, moved = std::move(request)]() mutable -> net::awaitable<Response> {
    Response response = shared->router.handle(moved);
    co_return response;
  };
  auto spawned = net::co_spawn(shared->workers.get_executor(), std::move(work), net::use_awaitable);
  Response response = co_await std::move(spawned);
  co_return response;
}

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
    piece.next = stream->next(piece.bytes);
    co_return piece;
  };
  auto spawned = net::co_spawn(shared->workers.get_executor(), std::move(work), net::use_awaitable);
  Piece piece = co_await std::move(spawned);
  co_return piece;
}

// Sends pieces until the stream ends or its reader is gone or too slow. A server that stops ends a
// stream that has nothing to say: it may go on for ever, and its reader resumes it elsewhere.
net::awaitable<void> send_stream(std::shared_ptr<Shared> shared, Wire& wire, Deadline& deadline,
                                 Streamed streamed) {
  tcp::socket& socket = wire.socket();
  const std::shared_ptr<BodyStream> stream = streamed.response.stream;
  const auto bell = std::make_shared<Bell>(socket.get_executor());
  const auto wake = [weak = std::weak_ptr(bell)] { Bell::ring(weak); };
  shared->streaming[&socket] = wake;
  stream->on_ready(wake);
  std::string text = stream_head(streamed);
  bool is_over = false;
  while (true) {
    if (!text.empty()) {
      deadline.set(shared->options.write_ms);
      auto out = net::buffer(text);
      const auto ec = co_await wire.write(out);
      deadline.clear();
      if (ec) break;
    }
    if (is_over) break;
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

// One request from the socket and the bytes left over. The verdict is empty when the connection is
// over.
struct Read {
  bool is_over = false;
  beast::error_code error;
};
net::awaitable<Read> read_request(Shared& shared, Wire& wire, Parser& parser, std::string& buffer,
                                  Deadline& deadline) {
  const ServerOptions& options = shared.options;
  std::array<char, kReadBytes> chunk{};
  Read read;
  bool is_begun = !buffer.empty();
  bool is_in_body = false;
  deadline.set(is_begun ? options.header_ms : options.idle_ms);
  if (!is_begun) shared.idle.insert(&wire.socket());
  while (!parser.is_done()) {
    if (!buffer.empty()) {
      const std::size_t taken = parser.put(net::buffer(buffer), read.error);
      buffer.erase(0, taken);
      if (read.error == beast::http::error::need_more) read.error = {};
      if (read.error || parser.is_done()) break;
      if (parser.is_header_done() && !is_in_body) {
        is_in_body = true;
        deadline.set(options.body_ms);
      }
      if (taken > 0 && !buffer.empty()) continue;
    }
    auto into = net::buffer(chunk);
    const Wire::Read got = co_await wire.read_some(into);
    if (got.error) {
      read.is_over = true;
      break;
    }
    buffer.append(chunk.data(), got.bytes);
    if (!is_begun) {
      is_begun = true;
      shared.idle.erase(&wire.socket());
      deadline.set(options.header_ms);
    }
  }
  shared.idle.erase(&wire.socket());
  deadline.clear();
  co_return read;
}

}  // namespace

net::awaitable<void> serve_connection(std::shared_ptr<Shared> shared, tcp::socket socket) {
  std::string buffer;
  Deadline deadline(socket);
  const auto tls = shared->tls;
  Wire wire(socket, tls.get());
  deadline.set(shared->options.header_ms);
  const auto refused = co_await wire.open();
  deadline.clear();
  bool keeps_open = !refused;
  while (keeps_open) {
    boost::system::error_code ignored;
    // What has come already is answered, also by a server that stops.
    if (shared->is_draining && buffer.empty() && socket.available(ignored) == 0) break;
    Parser parser;
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(shared->options.header_bytes_max));
    parser.body_limit(shared->options.body_bytes_max);
    Read read = co_await read_request(*shared, wire, parser, buffer, deadline);
    if (read.is_over) break;
    Response response;
    Framing framing = Framing::Chunks;
    if (read.error) {
      keeps_open = false;
      response = problem_response(error_of(read.error));
      if (read.error == beast::http::error::header_limit) response.status = 431;
    } else {
      if (parser.get().version() < 11) framing = Framing::UntilClose;
      const bool wants_more = parser.get().keep_alive();
      Request request = request_of(parser);
      response = co_await run_handler(shared, std::move(request));
      keeps_open = wants_more && !shared->is_draining;
    }
    if (response.stream != nullptr && shared->streaming.size() >= shared->options.streams_max)
      response = too_many_streams();
    secure(response, shared->tls == nullptr ? Transport::Plain : Transport::Tls);
    if (response.stream != nullptr) {
      Streamed streamed{std::move(response), framing};
      co_await send_stream(shared, wire, deadline, std::move(streamed));
      shared->streaming.erase(&socket);
      break;
    }
    const std::string text = text_of(response, keeps_open);
    auto out = net::buffer(text);
    const auto failed = co_await wire.write(out);
    if (failed) break;
  }
  if (!refused) {
    deadline.set(kCloseMs);
    co_await wire.close();
    deadline.clear();
  }
  --shared->open;
}

}  // namespace fermata::http
