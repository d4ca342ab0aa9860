#include <array>

#include "definition/check/rule.h"

namespace fermata::definition {

std::span<const Rule> all_rules() {
  static constexpr std::array kRules = {
      Rule{"step_ids", rules::step_ids},
      Rule{"empty_branches", rules::empty_branches},
      Rule{"unreachable_steps", rules::unreachable_steps},
      Rule{"action_exists", rules::action_exists},
      Rule{"action_input", rules::action_input},
      Rule{"action_time", rules::action_time},
      Rule{"called_workflow", rules::called_workflow},
      Rule{"special_keys", rules::special_keys},
      Rule{"secrets", rules::secrets},
      Rule{"error_names", rules::error_names},
      Rule{"wait_times", rules::wait_times},
      Rule{"event_wait", rules::event_wait},
      Rule{"form_schema", rules::form_schema},
      Rule{"self_call", rules::self_call},
      Rule{"expression_types", rules::expression_types},
      Rule{"fields", rules::fields},
      Rule{"names", rules::names},
      Rule{"payload_schema", rules::payload_schema},
      Rule{"trigger_event", rules::trigger_event},
      Rule{"trigger_mapping", rules::trigger_mapping},
      Rule{"time_trigger", rules::time_trigger},
  };
  return kRules;
}

}  // namespace fermata::definition
