#pragma once
// ActionRegistry: all actions of a process, filled once at start and then only read. It is the
// catalogue that definitions are checked against, and the table of pure actions that the
// interpreter runs.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "actions/action.h"
#include "interpreter/pure_action.h"

namespace fermata::actions {

class ActionRegistry final : public definition::ActionCatalog, public interpreter::PureActions {
 public:
  // With the pure built-in actions in it.
  ActionRegistry();

  void add(std::unique_ptr<Action> action);
  // An action that others run.
  void declare(definition::ActionSpec spec);

  [[nodiscard]] const definition::ActionSpec* find(std::string_view id, int version) const override;
  [[nodiscard]] std::vector<const definition::ActionSpec*> all() const override;
  [[nodiscard]] std::variant<json::Value, interpreter::RunError> run(
      std::string_view id, int version, const json::Value& input) const override;
  // The action to run as an activity, or nullptr.
  [[nodiscard]] Action* runnable(const std::string& id, int version) const;

 private:
  using Key = std::pair<std::string, int>;
  std::map<Key, definition::ActionSpec> specs_;
  std::map<Key, std::unique_ptr<Action>> actions_;
};

// The input with each {"$secret": NAME} replaced; what by is added to `used`, the longest first.
// Error: SECRET_UNKNOWN.
Result<json::Value> resolve_secrets(const json::Value& input, const TenantId& tenant,
                                    SecretResolver& secrets,
                                    std::vector<std::string>* used = nullptr);

}  // namespace fermata::actions
