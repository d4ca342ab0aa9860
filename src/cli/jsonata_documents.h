#pragma once
// The documents of the benchmark set (tests/jsonata/bench.json), made by the same small generator
// as bench/jsonata/gen.py: every run measures the same data without storing it.

#include <optional>

#include "json/value.h"

namespace fermata::cli {

// `spec` is an entry of the file's "data": {"gen": "orders", "n", "seed", "customers"} or
// {"gen": "workflow"}. Empty for an unknown generator.
std::optional<json::Value> make_document(const json::Object& spec);

}  // namespace fermata::cli
