"""`./dev bench projection`: what the read model costs, on both databases.

The same load (RUNS chains of STEPS short actions, many at once) is run by turns with rows and without (`fermata worker
--without-rows`), ROUNDS times each, on one dev server with raised limiter keys. The ledger is written either way: it is not
the read model. Prints steps and rows a second, the worker's processor time, and the shares that rows cost of both; medians.
Fails when rows cost more than SHARE_MAX of the throughput.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import harness  # noqa: E402

RUNS, STEPS, ROUNDS = 60, 100, 5
SHARE_MAX = 0.15


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def completed(stack):
    """Runs that Temporal says are completed: rows cannot be asked when there are none."""
    out = subprocess.run([harness.temporal_cli(), "workflow", "count", "--address", stack.temporal, "--namespace", stack.namespace,
                          "--query", "ExecutionStatus='Completed'", "--output", "json"],
                         text=True, capture_output=True, check=True, timeout=harness.PATIENCE_S)
    return int(json.loads(out.stdout).get("count", 0))


def ended(worker):
    """Runs that Temporal let the worker complete: cheap to ask while they run, and there without rows, too."""
    with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(worker.metrics, timeout=harness.PATIENCE_S) as answer:
        return sum(int(n) for n in re.findall(rb"^temporal_workflow_completed_total{.*} (\d+)", answer.read(), re.M))
    return 0  # it starts


def finish(stack, worker, count):
    """Launches that many chains and waits until they have ended; seconds."""
    wanted = ended(worker) + count
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stack.launch("chain", {}), range(count)))
    while ended(worker) < wanted:
        if time.monotonic() - began > 600:
            raise TimeoutError("the chains do not finish")
        time.sleep(0.02)
    return time.monotonic() - began


def one_round(stack, database, options):
    """(steps per second, worker's processor seconds per 1,000 steps)"""
    with harness.Worker(stack, *database, *options) as worker:
        finish(stack, worker, 2)  # warm: definition cache, pollers
        before = processor_s(worker.pid)
        elapsed = finish(stack, worker, RUNS)
        return RUNS * STEPS / elapsed, (processor_s(worker.pid) - before) / (RUNS * STEPS) * 1_000


def measure(database):
    """Medians of both kinds of rounds: ((steps/s, s), (steps/s, s)), with rows first."""
    with harness.Stack(*harness.RAISED, *database, worker=False, replays=False) as stack:
        stack.publish_definition(harness.chain(STEPS))
        kinds = {(): [], ("--without-rows",): []}
        for _ in range(ROUNDS):
            for options, seen in kinds.items():
                seen.append(one_round(stack, database, options))
        if completed(stack) != len(kinds) * ROUNDS * (RUNS + 2):
            raise RuntimeError("Temporal counts other runs than the workers")
        rows = stack.call("GET", "/api/v1/run-counts")["byStatus"]["SUCCEEDED"]["total"]
        if rows != ROUNDS * (RUNS + 2):
            raise RuntimeError(f"{rows} runs have rows of their end, expected {ROUNDS * (RUNS + 2)}")
        return [tuple(statistics.median(column) for column in zip(*seen)) for seen in kinds.values()]


def main():
    failures = []
    print("database\tsteps_per_s\trows_per_s\twithout_rows_steps_per_s\tshare_of_throughput\tshare_of_processor", flush=True)
    for name in ("sqlite", "postgres"):
        with contextlib.ExitStack() as exits:
            database = []
            if name == "postgres":
                server = exits.enter_context(harness.postgres())
                server.age()
                database = ["--database", server.url]
            (rate, cost), (bare_rate, bare_cost) = measure(database)
        share = 1 - rate / bare_rate
        # A row of each step, and one of the run for each chain at least.
        rows_per_s = rate * (STEPS + 1) / STEPS
        print(f"{name}\t{rate:.0f}\t{rows_per_s:.0f}\t{bare_rate:.0f}\t{share:.1%}\t{1 - bare_cost / cost:.1%}", flush=True)
        if share > SHARE_MAX:
            failures.append(f"{name}: rows cost {share:.1%} of the throughput, at most {SHARE_MAX:.0%} asked")
    print("\n".join(failures) or "within what is asked")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
