#pragma once
// CHECK(condition, "why"): our own mistake, seen. It aborts adapters and programs. The interpreter
// never uses it on data that a user or a checkpoint can shape: there the run fails with
// InterpreterCorruption.

#include <cstdio>
#include <cstdlib>

#define CHECK(condition, why)                                                         \
  do {                                                                                \
    if (!(condition)) {                                                               \
      std::fputs("fermata: bug: " why " (" #condition ") at " __FILE__ "\n", stderr); \
      std::abort();                                                                   \
    }                                                                                 \
  } while (false)
