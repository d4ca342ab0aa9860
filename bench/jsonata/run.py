"""`./dev bench jsonata`: ours, the official engine and the peers that PyPI has, one after the other in one run.

Prints a table, tab-separated: case, our compile and evaluate time in microseconds, the official engine's evaluate time,
how many times as fast ours is, and the same for each peer; then the geometric means, and the memory of each case
against its bound (twice the result and 1 MiB). Fails when a goal of ours is missed: 20 times the official engine in the
geometric mean, ahead of every engine in every case, and compile times of the workflow cases below 20 microseconds.
`--without-peers` leaves the peers out. What is downloaded stays in the cache folder.
"""

import json
import math
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
BENCH = ROOT / "tests/jsonata/bench.json"
CACHE = pathlib.Path(os.environ.get("FERMATA_CACHE", pathlib.Path.home() / ".cache/fermata"))

MEAN_MIN = 20
COMPILE_US_MAX = 20
MEMORY_BYTES_FREE = 1024 * 1024


def lines(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exits with {done.returncode}\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def our_command():
    for path in ("build/release/fermata", "build/release/tests/jsonata/jsonata_tool"):
        program = ROOT / path
        if program.exists():
            return [program, "jsonata", "bench"] if program.name == "fermata" else [program, "bench"]
    sys.exit("build the release program first: ./dev build")


def peers(documents):
    folder = CACHE / "jsonata-peers"
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    found = {}
    for line in lines([python, HERE / "peers.py", BENCH, documents]):
        if "evaluateNs" in line:
            found.setdefault(line["peer"], {})[line["name"]] = line["evaluateNs"]
    return found


def mean(ratios):
    return math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))


def report(ours, others):
    """Prints the table; gives what is missed."""
    missed = []
    print("case", "compile", "ours", *(f"{name}\ttimes" for name in others), "bytes", "bound", sep="\t")
    for name, line in ours.items():
        row = []
        for other, times in others.items():
            if name not in times:
                row.append("-\t-")
                continue
            ratio = times[name] / line["evaluateNs"]
            row.append(f"{times[name] / 1000:.2f}\t{ratio:.1f}")
            if ratio < 1:
                missed.append(f"{name}: {other} is faster")
        bound = 2 * line["resultBytes"] + MEMORY_BYTES_FREE
        print(name, f"{line['compileNs'] / 1000:.1f}", f"{line['evaluateNs'] / 1000:.2f}", *row,
              line["bytesAllocated"], bound, sep="\t")
        if name.startswith("w_") and line["compileNs"] > COMPILE_US_MAX * 1000:
            missed.append(f"{name}: compiles in {line['compileNs'] / 1000:.1f} µs")
        if line["bytesAllocated"] > bound:
            missed.append(f"{name}: allocates {line['bytesAllocated']} bytes, bound {bound}")
    for other, times in others.items():
        ratio = mean([times[name] / line["evaluateNs"] for name, line in ours.items() if name in times])
        print(f"geometric mean: {ratio:.1f} times {other} ({len(times)} cases)")
        if other == "official" and ratio < MEAN_MIN:
            missed.append(f"only {ratio:.1f} times the official engine")
    return missed


def main():
    documents = CACHE / "jsonata-documents"
    subprocess.run([sys.executable, HERE / "gen.py", BENCH, documents], check=True, stdout=subprocess.DEVNULL)
    modules = subprocess.run([ROOT / "tools/fetch_jsonata.sh"], check=True, capture_output=True, text=True).stdout.strip()
    ours = {line["name"]: line for line in lines([*our_command(), BENCH])}
    others = {"official": {line["name"]: line["evaluateNs"] for line in
                           lines(["node", HERE / "official.mjs", modules, BENCH, documents])}}
    if "--without-peers" not in sys.argv:
        others.update(peers(documents))
    missed = report(ours, others)
    for what in missed:
        print(f"missed: {what}")
    sys.exit(1 if missed else 0)


main()
