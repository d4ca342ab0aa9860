#include "definition/types/flow.h"

#include <algorithm>
#include <compare>
#include <optional>

namespace fermata::definition {
namespace {

// The steps around a step, outermost first, and itself.
std::vector<StepIndex> chain_of(const Program& program, StepIndex step) {
  std::vector<StepIndex> chain;
  for (StepIndex at = step; at != kNoStep; at = program.sequences[program.steps[at].sequence].owner)
    chain.push_back(at);
  std::ranges::reverse(chain);
  return chain;
}

// How far back a write lies: by nesting, then by order. The greater, the later it was.
struct Distance {
  std::int64_t depth = 0;
  std::int64_t order = 0;
  auto operator<=>(const Distance&) const = default;
};
// What happens where a branch begins lies before its first step; what may have gone on before that,
// in an earlier pass or another branch, before this.
constexpr std::int64_t kBeginning = -1;
constexpr std::int64_t kEarlier = -2;

struct Seen {
  Distance distance;
  bool is_certain = false;
};

class Relation {
 public:
  Relation(const Program& program, const Place& place)
      : program_(program), place_(place), reader_(chain_of(program, place.step)) {}

  std::optional<Seen> of(const Write& write) const {
    const auto writer = chain_of(program_, write.step);
    const std::size_t shorter = std::min(writer.size(), reader_.size());
    std::size_t common = 0;
    while (common < shorter && writer[common] == reader_[common]) ++common;
    if (auto seen = straight(write, writer, common)) return seen;
    return write.time == WriteTime::EachPass ? std::nullopt : come_round(writer, common);
  }

 private:
  [[nodiscard]] const Step& step(StepIndex at) const { return program_.steps[at]; }
  static Distance at(std::size_t depth, std::int64_t order) {
    return {static_cast<std::int64_t>(depth), order};
  }

  // Without going round a loop.
  [[nodiscard]] std::optional<Seen> straight(const Write& write,
                                             const std::vector<StepIndex>& writer,
                                             std::size_t common) const {
    if (common == writer.size()) return own_or_around(write, common);
    if (common == reader_.size() || write.time == WriteTime::EachPass) return std::nullopt;
    const Step& left = step(writer[common]);
    const Step& right = step(reader_[common]);
    if (left.sequence == right.sequence) {
      if (left.position > right.position) return std::nullopt;
      const bool is_certain = common + 1 == writer.size() &&
                              (write.time == WriteTime::OnResult || write.time == WriteTime::AtEnd);
      return Seen{at(common, left.position), is_certain};
    }
    const auto* guard = std::get_if<TryCatchStep>(&step(writer[common - 1]).config);
    // From try to catch, and from both to finally.
    const bool is_later = guard != nullptr && left.sequence != guard->finally_branch &&
                          right.sequence != guard->try_branch;
    return is_later ? std::optional(Seen{at(common, kEarlier), false}) : std::nullopt;
  }

  // The writer is the reader, or stands around it.
  [[nodiscard]] std::optional<Seen> own_or_around(const Write& write, std::size_t common) const {
    if (common == reader_.size()) {
      const bool is_there = place_.is_assigning && write.time <= WriteTime::PerhapsAtEnd;
      if (!is_there) return std::nullopt;
      return Seen{at(common - 1, step(write.step).position), write.time == WriteTime::OnResult};
    }
    const SequenceIndex branch = step(reader_[common]).sequence;
    if (write.time == WriteTime::EachPass) return Seen{at(common, kBeginning), true};
    const auto* guard = std::get_if<TryCatchStep>(&step(write.step).config);
    if (guard == nullptr || branch == guard->try_branch) return std::nullopt;
    if (branch == guard->catch_branch) return Seen{at(common, kBeginning), true};
    return Seen{at(common, kEarlier), false};
  }

  // In an earlier pass of the innermost loop around both.
  [[nodiscard]] std::optional<Seen> come_round(const std::vector<StepIndex>& writer,
                                               std::size_t common) const {
    for (std::size_t i = std::min({common, writer.size() - 1, reader_.size() - 1}); i > 0; --i) {
      if (std::holds_alternative<ForEachStep>(step(reader_[i - 1]).config))
        return Seen{at(i, kEarlier), false};
    }
    return std::nullopt;
  }

  const Program& program_;
  Place place_;
  std::vector<StepIndex> reader_;
};

}  // namespace

Place place_of(const ExpressionSite& site) {
  return {site.step, site.role == ExpressionRole::Assigned};
}

std::vector<std::size_t> visible_writes(const Program& program, const Place& place,
                                        std::span<const Write> writes) {
  const Relation relation(program, place);
  std::vector<std::pair<Distance, std::size_t>> seen;
  std::optional<Distance> certain;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const auto found = relation.of(writes[i]);
    if (!found) continue;
    seen.emplace_back(found->distance, i);
    if (found->is_certain)
      certain = certain ? std::max(*certain, found->distance) : found->distance;
  }
  std::vector<std::size_t> kept;
  for (const auto& [distance, index] : seen) {
    if (!certain || distance >= *certain) kept.push_back(index);
  }
  return kept;
}

}  // namespace fermata::definition
