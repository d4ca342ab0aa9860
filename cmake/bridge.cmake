# The Temporal bridge and its messages, built once by bridge/build.sh outside the build tree, in folders named after what
# went into them: when that changes, they are others.
foreach(input build.sh Cargo.toml Cargo.lock lib.rs jsonschema.h protobuf.py)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bridge/${input})
endforeach()
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/bridge/build.sh --paths OUTPUT_VARIABLE paths COMMAND_ERROR_IS_FATAL ANY)
list(GET paths 0 bridge)
list(GET paths 1 messages)
foreach(folder IN LISTS paths)
  if(NOT EXISTS ${folder}/complete)
    message(FATAL_ERROR "${folder} is not built yet: run ./dev bootstrap (or bridge/build.sh)")
  endif()
endforeach()
# For ./dev, which compares: a cache that moved is no file of ours that CMake could watch.
file(WRITE ${PROJECT_BINARY_DIR}/bridge.paths "${paths}")
add_library(fermata_bridge STATIC IMPORTED GLOBAL)
set_target_properties(fermata_bridge PROPERTIES
  IMPORTED_LOCATION ${bridge}/lib/libfermata_bridge.a INTERFACE_INCLUDE_DIRECTORIES ${bridge}/include)
target_link_libraries(fermata_bridge INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
add_library(fermata_protobuf STATIC IMPORTED GLOBAL)
set_target_properties(fermata_protobuf PROPERTIES
  IMPORTED_LOCATION ${messages}/lib/libfermata_protobuf.a INTERFACE_INCLUDE_DIRECTORIES ${messages}/include)
target_link_libraries(fermata_protobuf INTERFACE protobuf::libprotobuf)
