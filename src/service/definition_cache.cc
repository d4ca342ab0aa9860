#include "service/definition_cache.h"

#include "foundation/format.h"
#include "json/hash.h"

namespace fermata::service {
namespace {

// Programs are tens of kilobytes; beyond this the cache starts over, which costs one load each.
constexpr std::size_t kProgramsMax = 2'000;

}  // namespace

Result<definition::ProgramPtr> DefinitionCache::load(const TenantId& tenant, const WorkflowId& id,
                                                     std::int64_t version,
                                                     const std::string& hash) {
  const Key key(tenant.text, id.text, version);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = programs_.find(key);
    if (found != programs_.end() && (hash.empty() || found->second->hash == hash))
      return found->second;
  }
  TRY(const store::VersionRow row, store_.version(tenant, id, version));
  const std::string actual = json::hash(row.definition);
  if (actual != row.hash || (!hash.empty() && actual != hash)) {
    return make_error(ErrorKind::Conflict, "DEFINITION_HASH_MISMATCH",
                      format("version {} of workflow `{}` is not the definition that was published",
                             version, id.text),
                      "restore the version from a backup, or publish a new one");
  }
  TRY(definition::ProgramPtr program, definition::compile(row.definition, actions_));
  const std::scoped_lock lock(mutex_);
  if (programs_.size() >= kProgramsMax) programs_.clear();
  programs_.insert_or_assign(key, program);
  return program;
}

}  // namespace fermata::service
