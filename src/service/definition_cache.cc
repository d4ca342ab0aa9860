#include "service/definition_cache.h"

#include "foundation/format.h"
#include "json/hash.h"

namespace fermata::service {
namespace {

// Programs are tens of kilobytes; beyond this the cache starts over, which costs one load each.
constexpr std::size_t kProgramsMax = 2'000;

}  // namespace

Result<definition::ProgramPtr> DefinitionCache::load(const VersionRef& ref) {
  const std::string& hash = ref.hash;
  const Key key(ref.tenant.text, ref.workflow_id.text, ref.version);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = programs_.find(key);
    if (found != programs_.end() && (hash.empty() || found->second->hash == hash))
      return found->second;
  }
  TRY(const store::VersionRow row, store_.version(ref.tenant, ref.workflow_id, ref.version));
  const std::string actual = json::hash(row.definition);
  if (actual != row.hash || (!hash.empty() && actual != hash)) {
    return make_error(ErrorKind::Conflict, "DEFINITION_HASH_MISMATCH",
                      format("version {} of workflow `{}` is not the definition that was published",
                             ref.version, ref.workflow_id.text),
                      "restore the version from a backup, or publish a new one");
  }
  TRY(definition::ProgramPtr program, definition::compile(row.definition, actions_));
  const std::scoped_lock lock(mutex_);
  if (programs_.size() >= kProgramsMax) programs_.clear();
  programs_.insert_or_assign(key, program);
  return program;
}

Result<definition::ProgramPtr> GivenDefinitions::load(const VersionRef& ref) {
  const auto found = programs_.find(ref.hash);
  if (found != programs_.end()) return found->second;
  // A child takes the published version, whatever its hash is.
  for (const auto& [hash, program] : programs_) {
    const bool is_asked =
        program->workflow_id == ref.workflow_id && program->version == ref.version;
    if (ref.hash.empty() && is_asked) return program;
  }
  return make_error(ErrorKind::Invalid, "DEFINITION_NOT_GIVEN",
                    format("the definition of version {} of workflow `{}` with hash {} was not "
                           "given: name its file with --definition",
                           ref.version, ref.workflow_id.text, ref.hash));
}

}  // namespace fermata::service
