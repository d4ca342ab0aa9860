#include "cli/oidc_flags.h"

#include "cli/host.h"
#include "foundation/format.h"
#include "http/client.h"

namespace fermata::cli {
namespace {

service::Oidc::Fetch fetch_with(const std::string& ca_file) {
  return [ca_file](const std::string& url) -> Result<std::string> {
    http::ClientRequest request;
    request.url = url;
    request.ca_file = ca_file;
    request.connect_timeout_ms = 3'000;
    request.timeout_ms = 5'000;
    request.redirects_max = 0;
    // Whom the operator names may well be on a private address.
    TRY(auto answered, http::send(request, {{"0.0.0.0/0", "::/0"}}));
    if (answered.status == 200) return std::move(answered.body);
    return make_error(ErrorKind::Unavailable, "OIDC_UNAVAILABLE",
                      format("`{}` answered {}", url, answered.status));
  };
}

Result<std::map<std::string, service::Role>> roles_of(const std::vector<std::string>& pairs) {
  std::map<std::string, service::Role> roles;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.rfind('=');
    const auto role =
        equals == std::string::npos ? std::nullopt : service::role_of(pair.substr(equals + 1));
    if (!role)
      return make_error(ErrorKind::Invalid, "OIDC_INVALID",
                        format("--oidc-role `{}`: expected WORD=ROLE", pair),
                        "the roles are viewer, operator, author and admin");
    roles[pair.substr(0, equals)] = *role;
  }
  return roles;
}

}  // namespace

Result<std::unique_ptr<service::Oidc>> make_oidc(const OidcFlags& flags, const Clock& clock) {
  if (flags.issuer.empty()) return std::unique_ptr<service::Oidc>();
  service::OidcOptions options;
  options.issuer = flags.issuer;
  options.audience = flags.audience;
  options.keys_url = flags.keys_url;
  options.role_claim = flags.role_claim;
  TRY(options.roles, roles_of(flags.roles));
  options.tenant_claim = flags.tenant_claim;
  options.tenant = flags.tenant.empty() ? home_tenant() : TenantId(flags.tenant);
  options.name_claim = flags.name_claim;
  return service::Oidc::create(std::move(options), fetch_with(flags.ca_file), clock);
}

}  // namespace fermata::cli
