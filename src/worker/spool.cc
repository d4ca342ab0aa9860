#include "worker/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "foundation/format.h"

namespace fermata::worker {
namespace {

// Processes of one machine that share a folder.
constexpr int kFilesMax = 64;

// Whether the path still leads to this file: whoever held it before may have removed it.
bool is_at(int file, const std::string& path) {
  struct stat held {};
  struct stat found {};
  return fstat(file, &held) == 0 && stat(path.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

// A file that no other process holds, or -1.
int take(const std::string& path, int flags) {
  while (true) {
    const int file = ::open(path.c_str(), flags | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    const bool is_ours = flock(file, LOCK_EX | LOCK_NB) == 0;
    // One that has no name any more would go with this process, and its runs with it.
    if (is_ours && is_at(file, path)) return file;
    close(file);
    if (!is_ours) return -1;
  }
}

// The file's runs. A line that a crash cut is a run whose task was not acknowledged: it goes.
std::vector<RunId> read(const std::string& path, int file) {
  std::vector<RunId> runs;
  std::ifstream stream(path);
  off_t whole = 0;
  for (std::string line; std::getline(stream, line) && !stream.eof();) {
    whole += static_cast<off_t>(line.size()) + 1;
    runs.emplace_back(line);
  }
  stream.close();
  static_cast<void>(ftruncate(file, whole));
  return runs;
}

Error unwritable(const std::string& what) {
  return make_error(ErrorKind::Unavailable, "DATA_FOLDER",
                    format("cannot write `{}`: {}", what, std::strerror(errno)),
                    "choose another --data folder");
}

// A power cut leaves a file's bytes, and not the file, when its folder was never synced.
Result<void> keep_names(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_kept = file >= 0 && fsync(file) == 0;
  const Error error = unwritable(folder);
  if (file >= 0) close(file);
  if (is_kept) return {};
  return error;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const std::string& folder) {
  std::unique_ptr<Spool> made;
  for (int i = 1; i <= kFilesMax; ++i) {
    const std::string path = format("{}/lagging-{}", folder, i);
    const int file = take(path, made == nullptr ? O_CREAT : 0);
    if (file < 0) continue;
    const std::vector<RunId> left = read(path, file);
    if (made == nullptr) {
      made.reset(new Spool(file));
      for (const RunId& run : left) made->runs_[run].mark = ++made->marks_;
      continue;
    }
    for (const RunId& run : left) {
      TRY(const auto held, made->mark(run));
    }
    unlink(path.c_str());
    close(file);
  }
  if (made == nullptr) return unwritable(folder + "/lagging-1");
  TRY_DO(keep_names(folder));
  return made;
}

Spool::~Spool() {
  close(file_);
}

Result<void> Spool::append(const RunId& run) {
  const off_t before = lseek(file_, 0, SEEK_END);
  const std::string line = run.text + "\n";
  const ssize_t written = write(file_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size()) && fdatasync(file_) == 0) return {};
  const Error error = unwritable("lagging runs");
  // A piece of a line must not run into the next one.
  static_cast<void>(ftruncate(file_, before));
  return error;
}

Result<std::shared_ptr<void>> Spool::mark(const RunId& run) {
  const std::scoped_lock lock(mutex_);
  if (!runs_.contains(run)) TRY_DO(append(run));
  State& state = runs_[run];
  state.mark = ++marks_;
  ++state.held;
  return std::shared_ptr<void>(this, [this, run](void*) {
    const std::scoped_lock release(mutex_);
    --runs_[run].held;
  });
}

std::vector<Spool::Entry> Spool::due() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Entry> entries;
  for (const auto& [run, state] : runs_)
    if (state.held == 0) entries.push_back({run, state.mark});
  return entries;
}

std::size_t Spool::size() const {
  const std::scoped_lock lock(mutex_);
  return runs_.size();
}

void Spool::done(const Entry& entry) {
  const std::scoped_lock lock(mutex_);
  const auto state = runs_.find(entry.run);
  if (state == runs_.end() || state->second.mark != entry.mark) return;
  runs_.erase(state);
  // Lines of runs that are done stay until all are: to make rows again twice changes nothing.
  if (runs_.empty() && ftruncate(file_, 0) != 0) return;
}

}  // namespace fermata::worker
