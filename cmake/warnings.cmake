# All warnings in one place. Third-party headers come in as SYSTEM and stay silent.
add_library(fermata_warnings INTERFACE)
target_compile_options(fermata_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Werror=switch -Werror
  # Options are structs with designated initialisers: what is left out has its default.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside inlined standard and Boost code when it optimises (GCC bugs 105329, 105651).
  target_compile_options(fermata_warnings INTERFACE
    -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-dangling-pointer)
endif()
