"""`./dev bench jsonata`: ours, the official engine and the peers of peers.py, one after the other in one run.

Prints a table, tab-separated: case, our compile and evaluate time in microseconds, then for each engine its evaluate time
and how many times as fast ours is; then the geometric means, and the memory of each case against its bound (twice the
result and 1 MiB). A time counts only when the result of that engine equals the official one's: `wrong` marks a result that
differs, `fails` an error. Fails when a goal of ours is missed: 20 times the official engine in the geometric mean, ahead
of every engine in it, ahead of every interpreter in every case, and compile times of the workflow cases below 20
microseconds. A peer that this machine cannot run is named with the reason. `--without-peers` measures only against the
official engine, `--only NAME` (repeatable) against the named ones. Everything is measured in `--rounds N` rounds, 2 unless
said, and the best counts for each engine alike: other work of the machine disturbs a round. What is downloaded stays in the
cache folder.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

import peers

ROOT = peers.ROOT
BENCH = ROOT / "tests/jsonata/bench.json"
DOCUMENTS = peers.CACHE.parent / "jsonata-documents"

MEAN_MIN = 20
COMPILE_US_MAX = 20
MEMORY_BYTES_FREE = 1024 * 1024
# Engines add numbers up in different orders.
RELATIVE_ERROR_MAX = 1e-9


def lines(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise peers.Absent(f"{' '.join(map(str, command))} exits with {done.returncode}: {done.stderr[-400:].strip()}")
    return {line["name"]: line for line in map(json.loads, filter(lambda text: text.startswith("{"), done.stdout.splitlines()))}


def our_program():
    program = ROOT / "build/release/fermata"
    if not program.exists():
        sys.exit("build the release program first: ./dev build")
    return program


def our_results(program):
    for case in json.loads(BENCH.read_text(encoding="utf-8"))["cases"]:
        done = subprocess.run([program, "jsonata", "eval", case["expr"], DOCUMENTS / (case["data"] + ".json")],
                              capture_output=True, text=True, check=True)
        yield case["name"], json.loads(done.stdout)


def equal(left, right):
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=RELATIVE_ERROR_MAX, abs_tol=0)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


class Report:
    def __init__(self, ours, expected):
        self.ours, self.expected = ours, expected
        self.engines, self.missed = {}, []

    def add(self, peer, rounds):
        self.engines[peer] = {name: self.cell([found.get(name, {"error": "no answer"}) for found in rounds], name) for name in self.ours}

    def cell(self, answers, name):
        if any("error" in answer for answer in answers):
            return "fails"
        if not all(equal(answer.get("result"), self.expected[name]) for answer in answers):
            return "wrong"
        return min(answer["evaluateNs"] for answer in answers)

    def ratios(self, peer):
        return {name: cell / self.ours[name]["evaluateNs"] for name, cell in self.engines[peer].items() if not isinstance(cell, str)}

    def print(self):
        print("case", "compile", "ours", *(f"{peer.name}\ttimes" for peer in self.engines), "bytes", "bound", sep="\t")
        for name, line in self.ours.items():
            bound = 2 * line["resultBytes"] + MEMORY_BYTES_FREE
            row = []
            for cells in self.engines.values():
                cell = cells[name]
                row.append(f"{cell}\t-" if isinstance(cell, str) else f"{cell / 1000:.2f}\t{cell / line['evaluateNs']:.1f}")
            print(name, f"{line['compileNs'] / 1000:.1f}", f"{line['evaluateNs'] / 1000:.2f}", *row, line["bytesAllocated"], bound, sep="\t")
            if name.startswith("w_") and line["compileNs"] > COMPILE_US_MAX * 1000:
                self.missed.append(f"{name}: compiles in {line['compileNs'] / 1000:.1f} µs")
            if line["bytesAllocated"] > bound:
                self.missed.append(f"{name}: allocates {line['bytesAllocated']} bytes, bound {bound}")
        for peer in self.engines:
            self.judge(peer)

    def judge(self, peer):
        ratios = self.ratios(peer)
        if not ratios:
            self.missed.append(f"{peer.name}: answers no case")
            return
        average = mean(ratios.values())
        print(f"geometric mean: {average:.1f} times {peer.name} ({len(ratios)} cases), least {min(ratios.values()):.2f} at "
              f"{min(ratios, key=ratios.get)}")
        least = MEAN_MIN if peer.name == "official" else 1
        if average <= least:
            self.missed.append(f"only {average:.2f} times {peer.name} in the geometric mean")
        if peer.is_interpreter:
            self.missed += [f"{name}: {peer.name} is faster, ours {ratio:.2f} times" for name, ratio in ratios.items() if ratio < 1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    if chosen.without_peers:
        chosen.only = ["official"]
    subprocess.run([sys.executable, pathlib.Path(__file__).parent / "gen.py", BENCH, DOCUMENTS], check=True, stdout=subprocess.DEVNULL)

    commands, absent = {}, []
    for peer in peers.PEERS:
        if chosen.only and peer.name not in ["official", *chosen.only]:
            continue
        try:
            commands[peer] = peer.prepare(peer.name)
        except peers.Absent as why:
            absent.append(f"left out: {peer.name}: {why}")
    for text in absent:
        print(text, file=sys.stderr)

    program = our_program()
    ours, answers = {}, {peer: [] for peer in commands}
    for _ in range(chosen.rounds):
        for name, line in lines([program, "jsonata", "bench", BENCH]).items():
            known = ours.setdefault(name, line)
            known.update({key: min(known[key], line[key]) for key in ("compileNs", "evaluateNs")})
        for peer in list(answers):
            try:
                answers[peer].append(lines([*commands[peer], BENCH, DOCUMENTS]))
            except peers.Absent as why:
                absent.append(f"left out: {peer.name}: {why}")
                del answers[peer]
    truth = next((rounds[0] for peer, rounds in answers.items() if peer.name == "official"), None)
    if truth is None:
        sys.exit("\n".join([*absent, "nothing to measure against: the official engine is missing"]))
    report = Report(ours, {name: line["result"] for name, line in truth.items()})
    for name, result in our_results(program):
        if not equal(result, report.expected[name]):
            report.missed.append(f"{name}: our result differs from the official engine's")
    for peer, rounds in answers.items():
        report.add(peer, rounds)
    report.print()
    print("load average at the end:", *(f"{load:.1f}" for load in os.getloadavg()))
    for text in [*absent, *(f"missed: {what}" for what in report.missed)]:
        print(text)
    sys.exit(1 if report.missed else 0)


main()
