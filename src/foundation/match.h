#pragma once
// match{…}: one lambda per alternative of a closed variant. A new alternative without a lambda
// breaks the build.
//   std::visit(match{[](const Timer& timer) {…}, [](const Signal& signal) {…}}, input);

namespace fermata {

// Reads as a word of the language: it stands where `switch` would, and is nowhere named as the
// type that it is.
template <typename... Arms>
struct match : Arms... {  // NOLINT(readability-identifier-naming)
  using Arms::operator()...;
};
template <typename... Arms>
match(Arms...) -> match<Arms...>;

}  // namespace fermata
