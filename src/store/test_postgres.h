#pragma once
// A PostgreSQL server of a test's own: in a temporary folder, on a unix socket in it, so that there
// is no port to be taken. Started by root it runs as another user, as PostgreSQL demands. It ends
// with the object, at the latest with the test's process.

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>

namespace fermata::store {

class TestPostgres {
 public:
  // Makes the database and starts the server. Ends the process with a sentence when it cannot.
  TestPostgres();
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;
  ~TestPostgres();

  [[nodiscard]] std::string url() const;
  // Returns when it answers.
  void start();
  // Returns when its process has ended. `at_once` is what a crash does.
  void stop(bool at_once = false);
  // The server and all that it started stop to answer, and go on.
  void freeze() const { signal_all(SIGSTOP); }
  void thaw() const { signal_all(SIGCONT); }
  // Statements on a connection of their own; ends the process when they fail.
  void execute(const std::string& sql) const;

 private:
  void signal_all(int number) const;

  std::string folder_;
  std::string programs_;
  std::optional<pid_t> server_;
};

}  // namespace fermata::store
