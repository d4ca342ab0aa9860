#pragma once
// For tests: a client that sends bytes as they are given, and reads, or does not.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace fermata::http {

inline void send_raw(int fd, const std::string& bytes) {
  EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

// A connection that has sent these bytes.
inline int connect_raw(std::uint16_t port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int is_on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &is_on, sizeof is_on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  send_raw(fd, bytes);
  return fd;
}

// What comes until the server closes, or until it has this text in it.
inline std::string read_until(int fd, const std::string& text) {
  std::string answer;
  char buffer[4096];
  while (text.empty() || answer.find(text) == std::string::npos) {
    const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return answer;
}

// Sends these bytes and reads until the server closes.
inline std::string ask_raw(std::uint16_t port, const std::string& bytes) {
  const int fd = connect_raw(port, bytes);
  std::string answer = read_until(fd, "");
  close(fd);
  return answer;
}

}  // namespace fermata::http
