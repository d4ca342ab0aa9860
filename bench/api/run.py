"""./dev bench api: what people see, over many stored runs, and how much open live streams cost.

    run.py [--runs 1000000] [--streams 1000] [--database sqlite|postgres|both]

Fills a database with runs, asks the API for lists and details over real sockets and prints milliseconds (median, p99); then opens
live streams and prints the server's resident memory. Exit code 1 when a p99 is above 50 ms or the streams cost more than 200 MiB.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import sqlite3
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import harness  # noqa: E402

P99_MS_MAX, STREAMS_MIB_MAX = 50, 200
COLUMNS = ("run_id, tenant, workflow_id, workflow_version, status, input_json, output_json, error_json, trigger_type, trigger_metadata_json,"
           " temporal_workflow_id, temporal_run_id, definition_hash, runtime_semantics_version, parent_run_id, root_run_id, sequence,"
           " started_at, completed_at, updated_at")
# A run each second; one of 50 failed with one of 7 codes, one of 500 waits, one of 20 has a parent; 200 workflows.
ROW = """
  'run-' || substr('0000000000' || n, -10), 'default', 'workflow-' || (n % 200), 1,
  CASE WHEN n % 50 = 3 THEN 'FAILED' WHEN n % 500 = 1 THEN 'WAITING' ELSE 'SUCCEEDED' END, '{"n":1}'JSON,
  CASE WHEN n % 50 <> 3 AND n % 500 <> 1 THEN '{"vars":{"n":2}}'JSON END,
  CASE WHEN n % 50 = 3 THEN ('{"category":"ActionError","code":"E_' || (n % 7) || '","message":"no"}')JSON END,
  CASE n % 90 WHEN 0 THEN 'schedule' ELSE 'api' END, 'null'JSON,
  'w' || n, 't' || n, 'hash', 1,
  CASE WHEN n % 20 = 5 THEN 'run-' || substr('0000000000' || (n - 1), -10) END,
  'run-' || substr('0000000000' || CASE WHEN n % 20 = 5 THEN n - 1 ELSE n END, -10), 9,
  1700000000000 + n * 1000, CASE WHEN n % 500 <> 1 THEN 1700000000500 + n * 1000 END, 1700000000500 + n * 1000"""
STEP_COLUMNS = "run_id, step_number, tenant, sequence, step_path, definition_step_id, step_type, iteration, status, attempt, started_at, completed_at"


def numbers(count, is_postgres):
    if is_postgres:
        return f"generate_series(1, {count}) AS numbers(n)"
    return f"(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {count}) SELECT n FROM numbers)"


def statements(runs, is_postgres):
    row = ROW.replace("JSON", "::json" if is_postgres else "")
    if is_postgres:
        row = row.replace("substr('0000000000' || CASE WHEN n % 20 = 5 THEN n - 1 ELSE n END, -10)",
                          "right('0000000000' || CASE WHEN n % 20 = 5 THEN n - 1 ELSE n END, 10)")
        row = row.replace("substr('0000000000' || n, -10)", "right('0000000000' || n, 10)")
        row = row.replace("substr('0000000000' || (n - 1), -10)", "right('0000000000' || (n - 1), 10)")
    yield f"INSERT INTO workflow_runs ({COLUMNS}) SELECT {row} FROM {numbers(runs, is_postgres)}"
    # The last run has 100,000 steps, the others before it a few.
    last = f"run-{runs:010d}"
    yield (f"INSERT INTO workflow_run_steps ({STEP_COLUMNS}) SELECT '{last}', n, 'default', 2 * n, CASE n % 3 WHEN 0 THEN 'root.steps[0]' "
           f"ELSE 'root.steps[0].body[' || (n % 3) || ']' END, 's', 'transform.assign', '', CASE n % 1000 WHEN 7 THEN 'FAILED' ELSE 'SUCCEEDED' END, "
           f"1, 1700000000000 + n, 1700000000003 + n FROM {numbers(100_000, is_postgres)}")
    # As the server does by itself some minutes later.
    yield "VACUUM ANALYZE" if is_postgres else "ANALYZE"


class Calls:
    """One connection that is kept; one token."""

    def __init__(self, stack):
        host = urllib.parse.urlsplit(stack.api)
        self.connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {stack.token}"}

    def get(self, path):
        begin = time.perf_counter()
        self.connection.request("GET", "/api/v1" + path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        ms = (time.perf_counter() - begin) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]}")
        return ms, json.loads(body)


def questions(runs):
    some = random.Random(7)
    run = lambda: f"run-{some.randrange(1, runs):010d}"  # noqa: E731
    moment = lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + some.randrange(runs)))  # noqa: E731
    return {
        "newest": lambda: "/runs",
        "page in the middle": lambda: f"/runs?cursor={1_700_000_000_000 + some.randrange(runs) * 1000}:run-x",
        "status": lambda: "/runs?status=WAITING",
        "two statuses": lambda: "/runs?status=WAITING,FAILED",
        "workflow": lambda: f"/runs?workflowId=workflow-{some.randrange(200)}",
        "workflow and status": lambda: f"/runs?workflowId=workflow-{some.randrange(200)}&status=FAILED",
        "trigger": lambda: "/runs?triggerType=schedule",
        "time": lambda: f"/runs?to={moment()}",
        "error code": lambda: f"/runs?search=E_{some.randrange(7)}",
        "run id": lambda: f"/runs?search={run()}",
        "children": lambda: f"/runs?parentRunId={run()}",
        "root": lambda: f"/runs?rootRunId={run()}",
        "count": lambda: "/runs?count=1&limit=1",
        "counts": lambda: "/run-counts",
        "detail": lambda: f"/runs/{run()}",
        "steps": lambda: f"/runs/{run()}/steps",
    }


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def measure(stack, runs):
    calls, worst = Calls(stack), 0
    for name, question in questions(runs).items():
        for _ in range(5):
            calls.get(question())
        times = [calls.get(question())[0] for _ in range(200)]
        worst = max(worst, percentile(times, 0.99))
        print(f"  {name:22} median {percentile(times, 0.5):7.2f} ms   p99 {percentile(times, 0.99):7.2f} ms")
    big = f"/runs/run-{runs:010d}"
    for name, path in {"detail": big, "steps window": big + "/steps?limit=500&after=50000", "steps by path": big + "/steps?path=root.steps[0]&after=50000",
                       "steps by status": big + "/steps?status=FAILED&limit=100", "aggregates": big + "/aggregates", "timeline": big + "/timeline?px=1000"}.items():
        times = [calls.get(path)[0] for _ in range(11)]
        print(f"  100,000 steps: {name:16} median {percentile(times, 0.5):7.1f} ms   worst {max(times):7.1f} ms")
    return worst


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def open_streams(stack, count):
    stack.publish_definition({"id": "watched", "version": 1, "name": "watched", "payloadSchemaRef": "payload.Any.v1", "steps": [
        {"id": "w", "type": "time.wait", "config": {"mode": "duration", "durationMs": 3_600_000}}]})
    runs = [stack.launch("watched", {}) for _ in range(count)]
    pid = stack.dev.child.pid
    before = harness.resident_mib(pid, "VmRSS")
    host = urllib.parse.urlsplit(stack.api)
    with contextlib.ExitStack() as exits:
        sockets = []
        for i in range(count):
            one = exits.enter_context(socket.create_connection((host.hostname, host.port)))
            one.sendall(f"GET /api/v1/runs/{runs[i]}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stack.token}\r\n\r\n".encode())
            sockets.append(one)
        for one in sockets:
            one.settimeout(60)
            text = b""
            while b"event: run" not in text:
                text += one.recv(4096)
        after = harness.resident_mib(pid, "VmRSS")
        print(f"  {count} open streams: {before:.0f} MiB before, {after:.0f} MiB with them")
        cpu, begin = cpu_seconds(pid), time.monotonic()
        time.sleep(5)
        print(f"  {count} silent streams: {(cpu_seconds(pid) - cpu) / (time.monotonic() - begin):.1%} of a core")
    return after


def on(database, options):
    with contextlib.ExitStack() as exits:
        server = exits.enter_context(harness.postgres()) if database == "postgres" else None
        stack = exits.enter_context(harness.Stack(*(["--database", server.url] if server else []), worker=False, replays=False))
        begin = time.monotonic()
        for statement in statements(options.runs, server is not None):
            if server:
                server.query(statement)
                continue
            with contextlib.closing(sqlite3.connect(stack.data / "fermata.db", timeout=60)) as db, db:
                db.execute(statement)
        print(f"{database}: {options.runs:,} runs filled in {time.monotonic() - begin:.0f} s", flush=True)
        worst = measure(stack, options.runs)
        memory = open_streams(stack, options.streams)
        print(f"{database}: worst p99 {worst:.1f} ms (at most {P99_MS_MAX}), streams {memory:.0f} MiB (at most {STREAMS_MIB_MAX})")
        return worst <= P99_MS_MAX and memory <= STREAMS_MIB_MAX


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    options = parser.parse_args()
    databases = ["sqlite", "postgres"] if options.database == "both" else [options.database]
    return 0 if all([on(database, options) for database in databases]) else 1


if __name__ == "__main__":
    sys.exit(main())
