// Time. The moment is handed in with the evaluation: the same all the way through one, as the
// language asks. Source: the language's documentation, "Date/Time functions".
#include <array>
#include <cmath>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"
#include "jsonata/instant.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

Val fn_millis(Evaluator& e, Arguments&) {
  return Val::number(static_cast<double>(e.options().now));
}
Val fn_now(Evaluator& e, Arguments&) {
  return Val::text(instant_text(e.options().now));
}

Val fn_from_millis(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const double ms = a[0].as_number();
  if (std::fabs(ms) > kInstantMax) return e.fail_here("D3110", number_text(ms));
  return Val::text(instant_text(static_cast<TimeMs>(ms)));
}

Val fn_to_millis(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const auto ms = parse_instant(a[0].as_text());
  return ms ? Val::number(static_cast<double>(*ms))
            : e.fail_here("D3110", std::string(a[0].as_text()));
}

constexpr std::array<Native, 4> kFunctions = {{
    {"millis", "<:n>", fn_millis},
    {"now", "<:s>", fn_now},
    {"fromMillis", "<n-:s>", fn_from_millis},
    {"toMillis", "<s-:n>", fn_to_millis},
}};

}  // namespace

std::span<const Native> time_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
