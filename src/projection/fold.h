#pragma once
// The fold: effects of one advance to rows. Pure, so that rows can be rebuilt from Temporal's
// history alone
// (`fermata rebuild`), and so that a scenario can show them.

#include <cstdint>
#include <span>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "interpreter/effect.h"
#include "projection/rows.h"

namespace fermata::projection {

struct FoldContext {
  const TenantId& tenant;
  const RunId& run_id;
  // Of the row that the first effect makes: larger than that of any row before.
  std::uint64_t first_number = 0;
  TimeMs now = 0;  // workflow time of the activation
};

// Rows of these effects, coalesced. A CloseWait without its OpenWait in the same span yields a
// WaitRow whose `created_at` is 0: the store then updates only status, resolution, sequence and
// matched event.
RowBatch fold(const FoldContext& context, std::span<const interpreter::Effect> effects);

}  // namespace fermata::projection
