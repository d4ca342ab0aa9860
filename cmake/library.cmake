# fermata_library(NAME interpreter LAYER 4 SOURCES a.cc HEADERS a.h LINKS definition PRIVATE_LINKS PkgConfig::X TESTS a_test.cc)
#
# One call per folder of src/. It makes target `fermata_<name>`, refuses at configure time a link to a library of the
# same or a higher layer, and makes one test program `<name>_test` of the TESTS, registered with ctest under label LABEL (unit).
# Tests find files by the environment variables FERMATA_SOURCE_DIR and FERMATA_BUILD_DIR (never by a compiled-in path: the
# same object then serves every checkout).
#   LINKS          libraries of ours, by short name; they are PUBLIC
#   PUBLIC_LINKS   third-party targets that show in our headers
#   PRIVATE_LINKS  third-party targets that do not
#   TOGETHER       a pattern of GoogleTest: the tests that it names are one ctest entry, since they share what is slow to start
include(GoogleTest)

function(fermata_library)
  cmake_parse_arguments(ARG "" "NAME;LAYER;LABEL;TOGETHER" "SOURCES;HEADERS;LINKS;PUBLIC_LINKS;PRIVATE_LINKS;TESTS;TEST_LINKS" ${ARGN})
  set(target fermata_${ARG_NAME})
  if(ARG_SOURCES)
    add_library(${target} STATIC)
    target_sources(${target} PRIVATE ${ARG_SOURCES})
    set(kind PUBLIC)
    target_link_libraries(${target} PRIVATE fermata_warnings)
    # From layer 7 on a library waits more than it computes: with sanitizers it is compiled in three fifths of the time.
    if(FERMATA_SANITIZE AND ARG_LAYER GREATER_EQUAL 7)
      target_compile_options(${target} PRIVATE -O0)
      fermata_precompiled(${target} edges)
    else()
      fermata_precompiled(${target} sources)
    endif()
  else()
    add_library(${target} INTERFACE)
    set(kind INTERFACE)
  endif()
  target_sources(${target} ${kind} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HEADERS})
  target_link_libraries(${target} ${kind} fermata_sanitizers ${ARG_PUBLIC_LINKS})
  if(ARG_PRIVATE_LINKS)
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE_LINKS})
  endif()
  set_property(GLOBAL PROPERTY fermata_layer_${ARG_NAME} ${ARG_LAYER})
  foreach(link IN LISTS ARG_LINKS)
    get_property(below GLOBAL PROPERTY fermata_layer_${link})
    if("${below}" STREQUAL "")
      message(FATAL_ERROR "${ARG_NAME} links `${link}`, which is not defined before it: add lower layers first")
    endif()
    if(NOT below LESS ARG_LAYER)
      message(FATAL_ERROR "${ARG_NAME} (layer ${ARG_LAYER}) must not link `${link}` (layer ${below}): a library links only to lower layers")
    endif()
    target_link_libraries(${target} ${kind} fermata_${link})
  endforeach()
  if(ARG_TESTS AND FERMATA_TESTS)
    set(label unit)
    if(ARG_LABEL)
      set(label ${ARG_LABEL})
    endif()
    fermata_test(NAME ${ARG_NAME}_test SOURCES ${ARG_TESTS} LINKS ${target} ${ARG_TEST_LINKS} LABEL ${label} TOGETHER ${ARG_TOGETHER})
  endif()
endfunction()

# fermata_test(NAME x_test SOURCES … LINKS targets… LABEL unit): a GoogleTest program; each TEST is one ctest entry.
function(fermata_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT;TOGETHER" "SOURCES;LINKS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${ARG_NAME} PRIVATE fermata_warnings fermata_sanitizers ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  # What a test itself does is little, and it is compiled more often than it runs for long: two fifths of the time to compile.
  target_compile_options(${ARG_NAME} PRIVATE -O0)
  fermata_precompiled(${ARG_NAME} tests)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(environment "FERMATA_SOURCE_DIR=${PROJECT_SOURCE_DIR};FERMATA_BUILD_DIR=${PROJECT_BINARY_DIR}")
  set(filter "*")
  if(ARG_TOGETHER)
    set(filter -${ARG_TOGETHER})
    add_test(NAME ${ARG_NAME}.together COMMAND ${ARG_NAME} --gtest_filter=${ARG_TOGETHER})
    set_tests_properties(${ARG_NAME}.together PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 600 COST 900 ENVIRONMENT "${environment}")
  endif()
  gtest_discover_tests(${ARG_NAME} DISCOVERY_TIMEOUT 120 TEST_FILTER ${filter}
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${environment}")
endfunction()
