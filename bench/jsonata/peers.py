"""Peers from PyPI on the benchmark set: peers.py BENCH_JSON DOCUMENTS. One JSON line a peer and case, or with "error"."""

import json
import pathlib
import sys
import time

import jlens
import jsonatapy


def measure(work):
    best = float("inf")
    for batch in range(-1, 5):
        start = time.perf_counter_ns()
        rounds = 0
        while True:
            work()
            rounds += 1
            spent = time.perf_counter_ns() - start
            if spent >= 0.12e9:
                break
        if batch >= 0:
            best = min(best, spent / rounds)
    return best


def with_jsonatapy(expr, text):
    compiled = jsonatapy.compile(expr)
    data = jsonatapy.JsonataData.from_json(text)
    return lambda: compiled.evaluate_with_data(data)


def with_jlens(expr, text):
    compiled = jlens.Expression(expr)
    data = jlens.Document.from_json(text)
    return lambda: compiled.evaluate_document(data)


def main():
    bench = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    for case in bench["cases"]:
        text = (pathlib.Path(sys.argv[2]) / (case["data"] + ".json")).read_text(encoding="utf-8")
        for peer, prepare in (("jsonatapy", with_jsonatapy), ("jlens", with_jlens)):
            line = {"peer": peer, "name": case["name"]}
            try:
                line["evaluateNs"] = measure(prepare(case["expr"], text))
            except Exception as error:
                line["error"] = str(error)
            print(json.dumps(line), flush=True)


main()
