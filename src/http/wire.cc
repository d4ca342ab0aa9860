#include "http/wire.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "foundation/format.h"

namespace fermata::http {
namespace {

namespace net = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using net::ip::tcp;
constexpr auto kAwait = net::as_tuple(net::use_awaitable);

Error refused(const std::string& file, const error_code& ec) {
  return make_error(ErrorKind::Invalid, "HTTP_TLS", format("`{}`: {}", file, ec.message()),
                    "give a certificate with its chain, and its key without a password, as PEM");
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const TlsFiles& files) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  error_code ec;
  // A key with a password would ask for it on the terminal.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; },
                                 ec);
  if (!ec) context->use_certificate_chain_file(files.certificate_file, ec);
  if (ec) return refused(files.certificate_file, ec);
  context->use_private_key_file(files.key_file, ssl::context::pem, ec);
  if (ec) return refused(files.key_file, ec);
  return context;
}

Wire::Wire(tcp::socket& socket, ssl::context* tls) : socket_(socket) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

net::awaitable<error_code> Wire::open() {
  if (!tls_) co_return error_code{};
  auto [ec] = co_await tls_->async_handshake(ssl::stream_base::server, kAwait);
  co_return ec;
}

net::awaitable<Wire::Read> Wire::read_some(net::mutable_buffer into) {
  if (tls_) {
    auto [ec, bytes] = co_await tls_->async_read_some(into, kAwait);
    co_return Read{ec, bytes};
  }
  auto [ec, bytes] = co_await socket_.async_read_some(into, kAwait);
  co_return Read{ec, bytes};
}

net::awaitable<error_code> Wire::write(net::const_buffer bytes) {
  if (tls_) {
    auto [ec, count] = co_await net::async_write(*tls_, bytes, kAwait);
    co_return ec;
  }
  auto [ec, count] = co_await net::async_write(socket_, bytes, kAwait);
  co_return ec;
}

net::awaitable<void> Wire::close() {
  if (tls_) {
    auto [ec] = co_await tls_->async_shutdown(kAwait);
    static_cast<void>(ec);
  }
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace fermata::http
