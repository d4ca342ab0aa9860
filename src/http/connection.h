#pragma once
// One connection as a coroutine. Private to this library; the only coroutines of the project live
// in connection.cc and wire.cc, and there every argument is named before its co_await (GCC 12
// destroys temporaries twice otherwise).

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "http/server.h"

namespace fermata::http {

struct Shared {
  ServerOptions options;
  Router router;
  boost::asio::thread_pool workers;
  // None: plain HTTP. Of the IO thread; a connection keeps the one that it began with.
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::atomic<bool> is_draining{false};
  std::atomic<int> open{0};
  std::atomic<int> refusing{0};  // connections that are being told that there are too many
  // The IO thread's own: connections that wait for the first byte of a request; those that stream,
  // and how each is woken.
  std::set<boost::asio::ip::tcp::socket*> idle;
  std::map<boost::asio::ip::tcp::socket*, std::function<void()>> streaming;

  Shared(ServerOptions o, Router r)
      : options(std::move(o)), router(std::move(r)), workers(options.workers) {}
};

// The caller has counted it in `open`.
boost::asio::awaitable<void> serve_connection(std::shared_ptr<Shared> shared,
                                              boost::asio::ip::tcp::socket socket);

// Says that there are too many, and ends. The caller has counted it in `refusing`.
boost::asio::awaitable<void> refuse_connection(std::shared_ptr<Shared> shared,
                                               boost::asio::ip::tcp::socket socket);

}  // namespace fermata::http
