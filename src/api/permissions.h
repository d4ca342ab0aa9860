#pragma once
// Which role a route needs. One table; what stands in no row needs an admin, except to look.

#include <string_view>

#include "service/access.h"

namespace fermata::api {

service::Role needed_for(std::string_view method, std::string_view pattern);

}  // namespace fermata::api
