#include "http/address_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace fermata::http {
namespace {

// An address as 16 bytes; IPv4 in its mapped form, so that one table judges both.
using Bytes = std::array<unsigned char, 16>;

std::optional<Bytes> parse_address(const std::string& text) {
  Bytes bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0};
  if (inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

struct Block {
  Bytes base;
  unsigned bits;
};

std::optional<Block> parse_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const auto base = parse_address(address);
  if (!base) return std::nullopt;
  const bool is_v4 = address.find(':') == std::string::npos;
  unsigned bits = is_v4 ? 32 : 128;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), bits).ec != std::errc{})
      return std::nullopt;
  }
  return Block{*base, is_v4 ? bits + 96 : bits};
}

bool contains(const Block& block, const Bytes& address) {
  for (unsigned bit = 0; bit < block.bits && bit < 128; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((block.base[bit / 8] & mask) != (address[bit / 8] & mask)) return false;
  }
  return true;
}

// Never reachable, whatever is allowed.
constexpr std::array<std::string_view, 5> kForbidden = {"0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4",
                                                        "::/128", "ff00::/8"};
// Reachable only when allowed: loopback, private, link-local with the metadata services, shared,
// documentation, NAT64.
constexpr std::array<std::string_view, 15> kPrivate = {
    "127.0.0.0/8",    "10.0.0.0/8",   "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
    "100.64.0.0/10",  "192.0.0.0/24", "192.0.2.0/24",  "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "::1/128",      "fc00::/7",      "fe80::/10",      "64:ff9b::/96"};

}  // namespace

bool is_allowed(const std::string& address, const AddressPolicy& policy) {
  const auto bytes = parse_address(address);
  if (!bytes) return false;
  const auto is_in = [&](std::string_view text) {
    const auto block = parse_block(text);
    return block && contains(*block, *bytes);
  };
  if (std::ranges::any_of(kForbidden, is_in)) return false;
  return std::ranges::none_of(kPrivate, is_in) ||
         std::ranges::any_of(policy.allowed_private, is_in);
}

}  // namespace fermata::http
