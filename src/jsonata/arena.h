#pragma once
// Memory of one evaluation: taken by moving a pointer, given back all at once. Nothing in it has a
// destructor. INVARIANT: what was taken after a mark may be given back only when no value that
// lives on points there. Callers count what they are about to take (run.h), so taking never fails.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace fermata::jsonata {

class Arena {
 public:
  Arena() = default;
  // `first` is used before any memory is asked for; it must outlive the arena.
  Arena(char* first, std::size_t size) : at_(first), end_(first + size) {}
  ~Arena() { drop_from(nullptr); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* take(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    if (bytes > static_cast<std::size_t>(end_ - at_)) return take_block(bytes);
    char* const start = at_;
    at_ += bytes;
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
    if (mark.block != last_) drop_from(mark.block);
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
  void drop_from(void* keep);

  char* at_ = nullptr;
  char* end_ = nullptr;
  Block* last_ = nullptr;
  std::uint64_t reserved_ = 0;
};

}  // namespace fermata::jsonata
