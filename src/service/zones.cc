#include "service/zones.h"

#include <date/tz.h>

#include <chrono>
#include <stdexcept>

#include "foundation/format.h"

namespace fermata::service {
namespace {

class SystemZone final : public calendar::ZoneRules {
 public:
  explicit SystemZone(const date::time_zone* zone) : zone_(zone) {}
  [[nodiscard]] std::int64_t offset_ms_at(TimeMs instant) const override {
    const std::chrono::milliseconds since(instant);
    const date::sys_time<std::chrono::milliseconds> at(since);
    return std::chrono::milliseconds(zone_->get_info(at).offset).count();
  }

 private:
  const date::time_zone* zone_;  // of the library's own, which is never taken down
};

}  // namespace

Result<std::shared_ptr<const calendar::ZoneRules>> system_zone(const std::string& name) {
  try {
    return std::shared_ptr<const calendar::ZoneRules>(
        std::make_shared<SystemZone>(date::locate_zone(name)));
  } catch (const std::runtime_error&) {
    return make_error(ErrorKind::Invalid, "ZONE_UNKNOWN",
                      format("this system knows no time zone `{}`", name),
                      "write an IANA name, and install the system's time zones (tzdata)");
  }
}

}  // namespace fermata::service
