#pragma once
// What only a program has: the clock, randomness, the log, secrets from the environment, the files
// of a data folder.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actions/registry.h"
#include "foundation/clock.h"
#include "foundation/log.h"
#include "foundation/result.h"
#include "service/known_names.h"
#include "service/random.h"
#include "service/secret_vault.h"

namespace fermata::cli {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override;
};

class SystemRandom final : public service::Random {
 public:
  explicit SystemRandom(const Clock& clock) : clock_(clock) {}
  std::string uuid() override;
  std::string secret() override { return token(); }
  static std::string token();

 private:
  const Clock& clock_;
};

// One JSON object per line on standard error.
std::unique_ptr<Log> make_log(const std::string& level);

// Of the server's own token, of the event stream and of secrets in the environment.
inline TenantId home_tenant() {
  return TenantId("default");
}

// {"$secret": "NAME"} from the vault; what it does not have there, the home tenant has from
// FERMATA_SECRET_NAME.
class StoredSecrets final : public actions::SecretResolver {
 public:
  explicit StoredSecrets(service::SecretVault& vault) : vault_(vault) {}
  Result<std::string> resolve(const TenantId& tenant, const std::string& name) override;

 private:
  service::SecretVault& vault_;
};

// Which of them the environment has: the home tenant's.
service::EnvironmentSecrets environment_secrets();

// The data folder: database, Temporal's database, the token, who is running.
struct DataFolder {
  std::string path;
  // What was told (--database), else the file in here.
  [[nodiscard]] std::string database(const std::string& told) const {
    return told.empty() ? path + "/fermata.db" : told;
  }
  [[nodiscard]] std::string temporal_database() const { return path + "/temporal.db"; }
  [[nodiscard]] std::string temporal_log() const { return path + "/temporal.log"; }
  [[nodiscard]] std::string state_file() const { return path + "/server.json"; }
  [[nodiscard]] std::string master_key_file() const { return path + "/master.key"; }
};
// Made when it is missing. Errors: DATA_FOLDER.
Result<DataFolder> open_data_folder(const std::string& path);
// The address as told, else what `fermata dev` on the folder wrote.
Result<std::string> temporal_address(const std::string& told, const DataFolder& folder);
// What callers of the API must bring: the file's text, else the token of the run before, so that a
// restart does not lock anybody out, else a new one. Errors: FILE_UNREADABLE, TOKEN_TOO_SHORT.
Result<std::string> api_token(const std::string& file, const DataFolder& folder);
// Kept while the object lives; a second `dev` on one folder is refused. Errors: DATA_IN_USE.
Result<std::shared_ptr<void>> lock_data_folder(const DataFolder& folder);
// A JSON or, by its name, YAML document. Errors: FILE_UNREADABLE, JSON_*, YAML_*, with the file.
Result<json::Value> read_document_file(const std::string& path);
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
// A token's or key's file, without the line end that editors leave behind it.
Result<std::string> read_token_file(const std::string& path, std::size_t bytes_max);
// What a server on the folder says of itself, for commands on the same folder, and on standard
// output when that was asked for.
Result<void> announce_state(const DataFolder& folder, const json::Object& state, bool prints);
Result<void> write_file(const std::string& path, std::string_view text);

// The file's keys; without a file those of the folder, made when there are none. Errors:
// FILE_UNREADABLE, MASTER_KEY_INVALID, DATA_FOLDER.
Result<service::MasterKeys> master_keys(const std::string& file, const DataFolder& folder);

// Seals with the newest key what older ones sealed; says in the log when it cannot.
void reseal(service::SecretVault& vault, Log& log);

// A process that works until Ctrl-C: signals, log, `work`, and the exit code of what came of it.
int run_until_stopped(const std::string& log_level, const std::function<Result<void>(Log&)>& work);

// All built-in actions. Without a store and a clock those that need them can be looked up, not
// run.
struct ActionOptions {
  std::vector<std::string> allowed_private;
  std::string email_ca;
  store::TenantStore* store = nullptr;
  const Clock* clock = nullptr;
};
actions::ActionRegistry make_actions(const ActionOptions& options, Log& log);

}  // namespace fermata::cli
