//! The Rust side of Fermata: the official Temporal C bridge, re-exported as it is, and JSON Schema behind a few C
//! functions (jsonschema.h). Nothing here keeps state between calls; a panic never crosses into C++.

pub use temporalio_sdk_core_c_bridge::*;

use jsonschema::{PatternOptions, Validator};
use serde_json::{json, Value};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Backtracking of one `pattern` match: beyond it the pattern counts as not matching. Chosen so that a hostile
/// pattern costs about a millisecond.
const BACKTRACK_LIMIT: usize = 100_000;

#[repr(C)]
pub struct FermataText {
    data: *mut u8,
    size: usize,
}

pub struct FermataSchema {
    validator: Validator,
}

fn give(out: *mut FermataText, text: String) {
    let bytes = text.into_bytes().into_boxed_slice();
    let size = bytes.len();
    let data = Box::into_raw(bytes) as *mut u8;
    unsafe { *out = FermataText { data, size } };
}

unsafe fn parse(data: *const u8, size: usize) -> Result<Value, String> {
    let bytes = if size == 0 { &[][..] } else { std::slice::from_raw_parts(data, size) };
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

fn compile(schema: Value, resources: Value) -> Result<FermataSchema, String> {
    let mut options = jsonschema::options()
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
        .should_validate_formats(true);
    if let Value::Object(map) = resources {
        let mut registry = jsonschema::Registry::new();
        for (id, resource) in map {
            registry = registry.add(id.as_str(), resource).map_err(|error| format!("{id}: {error}"))?;
        }
        let registry = registry.prepare().map_err(|error| error.to_string())?;
        options = options.with_registry(&registry);
        let validator = options.build(&schema).map_err(|error| error.to_string())?;
        return Ok(FermataSchema { validator });
    }
    let validator = options.build(&schema).map_err(|error| error.to_string())?;
    Ok(FermataSchema { validator })
}

/// # Safety
/// Pointers and sizes must describe readable memory; `error` must be writable.
#[no_mangle]
pub unsafe extern "C" fn fermata_schema_compile(
    schema: *const u8,
    schema_size: usize,
    resources: *const u8,
    resources_size: usize,
    error: *mut FermataText,
) -> *mut FermataSchema {
    let made = catch_unwind(AssertUnwindSafe(|| {
        compile(parse(schema, schema_size)?, parse(resources, resources_size)?)
    }));
    match made {
        Ok(Ok(compiled)) => Box::into_raw(Box::new(compiled)),
        Ok(Err(text)) => {
            give(error, text);
            std::ptr::null_mut()
        }
        Err(_) => {
            give(error, "the schema compiler failed".to_string());
            std::ptr::null_mut()
        }
    }
}

/// # Safety
/// `schema` must come from `fermata_schema_compile`; pointers and sizes must describe readable memory.
#[no_mangle]
pub unsafe extern "C" fn fermata_schema_validate(
    schema: *const FermataSchema,
    instance: *const u8,
    instance_size: usize,
    violations_max: usize,
    violations: *mut FermataText,
) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(|| -> Result<Vec<Value>, String> {
        let instance = parse(instance, instance_size)?;
        Ok((*schema)
            .validator
            .iter_errors(&instance)
            .take(violations_max)
            .map(|error| {
                json!({"instance": error.instance_path().to_string(), "schema": error.schema_path().to_string(),
                       "message": error.to_string()})
            })
            .collect())
    }));
    match outcome {
        Ok(Ok(found)) if found.is_empty() => 1,
        Ok(Ok(found)) => {
            give(violations, Value::Array(found).to_string());
            0
        }
        Ok(Err(text)) => {
            give(violations, text);
            -1
        }
        Err(_) => {
            give(violations, "the schema validator failed".to_string());
            -1
        }
    }
}

/// # Safety
/// `schema` must come from `fermata_schema_compile`, once.
#[no_mangle]
pub unsafe extern "C" fn fermata_schema_free(schema: *mut FermataSchema) {
    if !schema.is_null() {
        drop(Box::from_raw(schema));
    }
}

/// # Safety
/// `text` must come from this library, once.
#[no_mangle]
pub unsafe extern "C" fn fermata_text_free(text: FermataText) {
    if !text.data.is_null() {
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(text.data, text.size)));
    }
}
