// Any bytes as a definition and a history of inputs: tests/simulation/bytes.h says what must hold.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "../tests/simulation/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fermata::simulation::Marks marks;
  for (const std::string& problem : fermata::simulation::play_bytes({data, size}, marks)) {
    std::fprintf(stderr, "%s\n", problem.c_str());
    std::abort();
  }
  return 0;
}
