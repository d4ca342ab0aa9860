#include "jsonata/arena.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "foundation/limits.h"

namespace fermata::jsonata {
namespace {

// Blocks grow with what was needed so far, and no further than a quarter of a megabyte: that bounds
// what a finished evaluation leaves unused.
constexpr std::size_t kBlockMin = 16 * limits::kKiB;
constexpr std::size_t kBlockMax = 256 * limits::kKiB;

}  // namespace

Arena::~Arena() {
  allow(first_, first_bytes_);
  free_all(last_);
  free_all(spare_);
}

void Arena::free_all(Block* block) {
  while (block != nullptr) {
    Block* const before = block->before;
    std::free(block);
    block = before;
  }
}

Arena::Block* Arena::take_spare(std::size_t bytes) {
  for (Block** at = &spare_; *at != nullptr; at = &(*at)->before) {
    if ((*at)->bytes < sizeof(Block) + bytes) continue;
    Block* const found = *at;
    *at = found->before;
    return found;
  }
  return nullptr;
}

void* Arena::take_block(std::size_t bytes) {
  std::size_t size =
      std::clamp(static_cast<std::size_t>(reserved_) / 2, kBlockMin, kBlockMax) - sizeof(Block);
  size = std::max(size, bytes);
  Block* block = take_spare(bytes);
  if (block != nullptr) {
    size = block->bytes - sizeof(Block);
  } else {
    block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
    if (block == nullptr) std::abort();  // out of memory: nothing of ours could go on
    block->bytes = sizeof(Block) + size;
    reserved_ += block->bytes;
  }
  block->before = last_;
  last_ = block;
  at_ = reinterpret_cast<char*>(block + 1);
  end_ = at_ + size;
  char* const start = at_;
  at_ += bytes;
  allow(start, bytes);
  return start;
}

bool Arena::extend(const void* piece, std::size_t old_bytes, std::size_t new_bytes) {
  old_bytes = (old_bytes + 7) & ~std::size_t{7};
  new_bytes = (new_bytes + 7) & ~std::size_t{7};
  const char* const start = static_cast<const char*>(piece);
  if (start + old_bytes != at_ || new_bytes > static_cast<std::size_t>(end_ - start)) return false;
  allow(start, new_bytes);
  at_ += new_bytes - old_bytes;
  return true;
}

void Arena::drop_from(void* keep) {
  while (last_ != nullptr && last_ != keep) {
    Block* const before = last_->before;
    forbid(last_ + 1, last_->bytes - sizeof(Block));
    last_->before = spare_;
    spare_ = last_;
    last_ = before;
  }
}

void Arena::reset() {
  free_all(std::exchange(spare_, nullptr));
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
