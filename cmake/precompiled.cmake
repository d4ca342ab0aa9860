# How files of each kind are compiled, and the headers that nearly every file reads: parsed once per kind instead of once per
# file, which saves a fifth of the time. Rule `includes` of tests/tidy/tidy.py sees to it that a file still includes what it uses.
option(FERMATA_PRECOMPILED "precompile the headers that most files read" OFF)
set(fermata_options_sources)
# With sanitizers libraries from layer 6 on, which wait more than they compute: saves a quarter.
set(fermata_options_edges -O0)
# What a test itself does is little: saves a third. A null pointer of its own ends it anyway; these checks, one at each access, take
# a quarter of what is left.
set(fermata_options_tests -O0 -fno-sanitize=null,alignment,vptr,object-size)

if(FERMATA_PRECOMPILED)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cc CONTENT "// A target needs a file.\n")
  set(common <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <set>
    <span> <string> <string_view> <thread> <variant> <vector> <fmt/format.h> <boost/json.hpp>)
  function(fermata_precompile kind)
    set(target fermata_precompiled_${kind})
    add_library(${target} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cc)
    target_compile_options(${target} PRIVATE ${fermata_options_${kind}})
    target_link_libraries(${target} PRIVATE fermata_warnings fermata_sanitizers Boost::json fmt::fmt)
    target_precompile_headers(${target} PRIVATE ${common} ${ARGN})
  endfunction()
  fermata_precompile(sources)
  if(FERMATA_SANITIZE)
    fermata_precompile(edges)
  endif()
  if(FERMATA_TESTS)
    fermata_precompile(tests <gmock/gmock.h> <gtest/gtest.h>)
    target_link_libraries(fermata_precompiled_tests PRIVATE GTest::gmock)
    # Tests are programs, so PIE.
    target_compile_options(fermata_precompiled_tests PRIVATE -fPIE)
  endif()
endif()

# fermata_compile_as(TARGET sources|edges|tests): the target's files have the options above, and begin with those headers.
function(fermata_compile_as target kind)
  target_compile_options(${target} PRIVATE ${fermata_options_${kind}})
  if(FERMATA_PRECOMPILED)
    # It serves where its macros are the same.
    target_link_libraries(${target} PRIVATE Boost::json fmt::fmt)
    target_precompile_headers(${target} REUSE_FROM fermata_precompiled_${kind})
  endif()
endfunction()
