#include "http/address_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fermata::http {
namespace {

// An address as 16 bytes; IPv4 in its mapped form.
using Bytes = std::array<unsigned char, 16>;
constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
// NAT64 (RFC 6052): a translator connects to the IPv4 address in the last four bytes.
constexpr std::array<unsigned char, 12> kTranslated = {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};

bool begins_with(const Bytes& bytes, const std::array<unsigned char, 12>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

std::optional<Bytes> parse_address(const std::string& text) {
  Bytes bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  std::ranges::copy(kMapped, bytes.begin());
  if (inet_pton(AF_INET, text.c_str(), bytes.data() + kMapped.size()) == 1) return bytes;
  return std::nullopt;
}

// What a packet to it reaches.
Bytes destination_of(Bytes bytes) {
  if (begins_with(bytes, kTranslated)) std::ranges::copy(kMapped, bytes.begin());
  return bytes;
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

bool contains(std::string_view text, const Bytes& address) {
  const auto block = parse_block(text);
  if (!block) return false;
  for (unsigned bit = 0; bit < block->bits && bit < 128; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((block->base[bit / 8] & mask) != (address[bit / 8] & mask)) return false;
  }
  return true;
}

enum class Reach : std::uint8_t { Never, WhenAllowed };
struct Row {
  std::string_view block;
  Reach reach;
};
// A row judges addresses of its own family.
constexpr std::array<Row, 24> kRows = {{
    {"0.0.0.0/8", Reach::Never},              // this host: Linux connects to itself
    {"224.0.0.0/4", Reach::Never},            // multicast
    {"240.0.0.0/4", Reach::Never},            // reserved, with the broadcast 255.255.255.255
    {"::/128", Reach::Never},                 // unspecified: Linux connects to itself
    {"ff00::/8", Reach::Never},               // multicast
    {"10.0.0.0/8", Reach::WhenAllowed},       // private
    {"100.64.0.0/10", Reach::WhenAllowed},    // shared by carriers; a cloud's metadata service
    {"127.0.0.0/8", Reach::WhenAllowed},      // loopback
    {"169.254.0.0/16", Reach::WhenAllowed},   // link-local; the metadata services of clouds
    {"172.16.0.0/12", Reach::WhenAllowed},    // private
    {"192.0.0.0/24", Reach::WhenAllowed},     // for protocols
    {"192.0.2.0/24", Reach::WhenAllowed},     // documentation
    {"192.88.99.0/24", Reach::WhenAllowed},   // relays of 6to4: whichever is nearest
    {"192.168.0.0/16", Reach::WhenAllowed},   // private
    {"198.18.0.0/15", Reach::WhenAllowed},    // measurements inside a network
    {"198.51.100.0/24", Reach::WhenAllowed},  // documentation
    {"203.0.113.0/24", Reach::WhenAllowed},   // documentation
    // Not given to anybody on the internet: loopback, IPv4-compatible (::/96), IPv4-translated
    // (::ffff:0:0:0/96), NAT64 of a network's own (64:ff9b:1::/48), discard (100::/64).
    {"::/3", Reach::WhenAllowed},
    {"4000::/2", Reach::WhenAllowed},  // likewise; segment routing (5f00::/16)
    // Likewise; unique local (fc00::/7), link-local (fe80::/10), site-local (fec0::/10).
    {"8000::/1", Reach::WhenAllowed},
    {"2001::/23", Reach::WhenAllowed},      // for protocols; Teredo (2001::/32) carries IPv4
    {"2001:db8::/32", Reach::WhenAllowed},  // documentation
    {"2002::/16", Reach::WhenAllowed},      // 6to4: carries IPv4
    {"3fff::/20", Reach::WhenAllowed},      // documentation
}};

}  // namespace

bool is_allowed(const std::string& address, const AddressPolicy& policy) {
  const auto asked = parse_address(address);
  if (!asked) return false;
  const Bytes bytes = destination_of(*asked);
  const bool is_v4 = begins_with(bytes, kMapped);
  const auto is_under = [&](Reach reach) {
    return std::ranges::any_of(kRows, [&](const Row& row) {
      const bool is_same_family = (row.block.find(':') == std::string_view::npos) == is_v4;
      return row.reach == reach && is_same_family && contains(row.block, bytes);
    });
  };
  if (is_under(Reach::Never)) return false;
  return !is_under(Reach::WhenAllowed) ||
         std::ranges::any_of(policy.allowed_private, [&](const std::string& block) {
           return contains(block, bytes) || contains(block, *asked);
         });
}

}  // namespace fermata::http
