#include "http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "foundation/format.h"
#include "http/connection.h"
#include "http/wire.h"

namespace fermata::http {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
constexpr int kRefusingMax = 64;

// The process has other connections, too, to databases and to Temporal: a quarter of the
// descriptors that the system gives is left to them.
std::size_t connections_max(const ServerOptions& options) {
  rlimit given{};
  if (getrlimit(RLIMIT_NOFILE, &given) != 0 || given.rlim_cur == RLIM_INFINITY)
    return options.connections_max;
  return std::min<std::size_t>(options.connections_max, given.rlim_cur - given.rlim_cur / 4);
}

class AsioServer final : public Server {
 public:
  AsioServer(const ServerOptions& options, Router router)
      : shared_(std::make_shared<Shared>(options, std::move(router))),
        connections_max_(connections_max(options)),
        acceptor_(io_),
        retry_(io_) {}
  // What stop() could throw is a broken mutex or thread: nothing to go on with.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  ~AsioServer() override { stop(); }

  Result<void> listen() {
    if (const auto& files = shared_->options.tls) {
      tls_files_ = written_at(*files);
      TRY(shared_->tls, make_tls_context(*files));
    }
    boost::system::error_code ec;
    const auto address = net::ip::make_address(shared_->options.address, ec);
    const tcp::endpoint endpoint(address, shared_->options.port);
    if (!ec) acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
    if (ec) {
      return make_error(ErrorKind::Unavailable, "HTTP_LISTEN",
                        format("listening on {}:{}: {}", shared_->options.address,
                               shared_->options.port, ec.message()),
                        "choose another port");
    }
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([this] { io_.run(); });
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  void stop() override {
    if (!thread_.joinable()) return;
    shared_->is_draining = true;
    std::promise<void> is_closed;
    net::post(io_, [this, &is_closed] {
      boost::system::error_code ignored;
      take_queued();
      acceptor_.close(ignored);
      // Who has sent nothing of a next request has none under way.
      for (tcp::socket* socket : shared_->idle)
        if (socket->available(ignored) == 0) socket->cancel(ignored);
      for (const auto& [socket, wake] : shared_->streaming) wake();
      is_closed.set_value();
    });
    is_closed.get_future().wait();
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(shared_->options.drain_ms);
    while (shared_->open > 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    shared_->workers.join();
    io_.stop();
    thread_.join();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& ec, tcp::socket socket) {
      if (ec == net::error::operation_aborted) return;
      if (ec) {
        // Out of descriptors or memory: wait, or this would spin.
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](const boost::system::error_code& stopped) {
          if (!stopped) accept();
        });
        return;
      }
      serve(std::move(socket));
      accept();
    });
  }

  void serve(tcp::socket socket) {
    renew_tls();
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (static_cast<std::size_t>(shared_->open) >= connections_max_) {
      // Many more at once are closed without a word: words cost what there is none left of.
      if (shared_->refusing >= kRefusingMax) return;
      ++shared_->refusing;
      net::co_spawn(io_, refuse_connection(shared_, std::move(socket)), net::detached);
      return;
    }
    ++shared_->open;
    net::co_spawn(io_, serve_connection(shared_, std::move(socket)), net::detached);
  }

  // Those that the system let in and that nobody has taken yet: their requests may be here.
  void take_queued() {
    boost::system::error_code ec;
    acceptor_.cancel(ec);
    acceptor_.non_blocking(true, ec);
    while (!ec) {
      tcp::socket socket(io_);
      acceptor_.accept(socket, ec);
      if (!ec) serve(std::move(socket));
    }
  }

  using WrittenAt = std::array<std::filesystem::file_time_type, 2>;
  static WrittenAt written_at(const TlsFiles& files) {
    std::error_code ignored;
    return {std::filesystem::last_write_time(files.certificate_file, ignored),
            std::filesystem::last_write_time(files.key_file, ignored)};
  }
  // A certificate that was renewed serves whoever comes next. While its files cannot be read, or do
  // not fit each other yet, the one before goes on.
  void renew_tls() {
    const auto& files = shared_->options.tls;
    if (!files) return;
    const WrittenAt now = written_at(*files);
    if (now == tls_files_) return;
    auto made = make_tls_context(*files);
    if (!made.has_value()) return;
    tls_files_ = now;
    shared_->tls = *std::move(made);
  }

  std::shared_ptr<Shared> shared_;
  std::size_t connections_max_;
  WrittenAt tls_files_{};
  net::io_context io_{1};
  tcp::acceptor acceptor_;
  net::steady_timer retry_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Router router) {
  auto server = std::make_unique<AsioServer>(options, std::move(router));
  TRY_DO(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace fermata::http
