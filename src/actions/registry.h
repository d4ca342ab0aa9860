#pragma once
// ActionRegistry: all actions of a process, filled once at start and then only read. It is the
// catalogue that definitions are checked against, and the table of pure actions that the
// interpreter runs.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

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

// An action's input with secrets in it.
struct Opened {
  json::Value input;
  // Those that are in it, the longest first: one that begins with another is taken out whole
  // (taint.h).
  std::vector<std::string> secrets;
};
// INVARIANT: only at `places` (JSON pointers) is {"$secret": NAME} replaced: whoever wrote the
// definition named them. One that stands elsewhere came as data and stays data. Errors:
// SECRET_UNKNOWN, the resolver's; RUN_ARGUMENTS_INVALID when a place holds no reference.
Result<Opened> open_secrets(json::Value input, std::span<const std::string> places,
                            const TenantId& tenant, SecretResolver& secrets);
// The places of everything that looks like a reference: for callers that cannot say which are.
std::vector<std::string> secret_references(const json::Value& input);

}  // namespace fermata::actions
