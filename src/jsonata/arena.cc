#include "jsonata/arena.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace fermata::jsonata {
namespace {

// Blocks grow with what was needed so far, and no further than a quarter of a megabyte: that bounds
// what a finished evaluation leaves unused.
constexpr std::size_t kBlockMin = 16 * 1024;
constexpr std::size_t kBlockMax = 256 * 1024;

}  // namespace

void* Arena::take_block(std::size_t bytes) {
  std::size_t size =
      std::clamp(static_cast<std::size_t>(reserved_) / 2, kBlockMin, kBlockMax) - sizeof(Block);
  size = std::max(size, bytes);
  auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
  if (block == nullptr) std::abort();  // out of memory: nothing of ours could go on
  block->before = last_;
  block->bytes = sizeof(Block) + size;
  last_ = block;
  reserved_ += block->bytes;
  at_ = reinterpret_cast<char*>(block + 1);
  end_ = at_ + size;
  char* const start = at_;
  at_ += bytes;
  return start;
}

bool Arena::extend(const void* piece, std::size_t old_bytes, std::size_t new_bytes) {
  old_bytes = (old_bytes + 7) & ~std::size_t{7};
  new_bytes = (new_bytes + 7) & ~std::size_t{7};
  const char* const start = static_cast<const char*>(piece);
  if (start + old_bytes != at_ || new_bytes > static_cast<std::size_t>(end_ - start)) return false;
  at_ += new_bytes - old_bytes;
  return true;
}

void Arena::drop_from(void* keep) {
  while (last_ != nullptr && last_ != keep) {
    Block* const before = last_->before;
    std::free(last_);
    last_ = before;
  }
}

void Arena::reset() {
  Block* largest = last_;
  for (Block* block = last_; block != nullptr; block = block->before) {
    if (block->bytes > largest->bytes) largest = block;
  }
  while (last_ != nullptr) {
    Block* const before = last_->before;
    if (last_ != largest) std::free(last_);
    last_ = before;
  }
  last_ = largest;
  reserved_ = 0;
  at_ = nullptr;
  end_ = nullptr;
  if (largest == nullptr) return;
  largest->before = nullptr;
  at_ = reinterpret_cast<char*>(largest + 1);
  end_ = reinterpret_cast<char*>(largest) + largest->bytes;
}

}  // namespace fermata::jsonata
