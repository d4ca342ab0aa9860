#include "api/permissions.h"

#include <array>

namespace fermata::api {
namespace {

using service::Role;

struct Rule {
  std::string_view method;  // empty: every
  std::string_view prefix;  // of the pattern
  std::string_view suffix;  // of the pattern; empty: every
  Role role;
};

// The first that fits.
constexpr std::array kRules = {
    // Keys, secrets, doors into the system and what was done by whom.
    Rule{"", "/api/v1/api-keys", "", Role::Admin},
    Rule{"", "/api/v1/secrets", "", Role::Admin},
    Rule{"", "/api/v1/webhooks", "", Role::Admin},
    Rule{"", "/api/v1/audit", "", Role::Admin},
    Rule{"GET", "/api/v1/", "", Role::Viewer},
    // Everybody's own.
    Rule{"", "/api/v1/run-views", "", Role::Viewer},
    // Questions that come with a body.
    Rule{"POST", "/api/v1/", "/validate", Role::Viewer},
    Rule{"POST", "/api/v1/", "/evaluate", Role::Viewer},
    Rule{"POST", "/api/v1/expressions/", "", Role::Viewer},
    Rule{"POST", "/api/v1/definitions/", "/complete", Role::Viewer},
    Rule{"POST", "/api/v1/definitions/", "/rename", Role::Viewer},
    Rule{"POST", "/api/v1/", "/preview", Role::Viewer},
    Rule{"POST", "/api/v1/", "/diff", Role::Viewer},
    Rule{"", "/api/v1/runs", "", Role::Operator},
    Rule{"", "/api/v1/bulk-jobs", "", Role::Operator},
    Rule{"POST", "/api/v1/workflows/{id}/runs", "", Role::Operator},
    Rule{"", "/api/v1/events", "", Role::Operator},
    Rule{"", "/api/v1/dead-letters", "", Role::Operator},
    Rule{"", "/api/v1/tasks", "", Role::Operator},
    Rule{"PUT", "/api/v1/workflows/{id}/settings", "", Role::Operator},
    Rule{"", "/api/v1/workflows", "", Role::Author},
    Rule{"", "/api/v1/definitions", "", Role::Author},
    Rule{"POST", "/api/v1/simulations", "", Role::Author},
    Rule{"", "/api/v1/payload-schemas", "", Role::Author},
    Rule{"", "/api/v1/event-types", "", Role::Author},
    Rule{"", "/api/v1/bundle", "", Role::Author},
    Rule{"", "/api/v1/calendars", "", Role::Author},
    Rule{"", "/api/v1/store", "", Role::Author},
};

}  // namespace

Role needed_for(std::string_view method, std::string_view pattern) {
  for (const Rule& rule : kRules) {
    if ((rule.method.empty() || rule.method == method) && pattern.starts_with(rule.prefix) &&
        pattern.ends_with(rule.suffix))
      return rule.role;
  }
  return Role::Admin;
}

}  // namespace fermata::api
