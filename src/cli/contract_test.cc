// contracts/openapi.json against the API that a server really serves.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "api/embedded.h"
#include "api/permissions.h"
#include "cli/api_host.h"
#include "cli/host.h"
#include "foundation/format.h"
#include "http/client.h"
#include "json/parse.h"
#include "json/text.h"
#include "store/open.h"
#include "temporal/dev_server.h"

namespace fermata::cli {
namespace {

constexpr const char* kToken = "a token for the tests of the contract";

// The whole API on real parts, once for all tests.
class Served {
 public:
  Served()
      : folder_(std::filesystem::temp_directory_path() /
                ("fermata-contract-" + SystemRandom::token())),
        log_(make_log("error")),
        server_(*temporal::DevServer::start({})),
        runtime_(*temporal::Runtime::create({.log = log_.get()})),
        client_(*temporal::Client::connect(runtime_, {.address = server_.address()})) {
    std::filesystem::create_directories(folder_);
    const DataFolder data{folder_.string()};
    store_ = *store::open(data.database(""));
    actions_ = std::make_unique<actions::ActionRegistry>(
        make_actions({.store = store_.get(), .clock = &clock_}, *log_));
    vault_ = std::make_unique<service::SecretVault>(*store_, *master_keys("", data), clock_);
    secrets_ = std::make_unique<StoredSecrets>(*vault_);
    random_ = std::make_unique<SystemRandom>(clock_);
    host_ = *ApiHost::start(
        {*store_, client_, *actions_, *secrets_, *vault_, clock_, *random_, *log_, metrics_},
        {.token = kToken});
  }
  ~Served() {
    host_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] const ApiHost& host() const { return *host_; }
  // Without a token.
  [[nodiscard]] http::ClientResponse ask(const std::string& method, const std::string& path) const {
    return *http::send({.method = method, .url = host_->url() + path}, {{"127.0.0.0/8"}});
  }

 private:
  std::filesystem::path folder_;
  SystemClock clock_;
  std::unique_ptr<Log> log_;
  metrics::Metrics metrics_;
  temporal::DevServer server_;
  temporal::Runtime runtime_;
  temporal::Client client_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<actions::ActionRegistry> actions_;
  std::unique_ptr<service::SecretVault> vault_;
  std::unique_ptr<StoredSecrets> secrets_;
  std::unique_ptr<SystemRandom> random_;
  std::unique_ptr<ApiHost> host_;
};

std::unique_ptr<Served> the_served;  // NOLINT
class ServedEnvironment final : public testing::Environment {
  void SetUp() override { the_served = std::make_unique<Served>(); }
  // Core's threads must not outlive the process's own statics.
  void TearDown() override { the_served.reset(); }
};
const auto* const kEnvironment =  // NOLINT
    testing::AddGlobalTestEnvironment(new ServedEnvironment);

struct Operation {
  std::string method;
  std::string path;
  json::Object said;
};

std::vector<Operation> operations() {
  const json::Value document = json::parse(api::openapi_document()).value();
  std::vector<Operation> all;
  for (const auto& path : json::find(document, "paths")->get_object()) {
    for (const auto& operation : path.value().get_object()) {
      std::string method(operation.key());
      for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
      all.push_back({method, path.key(), operation.value().get_object()});
    }
  }
  return all;
}

TEST(Contract, NamesEveryRouteAndNoOther) {
  std::set<std::string> documented;
  for (const Operation& operation : operations())
    documented.insert(operation.method + " " + operation.path);
  const auto& routes = the_served->host().routes();
  const std::set<std::string> served(routes.begin(), routes.end());
  for (const std::string& route : served)
    EXPECT_TRUE(documented.contains(route)) << route << " is missing in contracts/openapi.json";
  for (const std::string& route : documented)
    EXPECT_TRUE(served.contains(route)) << route << " is in contracts/openapi.json, and not served";
}

TEST(Contract, SaysTheRoleThatEachRouteNeeds) {
  for (const Operation& operation : operations()) {
    const auto role = json::string_at(operation.said, "x-role");
    if (!role) continue;
    EXPECT_EQ(*role, service::word_of(api::needed_for(operation.method, operation.path)))
        << operation.method << " " << operation.path;
  }
}

TEST(Contract, SaysWhichRoutesNeedNoToken) {
  for (const Operation& operation : operations()) {
    const bool is_open = json::find(operation.said, "security") != nullptr;
    EXPECT_NE(is_open, json::string_at(operation.said, "x-role").has_value()) << operation.path;
    const bool asks_for_token =
        the_served->ask(operation.method, operation.path).body.find("TOKEN_MISSING") !=
        std::string::npos;
    EXPECT_NE(is_open, asks_for_token) << operation.method << " " << operation.path;
  }
}

TEST(Contract, IsServedAsItStandsInTheRepository) {
  const auto answered = the_served->ask("GET", "/api/v1/openapi.json");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.headers.at("content-type"), "application/json");
  const char* root = std::getenv("FERMATA_SOURCE_DIR");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(answered.body, *read_file(std::string(root) + "/contracts/openapi.json", 10'000'000));
}

TEST(Contract, HasAPageForEveryErrorCode) {
  const char* root = std::getenv("FERMATA_SOURCE_DIR");
  ASSERT_NE(root, nullptr);
  const auto table =
      json::parse(*read_file(std::string(root) + "/contracts/error_codes.json", 10'000'000));
  ASSERT_TRUE(table.has_value());
  for (const json::Value& row : table->get_array()) {
    const std::string code = *json::string_at(row.get_object(), "code");
    EXPECT_TRUE(api::error_page(code).has_value()) << code;
  }
  const auto refused = the_served->ask("GET", "/api/v1/me");
  const json::Value problem = json::parse(refused.body).value();
  const auto page = the_served->ask("GET", *json::string_at(problem.get_object(), "type"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body.substr(0, 15), "# TOKEN_MISSING");
  EXPECT_EQ(the_served->ask("GET", "/errors/SOMETHING_ELSE").status, 404);
}

}  // namespace
}  // namespace fermata::cli
