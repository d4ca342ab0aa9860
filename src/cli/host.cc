#include "cli/host.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "actions/email_send.h"
#include "actions/http_request.h"
#include "actions/key_value.h"
#include "actions/log_action.h"
#include "actions/temporal_activity.h"
#include "cli/commands.h"
#include "cli/signals.h"
#include "definition/definition.h"
#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"
#include "json/text.h"
#include "jsonata/instant.h"

namespace fermata::cli {
namespace {

constexpr std::string_view kEnvironmentSecret = "FERMATA_SECRET_";

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  CHECK(RAND_bytes(raw.data(), static_cast<int>(raw.size())) == 1,
        "the system gives no randomness");
  std::string text;
  for (const unsigned char byte : raw) text += format("{:02x}", byte);
  return text;
}

class JsonLog final : public Log {
 public:
  explicit JsonLog(spdlog::level::level_enum level)
      : logger_("fermata", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern("%v");
    logger_.set_level(level);
    logger_.flush_on(spdlog::level::info);
  }
  void write(LogLevel level, std::string_view message, const LogFields& fields) override {
    const auto at = static_cast<spdlog::level::level_enum>(level);
    if (!logger_.should_log(at)) return;
    json::Object line{{"time", jsonata::instant_text(SystemClock().now())},
                      {"level", spdlog::level::to_string_view(at).data()},
                      {"message", message}};
    for (const auto& [key, value] : fields) line[key] = value;
    logger_.log(at, json::to_text(line));
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

TimeMs SystemClock::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// RFC 9562, section 5.7: 48 bits of time, then randomness.
std::string SystemRandom::uuid() {
  std::string hex = format("{:012x}", clock_.now()) + random_hex(10);
  hex[12] = '7';
  hex[16] = "89ab"[static_cast<std::size_t>(hex[16]) % 4];
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

std::string SystemRandom::token() {
  return random_hex(24);
}

std::unique_ptr<Log> make_log(const std::string& level) {
  return std::make_unique<JsonLog>(spdlog::level::from_str(level));
}

Result<std::string> StoredSecrets::resolve(const TenantId& tenant, const std::string& name) {
  auto stored = vault_.open(tenant, name);
  if (stored.has_value() || stored.error().code != "NOT_FOUND") return stored;
  // The environment is the host's: no other tenant may read from it.
  if (tenant == home_tenant()) {
    const char* value = std::getenv((std::string(kEnvironmentSecret) + name).c_str());
    if (value != nullptr) return std::string(value);
  }
  return make_error(
      ErrorKind::NotFound, "SECRET_UNKNOWN", format("there is no secret `{}`", name),
      format("store it by `fermata secrets set {}`, or set FERMATA_SECRET_{}", name, name));
}

service::EnvironmentSecrets environment_secrets() {
  service::EnvironmentSecrets found{home_tenant(), {}};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text(*entry);
    if (!text.starts_with(kEnvironmentSecret)) continue;
    text.remove_prefix(kEnvironmentSecret.size());
    found.names.emplace_back(text.substr(0, text.find('=')));
  }
  return found;
}

Result<service::MasterKeys> master_keys(const std::string& file, const DataFolder& folder) {
  constexpr std::size_t kBytes = 32;
  constexpr std::size_t kFileBytesMax = 10'000;
  const std::string path = file.empty() ? folder.master_key_file() : file;
  if (file.empty() && !std::filesystem::exists(path)) {
    const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    const std::string text = random_hex(kBytes) + "\n";
    // Another process that starts at the same time may have made it.
    const bool is_made =
        fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (fd >= 0) close(fd);
    if (!is_made && !std::filesystem::exists(path))
      return make_error(ErrorKind::Unavailable, "DATA_FOLDER",
                        format("cannot write `{}`: {}", path, std::strerror(errno)));
  }
  TRY(const std::string text, read_file(path, kFileBytesMax));
  auto keys = service::MasterKeys::read(text);
  if (!keys.has_value()) return keys.error().within(path);
  return keys;
}

Result<DataFolder> open_data_folder(const std::string& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (ec)
    return make_error(ErrorKind::Unavailable, "DATA_FOLDER",
                      format("cannot make `{}`: {}", path, ec.message()),
                      "choose another --data folder");
  return DataFolder{std::filesystem::absolute(path).string()};
}

Result<std::string> temporal_address(const std::string& told, const DataFolder& folder) {
  if (!told.empty()) return told;
  TRY(const json::Value state, read_document_file(folder.state_file()));
  return json::string_at(state.get_object(), "temporal").value_or("127.0.0.1:7233");
}

Result<std::string> api_token(const std::string& file, const DataFolder& folder) {
  if (!file.empty()) {
    constexpr std::size_t kBytesMin = 16;
    TRY(std::string token, read_token_file(file, 10'000));
    if (token.size() >= kBytesMin) return token;
    return make_error(ErrorKind::Invalid, "TOKEN_TOO_SHORT",
                      format("the token in `{}` has {} bytes, at least {} are needed", file,
                             token.size(), kBytesMin),
                      "write a random one, e.g. by `openssl rand -hex 24`");
  }
  const auto text = read_file(folder.state_file(), 10'000);
  const auto state = text.has_value() ? json::parse(*text) : Result<json::Value>(text.error());
  if (state.has_value() && state->is_object()) {
    if (auto token = json::string_at(state->get_object(), "token")) return *std::move(token);
  }
  return SystemRandom::token();
}

Result<std::shared_ptr<void>> lock_data_folder(const DataFolder& folder) {
  const int fd = open((folder.path + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return make_error(ErrorKind::Unavailable, "DATA_FOLDER",
                      format("cannot write to `{}`: {}", folder.path, std::strerror(errno)));
  std::shared_ptr<void> owner(nullptr, [fd](void*) { close(fd); });
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return make_error(ErrorKind::Conflict, "DATA_IN_USE",
                      format("another `fermata dev` runs on `{}`", folder.path),
                      "stop it, or choose another --data folder");
  }
  return owner;
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file)
    return make_error(ErrorKind::NotFound, "FILE_UNREADABLE", format("cannot read `{}`", path),
                      "check the path");
  const auto size = static_cast<std::size_t>(file.tellg());
  if (size > bytes_max) {
    return make_error(ErrorKind::TooLarge, "DEFINITION_TOO_LARGE",
                      format("`{}` has {} bytes, at most {} are accepted", path, size, bytes_max));
  }
  std::string text(size, '\0');
  file.seekg(0);
  file.read(text.data(), static_cast<std::streamsize>(size));
  return text;
}

Result<std::string> read_token_file(const std::string& path, std::size_t bytes_max) {
  TRY(std::string token, read_file(path, bytes_max));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  return token;
}

Result<void> announce_state(const DataFolder& folder, const json::Object& state, bool prints) {
  const std::string text = json::to_text(state);
  TRY_DO(write_file(folder.state_file(), text));
  if (!prints) return {};
  std::puts(text.c_str());
  std::fflush(stdout);
  return {};
}

int run_until_stopped(const std::string& log_level, const std::function<Result<void>(Log&)>& work) {
  block_stop_signals();
  const auto log = make_log(log_level);
  const Result<void> worked = work(*log);
  return worked.has_value() ? 0 : report(worked.error());
}

Result<json::Value> read_document_file(const std::string& path) {
  TRY(const std::string text, read_file(path, limits::kDefinitionBytesMax));
  const auto text_format = path.ends_with(".yaml") || path.ends_with(".yml")
                               ? definition::TextFormat::Yaml
                               : definition::TextFormat::Json;
  auto document = definition::read_document(text, text_format);
  if (!document.has_value()) return document.error().within(path);
  return document;
}

Result<void> write_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file)
      return make_error(ErrorKind::Unavailable, "DATA_FOLDER", format("cannot write `{}`", path));
  }
  std::error_code ec;
  std::filesystem::permissions(
      temporary, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ec);
  std::filesystem::rename(temporary, path, ec);
  if (ec)
    return make_error(ErrorKind::Unavailable, "DATA_FOLDER",
                      format("cannot write `{}`: {}", path, ec.message()));
  return {};
}

void reseal(service::SecretVault& vault, Log& log) {
  const auto done = vault.reseal();
  if (!done.has_value())
    log.warn("secrets not sealed anew",
             {{"code", done.error().code}, {"text", done.error().message}});
}

actions::ActionRegistry make_actions(const ActionOptions& options, Log& log) {
  actions::ActionRegistry registry;
  registry.add(actions::make_http_request({options.allowed_private}));
  registry.add(
      actions::make_email_send({{options.allowed_private}, options.email_ca, options.clock}));
  registry.add(actions::make_log(log));
  for (auto& action : actions::make_key_value(options.store, options.clock))
    registry.add(std::move(action));
  registry.declare(actions::temporal_activity_spec());
  return registry;
}

}  // namespace fermata::cli
