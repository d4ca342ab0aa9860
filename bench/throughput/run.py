"""`./dev bench throughput`: sequential chains of short actions, many runs at once, one dev server, rows included.

For each of two settings of the server's limiter keys (as shipped and raised) it launches RUNS runs of a chain of STEPS
short actions and takes the time from the first launch to the last finished run. Then it parks IDLE_RUNS runs in a wait and
reads the worker's memory. Prints a table; fails below the figures that issue 3 asks for, and prints all of them either way.
"""

import concurrent.futures
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import harness  # noqa: E402

RUNS, STEPS, IDLE_RUNS = 50, 100, 10_000
STEPS_PER_SECOND_MIN, PEAK_MIB_MAX, IDLE_MIB_MAX = 3_000, 300, 600
RAISED = ["--dynamic-config", "history.transferProcessorMaxPollRPS=2000",
          "--dynamic-config", "history.timerProcessorMaxPollRPS=2000",
          "--dynamic-config", "history.visibilityProcessorMaxPollRPS=2000"]


def chain():
    return {"id": "chain", "version": 1, "name": "chain", "payloadSchemaRef": "payload.Any.v1", "steps": [
        {"id": f"s{i}", "type": "action.call",
         "config": {"actionId": "log", "version": 1, "inputMapping": {"level": "debug", "message": f"step {i}"}}}
        for i in range(STEPS)]}


def idle():
    return {"id": "idle", "version": 1, "name": "idle", "payloadSchemaRef": "payload.Any.v1", "steps": [
        {"id": "w", "type": "time.wait", "config": {"mode": "duration", "durationMs": 86_400_000}}]}


class Worker:
    """The worker as a process of its own, so that its memory is its own."""

    def __init__(self, stack):
        self._process = harness.Process(
            [harness.program(), "worker", "--data", str(stack.data), "--temporal-address", stack.temporal,
             "--log-level", "warn"], stack.data / "worker.log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stop()

    def mib(self, field):
        return harness.resident_mib(self._process.child.pid, field)


def launch_all(stack, workflow, count):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: stack.launch(workflow, {}), range(count)))


def wait_all(stack, runs):
    pending = set(runs)
    deadline = time.monotonic() + harness.PATIENCE_S
    while pending:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(pending)} of {len(runs)} runs are not finished")
        for run in list(pending):
            row = stack.run(run)
            if row["status"] in harness.TERMINAL:
                if row["status"] != "SUCCEEDED":
                    raise RuntimeError(f"run {run}: {row}")
                pending.discard(run)
            else:
                time.sleep(0.05)
                break


def chains(stack):
    """(steps per second, peak MiB of the worker)"""
    with Worker(stack) as worker:
        wait_all(stack, launch_all(stack, "chain", 2))  # warm: definition cache, pollers
        began = time.monotonic()
        runs = launch_all(stack, "chain", RUNS)
        wait_all(stack, runs)
        elapsed = time.monotonic() - began
        rows = len(stack.steps(runs[-1]))
        if rows != STEPS:
            raise RuntimeError(f"{rows} step rows, expected {STEPS}")
        return RUNS * STEPS / elapsed, worker.mib("VmHWM")


def parked(stack):
    """MiB that IDLE_RUNS waiting runs add to the worker."""
    with Worker(stack) as worker:
        wait_all(stack, launch_all(stack, "chain", 2))
        before = worker.mib("VmRSS")
        launch_all(stack, "idle", IDLE_RUNS)
        deadline = time.monotonic() + 600
        while stack.call("GET", "/api/v1/runs?status=WAITING&limit=1&count=true").get("total", 0) < IDLE_RUNS:
            if time.monotonic() > deadline:
                raise TimeoutError("not all idle runs are waiting")
            time.sleep(1)
        return worker.mib("VmRSS") - before


def main():
    failures = []
    print("setting\tsteps_per_s\tpeak_mib")
    for name, options in (("keys as shipped", []), ("keys raised", RAISED)):
        with harness.Stack(*options, worker=False) as stack:
            stack.publish_definition(chain())
            rate, peak = chains(stack)
            print(f"{name}\t{rate:.0f}\t{peak:.0f}", flush=True)
            if rate < STEPS_PER_SECOND_MIN:
                failures.append(f"{name}: {rate:.0f} steps/s, at least {STEPS_PER_SECOND_MIN} asked")
            if peak > PEAK_MIB_MAX:
                failures.append(f"{name}: peak {peak:.0f} MiB, at most {PEAK_MIB_MAX} asked")
            if options:
                stack.publish_definition(idle())
                extra = parked(stack)
                print(f"{IDLE_RUNS} idle runs\t-\t{extra:.0f}", flush=True)
                if extra > IDLE_MIB_MAX:
                    failures.append(f"idle runs: {extra:.0f} MiB, at most {IDLE_MIB_MAX} asked")
    for line in failures:
        print(line, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.SubprocessError as failure:
        sys.exit(str(failure))
