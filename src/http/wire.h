#pragma once
// Wire: the bytes of one connection, in TLS or as they are. Private to this library; used on the IO
// thread only. It never throws: what fails says so by an error code.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>

#include "foundation/result.h"
#include "http/server.h"

namespace fermata::http {

// What a server proves itself with: TLS 1.2 or newer. Errors: HTTP_TLS.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsFiles& files);

class Wire {
 public:
  struct Read {
    boost::system::error_code error;
    std::size_t bytes = 0;
  };
  // Without a context the bytes travel as they are.
  Wire(boost::asio::ip::tcp::socket& socket, boost::asio::ssl::context* tls);
  [[nodiscard]] boost::asio::ip::tcp::socket& socket() const { return socket_; }

  boost::asio::awaitable<boost::system::error_code> open();
  boost::asio::awaitable<Read> read_some(boost::asio::mutable_buffer into);
  boost::asio::awaitable<boost::system::error_code> write(boost::asio::const_buffer bytes);
  // Says that no more comes, so that the other side can tell an end from a cut.
  boost::asio::awaitable<void> close();

 private:
  boost::asio::ip::tcp::socket& socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace fermata::http
