//! jsonata-core, with mimalloc, on the benchmark set: peers BENCH_JSON DOCUMENTS. One JSON line a case, with the
//! time and the result of an evaluation after it, or with "error".
use jsonata_core::{value::JValue, Expression};
use serde_json::{json, Value};
use std::hint::black_box;
use std::time::Instant;

const BATCH_NS: f64 = 0.12e9;
// A recursive evaluator gets the room that it may want.
const STACK_BYTES: usize = 1 << 30;

fn measure(mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for batch in -1..5 {
        let start = Instant::now();
        let mut rounds = 0.0;
        let spent = loop {
            work();
            rounds += 1.0;
            let spent = start.elapsed().as_nanos() as f64;
            if spent >= BATCH_NS {
                break spent;
            }
        };
        if batch >= 0 {
            best = f64::min(best, spent / rounds);
        }
    }
    best
}

fn run(case: &Value, documents: &str) -> Result<(f64, Value), String> {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let document = std::fs::read_to_string(format!("{documents}/{}.json", text("data"))).map_err(|e| e.to_string())?;
    let data = JValue::from_json_str(&document).map_err(|e| e.to_string())?;
    let expression = Expression::compile(text("expr")).map_err(|e| e.to_string())?;
    expression.evaluate(&data).map_err(|e| e.to_string())?;
    let nanoseconds = measure(|| {
        let _ = black_box(expression.evaluate(&data));
    });
    let result = expression.evaluate(&data).map_err(|e| e.to_string())?;
    let printed = result.to_json_string().map_err(|e| e.to_string())?;
    Ok((nanoseconds, serde_json::from_str(&printed).map_err(|e| e.to_string())?))
}

fn run_all() {
    let arguments: Vec<String> = std::env::args().collect();
    let bench: Value = serde_json::from_str(&std::fs::read_to_string(&arguments[1]).expect("the benchmark set")).expect("JSON");
    for case in bench["cases"].as_array().expect("cases") {
        let line = match run(case, &arguments[2]) {
            Ok((nanoseconds, result)) => json!({"peer": "jsonata-core", "name": case["name"], "evaluateNs": nanoseconds, "result": result}),
            Err(error) => json!({"peer": "jsonata-core", "name": case["name"], "error": error}),
        };
        println!("{line}");
    }
}

fn main() {
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run_all).expect("a thread").join().expect("no panic");
}
