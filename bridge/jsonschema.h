/* JSON Schema behind five C functions. Made by lib.rs. Every pointer that comes out of here goes back to its free
   function; text is UTF-8 with a length, never NUL-terminated. Functions may be called from any thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct FermataSchema FermataSchema;
typedef struct FermataText {
  char* data;
  size_t size;
} FermataText;

/* Compiles a schema. `resources` is a JSON object: id -> schema, everything that $ref may name (may be "{}").
   Returns NULL and fills `error` when the schema is not valid. */
FermataSchema* fermata_schema_compile(const char* schema, size_t schema_size, const char* resources,
                                      size_t resources_size, FermataText* error);
/* Validates a JSON text. Returns 1 valid, 0 invalid with `violations` filled: a JSON array of
   {"instance","schema","message"} with at most `violations_max` entries; -1 broken input or a bug, text in `violations`. */
int32_t fermata_schema_validate(const FermataSchema* schema, const char* instance, size_t instance_size,
                                size_t violations_max, FermataText* violations);
void fermata_schema_free(FermataSchema* schema);
void fermata_text_free(FermataText text);

#ifdef __cplusplus
}
#endif
