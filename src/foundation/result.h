#pragma once
// Result<T>: a value, or the Error that says why there is none. Same member names as std::expected,
// so that we can change over once a compiler has it. INVARIANT: exactly one of value and error
// exists. See error.h for the Error.
//
// TRY(auto document, parse(text));   declares `document`, or returns the error to the caller
// TRY_DO(store.write(row));          for Result<void>
// Both are statements on purpose: as expressions they leak half-built temporaries in GCC 12 and
// clang 16.

#include <type_traits>
#include <utility>
#include <variant>

#include "foundation/error.h"

namespace fermata {

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  template <typename U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  // The constraint leaves copies and moves alone.
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload)
  Result(U&& value) : content_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(content_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(content_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(content_)); }
  [[nodiscard]] Error& error() & { return std::get<1>(content_); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(content_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(content_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] Error& error() & { return std::get<1>(content_); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(content_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(content_)); }

 private:
  std::variant<std::monostate, Error> content_;
};

}  // namespace fermata

#define FERMATA_CONCAT_INNER(a, b) a##b
#define FERMATA_CONCAT(a, b) FERMATA_CONCAT_INNER(a, b)
#define FERMATA_TRY(temporary, declaration, expression)            \
  auto temporary = (expression);                                   \
  if (!temporary.has_value()) return std::move(temporary).error(); \
  declaration = *std::move(temporary)
#define TRY(declaration, expression) \
  FERMATA_TRY(FERMATA_CONCAT(try_result_, __COUNTER__), declaration, expression)
#define TRY_DO(expression)                                             \
  do {                                                                 \
    if (auto try_do_result = (expression); !try_do_result.has_value()) \
      return std::move(try_do_result).error();                         \
  } while (false)
