#include "store/open.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "foundation/format.h"
#include "store/postgres.h"
#include "store/sqlite.h"

namespace fermata::store {
namespace {

bool is_postgres(const std::string& location) {
  return location.starts_with("postgresql://") || location.starts_with("postgres://");
}

}  // namespace

Result<std::unique_ptr<Store>> open(const std::string& location) {
  if (is_postgres(location)) return open_postgres({.url = location});
  return open_sqlite({.file = location});
}

Result<std::unique_ptr<Scratch>> Scratch::open(const std::string& location) {
  std::unique_ptr<Scratch> made(new Scratch());
  if (is_postgres(location)) {
    const PostgresOptions options{.url = location,
                                  .schema = format("fermata_scratch_{}", getpid())};
    made->drop_ = [options] { static_cast<void>(drop_postgres_schema(options)); };
    TRY(made->store_, open_postgres(options));
    return made;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "fermata-scratch-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE",
                      format("cannot make a folder `{}`", folder), "make room for temporary files");
  }
  made->drop_ = [folder] {
    std::error_code ec;
    std::filesystem::remove_all(folder, ec);
  };
  TRY(made->store_, open_sqlite({.file = folder + "/scratch.db"}));
  return made;
}

Scratch::~Scratch() {
  store_.reset();
  if (drop_) drop_();
}

}  // namespace fermata::store
