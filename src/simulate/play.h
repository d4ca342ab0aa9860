#pragma once
// Play: a definition, a payload and fixtures, all as their author wrote them, to a report. What the
// command line and the API have in common. Where next: prepare.h, simulate.h.

#include <optional>
#include <string>

#include "simulate/prepare.h"

namespace fermata::simulate {

struct Script {
  json::Value definition;
  json::Value payload;               // an object
  json::Value fixtures;              // null: none
  std::optional<std::string> up_to;  // path of a step that is not begun any more
};

struct Played {
  std::vector<definition::Finding> findings;  // of the definition and its children
  std::optional<Report> report;               // empty when any finding is an error
};

// What does not change from one play to the next.
struct Theatre {
  Offers offers;
  const interpreter::PureActions& pure_actions;
  const FormCheck& form_check;
  bool keeps_timeline = false;
  PlayLimits limits = {};
};

// What does not fit the payload's schema is a warning of the report: a run would be refused.
// Errors: PAYLOAD_INVALID, FIXTURES_INVALID, NOT_FOUND for a step that is not there.
Result<Played> play(const Script& script, const Theatre& theatre);

}  // namespace fermata::simulate
