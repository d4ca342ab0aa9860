# fermata_embed(TARGET fermata_api HEADER api/embedded.h FUNCTION fermata::api::embedded_files FILES a.json b.md)
#
# Files of the repository inside the program: a function of the target gives their names and texts, as the header declares it.
# Run as a script (cmake -P) it writes that source.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${LIST}" names)
  string(REGEX REPLACE "\n$" "" names "${names}")
  string(REPLACE "\n" ";" names "${names}")
  set(text "// Made by cmake/embed.cmake.\n#include \"${HEADER}\"\n\n#include <array>\n\n")
  string(APPEND text "std::span<const std::pair<std::string_view, std::string_view>> ${FUNCTION}() {\n")
  list(LENGTH names count)
  string(APPEND text "  static constexpr std::array<std::pair<std::string_view, std::string_view>, ${count}> kFiles = {{\n")
  foreach(file IN LISTS names)
    file(READ "${file}" content)
    cmake_path(GET file FILENAME name)
    string(APPEND text "      {\"${name}\", R\"fermata(${content})fermata\"},\n")
  endforeach()
  string(APPEND text "  }};\n  return kFiles;\n}\n")
  file(WRITE "${OUTPUT}" "${text}")
  return()
endif()

function(fermata_embed)
  cmake_parse_arguments(ARG "" "TARGET;HEADER;FUNCTION" "FILES" ${ARGN})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${ARG_TARGET}_embedded.cc)
  # A list as a file: hundreds of names are too many for a command line.
  string(JOIN "\n" names ${ARG_FILES})
  file(CONFIGURE OUTPUT ${output}.txt CONTENT "${names}\n" @ONLY)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DLIST=${output}.txt -DHEADER=${ARG_HEADER} -DFUNCTION=${ARG_FUNCTION} -DOUTPUT=${output}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARG_FILES} ${output}.txt ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${output})
endfunction()
