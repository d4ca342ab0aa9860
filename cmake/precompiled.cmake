# Headers that nearly every file reads, parsed once per build tree instead of once per file: a fifth of the time to compile.
# Rule `includes` of tests/tidy/tidy.py sees to it that a file still includes what it uses.
option(FERMATA_PRECOMPILED "precompile the headers that most files read" OFF)
if(FERMATA_PRECOMPILED)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cc CONTENT "// A target needs a file.\n")
  set(common <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <set>
    <span> <string> <string_view> <thread> <variant> <vector> <fmt/format.h> <boost/json.hpp>)
  function(fermata_precompile kind)
    add_library(fermata_precompiled_${kind} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cc)
    target_link_libraries(fermata_precompiled_${kind} PRIVATE fermata_warnings fermata_sanitizers Boost::json fmt::fmt)
    target_precompile_headers(fermata_precompiled_${kind} PRIVATE ${common} ${ARGN})
  endfunction()
  fermata_precompile(sources)
  # As library.cmake compiles them.
  if(FERMATA_SANITIZE)
    fermata_precompile(edges)
    target_compile_options(fermata_precompiled_edges PRIVATE -O0)
  endif()
  if(FERMATA_TESTS)
    fermata_precompile(tests <gmock/gmock.h> <gtest/gtest.h>)
    target_link_libraries(fermata_precompiled_tests PRIVATE GTest::gmock)
    # Programs, so PIE.
    target_compile_options(fermata_precompiled_tests PRIVATE -fPIE -O0)
  endif()
endif()

# fermata_precompiled(TARGET sources|edges|tests): the target's files begin with the headers above.
function(fermata_precompiled target kind)
  if(FERMATA_PRECOMPILED)
    # A precompiled header serves where its macros are the same.
    target_link_libraries(${target} PRIVATE Boost::json fmt::fmt)
    target_precompile_headers(${target} REUSE_FROM fermata_precompiled_${kind})
  endif()
endfunction()
