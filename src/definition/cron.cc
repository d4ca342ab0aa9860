#include "definition/cron.h"

#include <array>
#include <charconv>
#include <vector>

#include "foundation/format.h"

namespace fermata::definition {
namespace {

struct FieldRange {
  std::string_view name;
  int least;
  int most;
};
constexpr std::array<FieldRange, 5> kFields = {
    {{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 7}}};
constexpr std::size_t kCronBytesMax = 128;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text = text.substr(end + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return status == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                   : std::nullopt;
}

bool part_fits(std::string_view part, const FieldRange& range) {
  const auto by_step = split(part, '/');
  if (by_step.size() > 2) return false;
  if (by_step.size() == 2) {
    const auto step = number(by_step[1]);
    if (!step || *step < 1 || *step > range.most) return false;
  }
  if (by_step[0] == "*") return true;
  const auto ends = split(by_step[0], '-');
  if (ends.size() > 2) return false;
  const auto low = number(ends[0]);
  const auto high = number(ends.back());
  return low && high && *low >= range.least && *high <= range.most && *low <= *high;
}

}  // namespace

std::optional<std::string> cron_error(std::string_view cron) {
  if (cron.size() > kCronBytesMax) return format("longer than {} characters", kCronBytesMax);
  std::vector<std::string_view> fields;
  for (const std::string_view field : split(cron, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != kFields.size())
    return format("has {} fields, five are needed", fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::string_view part : split(fields[i], ',')) {
      if (!part_fits(part, kFields[i])) return format("`{}` cannot be a {}", part, kFields[i].name);
    }
  }
  return std::nullopt;
}

}  // namespace fermata::definition
