// The library against a real dev server: one server for the whole program, one task queue per test.
#include <gtest/gtest.h>

#include "temporal/dev_server.h"

namespace fermata::temporal {
namespace {
TEST(DevServerProgram, IsFound) {
  EXPECT_TRUE(DevServer::find_program().has_value());
}
}  // namespace
}  // namespace fermata::temporal
