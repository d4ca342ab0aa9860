// Time. The moment is handed in with the evaluation: the same all the way through one, as the
// language asks. Documentation: "Date/Time functions".
#include <array>
#include <cmath>

#include "jsonata/js_date.h"
#include "jsonata/run.h"

namespace fermata::jsonata {
namespace {

double now_of(const Run& run) {
  return static_cast<double>(run.options.now);
}

Cell fn_millis(Run& run, Arguments&) {
  return Cell::real(now_of(run));
}

Cell date_text(Run& run, double time, const Cell& text, const Cell& zone,
               const DatePicture* ready) {
  DatePicture read;
  if (ready == nullptr && text.is_text()) {
    if (const char* code = read_date_picture(text.view(), read)) return run.fail(code);
    ready = &read;
  }
  std::string out;
  const auto wanted = zone.is_text() ? std::optional(zone.view()) : std::nullopt;
  const char* code = format_date(time, ready == nullptr ? iso_date_picture() : *ready, wanted, out);
  return code != nullptr ? run.fail(code) : run.text(out);
}

Cell fn_now(Run& run, Arguments& a) {
  return date_text(run, now_of(run), a[0], a[1], nullptr);
}

Cell fn_from_millis(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  return date_text(run, a[0].number, a[1], a[2],
                   a.pictures == nullptr ? nullptr : &*a.pictures->date);
}

Cell fn_to_millis(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[1].is_undefined()) {
    if (!is_iso_date(a[0].view())) return run.fail("D3110", std::string(a[0].view()));
    return Cell::real(parse_iso_date(a[0].view()));
  }
  DateReader read;
  if (a.pictures == nullptr) {
    DatePicture picture;
    const char* code = read_date_picture(a[1].view(), picture);
    if (code == nullptr) code = make_date_reader(std::move(picture), read);
    if (code != nullptr) return run.fail(code);
  }
  const DateReader& reader = a.pictures == nullptr ? read : *a.pictures->reader;
  const ParsedDate parsed = parse_date(a[0].view(), reader, now_of(run));
  if (parsed.code != nullptr) return run.fail(parsed.code);
  return parsed.time ? Cell::real(*parsed.time) : Cell();
}

constexpr std::array<Native, 4> kFunctions = {{
    {"millis", "<:n>", "now, in milliseconds since 1970", fn_millis, 0},
    {"now", "<s?s?:s>", "now, as a timestamp, or by a picture in a time zone", fn_now, 2},
    {"fromMillis", "<n-s?s?:s>",
     "milliseconds since 1970 as a timestamp, or by a picture in a time zone", fn_from_millis, 3},
    {"toMillis", "<s-s?:n>",
     "a timestamp, or a text of a picture's form, in milliseconds since 1970", fn_to_millis, 2},
}};

}  // namespace

std::span<const Native> date_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
