#pragma once
// Memory of one evaluation: taken by moving a pointer, given back all at once. Nothing in it has a
// destructor. INVARIANT: what was taken after a mark may be given back only when no value that
// lives on points there. Callers count what they are about to take (run.h), so taking never fails.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#ifdef __has_feature
#define FERMATA_HAS_FEATURE(name) __has_feature(name)
#else
#define FERMATA_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || FERMATA_HAS_FEATURE(address_sanitizer)
#define FERMATA_WATCHES_MEMORY
#include <sanitizer/asan_interface.h>
#endif

namespace fermata::jsonata {

class Arena {
 public:
  Arena() = default;
  // `first` is used before any memory is asked for; it must outlive the arena.
  Arena(char* first, std::size_t size)
      : at_(first), end_(first + size), first_(first), first_bytes_(size) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* take(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    if (bytes > static_cast<std::size_t>(end_ - at_)) return take_block(bytes);
    char* const start = at_;
    at_ += bytes;
    allow(start, bytes);
    return start;
  }
  template <typename T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 8);
    return static_cast<T*>(take(count * sizeof(T)));
  }
  template <typename T>
  T* make(const T& value) {
    T* const place = array<T>(1);
    return new (place) T(value);
  }
  const char* copy(std::string_view text) {
    char* const place = static_cast<char*>(take(text.size()));
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    return place;
  }
  // Grows the piece that was taken last without moving it; false when it is not the last or there
  // is no room.
  bool extend(const void* piece, std::size_t old_bytes, std::size_t new_bytes);

  struct Mark {
    char* at;
    char* end;
    void* block;
  };
  [[nodiscard]] Mark mark() const { return {at_, end_, last_}; }
  // Gives back everything taken since the mark.
  void release(const Mark& mark) {
    if (mark.block != last_) {
      drop_from(mark.block);
      forbid(mark.at, static_cast<std::size_t>(mark.end - mark.at));
    } else {
      forbid(mark.at, static_cast<std::size_t>(at_ - mark.at));
    }
    at_ = mark.at;
    end_ = mark.end;
  }

  // Bytes asked of the system, all in all.
  [[nodiscard]] std::uint64_t reserved() const { return reserved_; }
  // Forgets everything but keeps the largest block for the next evaluation.
  void reset();

 private:
  struct Block {
    Block* before;
    std::size_t bytes;
  };
  void* take_block(std::size_t bytes);
  Block* take_spare(std::size_t bytes);
  static void free_all(Block* block);
  void drop_from(void* keep);

  // Under the address sanitizer, memory that was given back must not be touched.
#ifdef FERMATA_WATCHES_MEMORY
  static void allow(const void* start, std::size_t bytes) {
    __asan_unpoison_memory_region(start, bytes);
  }
  static void forbid(const void* start, std::size_t bytes) {
    __asan_poison_memory_region(start, bytes);
  }
#else
  static void allow(const void*, std::size_t) {}
  static void forbid(const void*, std::size_t) {}
#endif

  char* at_ = nullptr;
  char* end_ = nullptr;
  Block* last_ = nullptr;
  Block* spare_ = nullptr;  // given back by a release: taken again before the system is asked
  char* first_ = nullptr;
  std::size_t first_bytes_ = 0;
  std::uint64_t reserved_ = 0;
};

}  // namespace fermata::jsonata
