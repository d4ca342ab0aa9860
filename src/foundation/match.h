#pragma once
// match{…}: one lambda per alternative of a closed variant. A new alternative without a lambda
// breaks the build.
//   std::visit(match{[](const Timer& timer) {…}, [](const Signal& signal) {…}}, input);

namespace fermata {

template <typename... Arms>
// Reads as a word of the language. NOLINTNEXTLINE(readability-identifier-naming)
struct match : Arms... {
  using Arms::operator()...;
};
template <typename... Arms>
match(Arms...) -> match<Arms...>;

}  // namespace fermata
