// Any bytes as JSON: what is read is written, read again and the same; canonical text is a fixed
// point; the counted length is the real one.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "json/hash.h"
#include "json/parse.h"
#include "json/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fermata;
  const auto first = json::parse({reinterpret_cast<const char*>(data), size});
  if (!first.has_value()) return 0;
  const std::string text = json::to_text(*first);
  if (json::text_bytes(*first) != text.size()) std::abort();
  const auto second = json::parse(text);
  if (!second.has_value() || !json::equal(*first, *second)) std::abort();
  const std::string canonical = json::to_canonical_text(*first);
  const auto third = json::parse(canonical);
  if (!third.has_value() || json::to_canonical_text(*third) != canonical) std::abort();
  if (json::hash(*first) != json::hash(*third)) std::abort();
  return 0;
}
