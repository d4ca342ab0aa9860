"""Virtual time is cheap: 10,000 steps with 30 days of waits, as a whole process; fails above 0.2 s. Then a loop over
100,000 items.

    ./dev bench simulate
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/fermata"
TURNS, MONTH_MS, LIMIT_S = 2_500, 30 * 24 * 3_600 * 1_000, 0.2
DEFINITION = {
    "id": "month", "version": 1, "name": "Month", "payloadSchemaRef": "payload.Any.v1",
    "steps": [{
        "id": "each", "type": "control.forEach", "items": {"$expr": f"[1..{TURNS}]"}, "itemVar": "n", "body": [
            {"id": "nap", "type": "time.wait", "config": {"mode": "duration", "durationMs": MONTH_MS // TURNS}},
            {"id": "ask", "type": "action.call", "config": {"actionId": "http.request", "version": 1,
             "inputMapping": {"method": "GET", "url": {"$expr": "\"https://example.com/\" & n"}}, "saveAs": "vars.answer"}},
            {"id": "odd", "type": "control.if", "condition": {"$expr": "n % 2 = 1"}, "then": [], "else": []},
            {"id": "sum", "type": "transform.assign", "config": {"assign": {"vars.sum": {"$expr": "coalesce(vars.sum, 0) + n"}}}},
        ]}]}
ITEMS = 100_000
LONG = {"id": "long", "version": 1, "name": "Long", "payloadSchemaRef": "payload.Any.v1", "steps": [
    {"id": "each", "type": "control.forEach", "items": {"$expr": f"[1..{ITEMS}]"}, "itemVar": "n", "body": [
        {"id": "sum", "type": "transform.assign", "config": {"assign": {"vars.sum": {"$expr": "coalesce(vars.sum, 0) + n"}}}}]}]}
FIXTURES = {"actions": {"http.request@1": {"result": {"status": 200}}}}


def main():
    with tempfile.TemporaryDirectory() as folder:
        definition, fixtures = pathlib.Path(folder, "month.json"), pathlib.Path(folder, "fixtures.json")
        definition.write_text(json.dumps(DEFINITION), encoding="utf-8")
        fixtures.write_text(json.dumps(FIXTURES), encoding="utf-8")
        command = [str(PROGRAM), "simulate", str(definition), "--fixtures", str(fixtures), "--json"]
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            times.append(time.perf_counter() - begin)
        result = json.loads(done.stdout)
        definition.write_text(json.dumps(LONG), encoding="utf-8")
        begin = time.perf_counter()
        done = subprocess.run([str(PROGRAM), "simulate", str(definition), "--json"], capture_output=True, text=True, check=True)
        long_s = time.perf_counter() - begin
        long = json.loads(done.stdout)
    assert long["scopes"]["vars"]["sum"] == ITEMS * (ITEMS + 1) // 2
    assert result["status"] == "SUCCEEDED", result["error"]
    assert result["scopes"]["vars"]["sum"] == TURNS * (TURNS + 1) // 2
    assert result["endedAtMs"] == MONTH_MS, result["endedAtMs"]
    print("steps\tdays\tseconds (best)\tseconds (worst)\thistories")
    print(f"{len(result['steps'])}\t{MONTH_MS // 86_400_000}\t{min(times):.3f}\t{max(times):.3f}\t{result['histories']}")
    print(f"{len(long['steps'])}\t0\t{long_s:.3f}\t{long_s:.3f}\t{long['histories']}")
    if min(times) > LIMIT_S:
        print(f"slower than {LIMIT_S} s")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
