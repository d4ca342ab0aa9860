# cmake -DFROM=worker -DTO=api -DBUILD=folder -P refused.cmake: passes when the configuration of such a link is refused with the
# reason; with -DALLOWED=ON, when it is not.
execute_process(
  COMMAND ${CMAKE_COMMAND} --fresh -G Ninja -S ${CMAKE_CURRENT_LIST_DIR} -B ${BUILD}/${FROM}-${TO} -DFROM=${FROM} -DTO=${TO}
          -DROOT=${CMAKE_CURRENT_LIST_DIR}/../..
  RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
string(REGEX REPLACE "[ \n]+" " " said "${said}")
if(ALLOWED AND NOT code EQUAL 0)
  message(FATAL_ERROR "a link from ${FROM} to ${TO} is refused: ${said}")
elseif(NOT ALLOWED AND NOT said MATCHES "must not link `${TO}`")
  message(FATAL_ERROR "a link from ${FROM} to ${TO} is not refused: ${said}")
endif()
