#include "definition/program.h"

#include <algorithm>
#include <numeric>

namespace fermata::definition {
namespace {

template <typename Index, typename PathOf>
std::vector<Index> sorted_by_path(std::size_t count, PathOf path_of) {
  std::vector<Index> order(count);
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::sort(order, {}, path_of);
  return order;
}

template <typename Index, typename PathOf>
std::optional<Index> find_by_path(const std::vector<Index>& order, std::string_view path,
                                  PathOf path_of) {
  const auto found = std::ranges::lower_bound(order, path, {}, path_of);
  if (found == order.end() || path_of(*found) != path) return std::nullopt;
  return *found;
}

}  // namespace

void Program::index_paths() {
  steps_by_path = sorted_by_path<StepIndex>(
      steps.size(), [&](StepIndex at) { return std::string_view(steps[at].path.text); });
  sequences_by_path = sorted_by_path<SequenceIndex>(
      sequences.size(), [&](SequenceIndex at) { return std::string_view(sequences[at].path); });
}

std::optional<StepIndex> Program::step_at(const StepPath& path) const {
  return find_by_path(steps_by_path, path.text,
                      [&](StepIndex at) { return std::string_view(steps[at].path.text); });
}

std::optional<SequenceIndex> Program::sequence_at(std::string_view path) const {
  return find_by_path(sequences_by_path, path,
                      [&](SequenceIndex at) { return std::string_view(sequences[at].path); });
}

std::string_view dsl_name(StepKind kind) {
  switch (kind) {
#define X(kind, name, parks, since, sentence) \
  case StepKind::kind:                        \
    return name;
#include "definition/step_types.def"
#undef X
  }
  return {};
}

std::string_view describe(StepKind kind) {
  switch (kind) {
#define X(kind, name, parks, since, sentence) \
  case StepKind::kind:                        \
    return sentence;
#include "definition/step_types.def"
#undef X
  }
  return {};
}

}  // namespace fermata::definition
