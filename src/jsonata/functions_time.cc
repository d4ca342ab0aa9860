// Time. The moment is handed in with the evaluation: the same all the way through one, as the
// language asks. Source: the language's documentation, "Date/Time functions".
#include <array>
#include <cmath>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"
#include "jsonata/js_date.h"
#include "jsonata/picture_date.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

Val fn_millis(Evaluator& e, Arguments&) {
  return Val::number(static_cast<double>(e.options().now));
}
Val fn_from_millis(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  DatePicture picture;
  if (a[1].is_text()) {
    if (const char* code = read_date_picture(a[1].as_text(), picture)) return e.fail_here(code);
  }
  std::string out;
  const auto zone = a[2].is_text() ? std::optional(a[2].as_text()) : std::nullopt;
  const char* code =
      format_date(a[0].as_number(), a[1].is_text() ? picture : iso_date_picture(), zone, out);
  return code != nullptr ? e.fail_here(code) : Val::text(std::move(out));
}

Val fn_now(Evaluator& e, Arguments& a) {
  Arguments moment = {Val::number(static_cast<double>(e.options().now)), a[0], a[1]};
  return fn_from_millis(e, moment);
}

Val fn_to_millis(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (!a[1].is_text()) {
    if (!is_iso_date(a[0].as_text())) return e.fail_here("D3110", std::string(a[0].as_text()));
    return Val::number(parse_iso_date(a[0].as_text()));
  }
  DatePicture picture;
  DateReader reader;
  const char* code = read_date_picture(a[1].as_text(), picture);
  if (code == nullptr) code = make_date_reader(std::move(picture), reader);
  if (code != nullptr) return e.fail_here(code);
  const ParsedDate parsed =
      parse_date(a[0].as_text(), reader, static_cast<double>(e.options().now));
  if (parsed.code != nullptr) return e.fail_here(parsed.code);
  return parsed.time ? Val::number(*parsed.time) : Val();
}

constexpr std::array<Native, 4> kFunctions = {{
    {"millis", "<:n>", fn_millis},
    {"now", "<s?s?:s>", fn_now},
    {"fromMillis", "<n-s?s?:s>", fn_from_millis},
    {"toMillis", "<s-s?:n>", fn_to_millis},
}};

}  // namespace

std::span<const Native> time_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
