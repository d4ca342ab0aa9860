#pragma once
// Strong ids: a run id cannot be passed where a workflow id is meant. Values are plain text; they
// are made outside the pure half (service/launch) and come in with the input.

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace fermata {

template <typename Tag>
struct Id {
  std::string text;

  Id() = default;
  explicit Id(std::string value) : text(std::move(value)) {}
  explicit Id(std::string_view value) : text(value) {}
  explicit Id(const char* value) : text(value) {}

  [[nodiscard]] bool empty() const { return text.empty(); }
  auto operator<=>(const Id&) const = default;
};

using TenantId = Id<struct TenantTag>;
using WorkflowId = Id<struct WorkflowTag>;
using RunId = Id<struct RunTag>;
using EventId = Id<struct EventTag>;
using TaskId = Id<struct TaskTag>;
using WaitId = Id<struct WaitTag>;

// Canonical path of a step, e.g. root.steps[2].then.steps[0] (ARCHITECTURE.md, "Paths").
using StepPath = Id<struct StepPathTag>;

}  // namespace fermata
