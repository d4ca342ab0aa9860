"""Every history that a test made, replayed cold against the program. Stacks and deployments (harness.py, tests/e2e/deployment.py) ask for it
when they end.
"""

import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import time

import harness

RUN, FIRE = "fermata.run", "fermata.fire"


def rows_of(database, sql):
    """The rows of a file, or of a PostgreSQL by its URL, as lists of texts."""
    if is_postgres(database):
        return harness.psql(database, sql)
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=harness.PATIENCE_S)) as db:
        return [["" if cell is None else str(cell) for cell in row] for row in db.execute(sql)]


def is_postgres(database):
    return str(database).startswith("postgresql://")


def has_histories(database):
    """Whether a run, or what a clock starts, was ever written to it."""
    if not is_postgres(database) and not pathlib.Path(database).exists():
        return False
    return rows_of(database, "SELECT (SELECT count(*) FROM workflow_runs) + (SELECT count(*) FROM workflow_clock_fires)") != [["0"]]


def ended_runs(database):
    """Temporal's ids of the runs that are over; what was never started there, and what another engine ended, is not among them."""
    rows = rows_of(database, "SELECT temporal_workflow_id, coalesce(CAST(error_json AS text), '') FROM workflow_runs"
                             f" WHERE status IN ({', '.join(repr(status) for status in sorted(harness.TERMINAL))})")
    return {workflow for workflow, error in rows if '"stage":"launch"' not in error.replace(" ", "") and "ENGINE_REMOVED" not in error}


def listed_histories(temporal, namespace):
    """[(workflow id, type, status)] of all that Temporal lists of ours, each history of its own."""
    out = subprocess.run(
        [harness.temporal_cli(), "workflow", "list", "--address", temporal, "--namespace", namespace, "--limit", "1000000", "--output", "json",
         "--query", f"WorkflowType IN ('{RUN}', '{FIRE}')"], text=True, capture_output=True, check=True, timeout=harness.PATIENCE_S)
    return [(item["execution"]["workflowId"], item["type"]["name"], item["status"]) for item in json.loads(out.stdout)]


def await_listed(temporal, namespace, ended):
    """The list, once it holds the end of each of these: it lags behind what it tells of."""
    deadline = time.monotonic() + harness.PATIENCE_S
    while True:
        try:
            histories = listed_histories(temporal, namespace)
            missing = ended - {workflow for workflow, _, status in histories if not status.endswith(("_RUNNING", "_CONTINUED_AS_NEW"))}
            if not missing:
                return histories
            why = f"{len(missing)} of {len(ended)} ended runs are missing, {min(missing)} for one"
        except subprocess.CalledProcessError as failure:
            why = failure.stderr
        if time.monotonic() > deadline:
            raise AssertionError(f"Temporal's list of histories is not whole after {harness.PATIENCE_S} s: {why}")
        time.sleep(0.2)


def replay(temporal, data, database, *options, namespace="default"):
    """Has every history that the runs of this database made, and every one that launched them by a clock, replayed cold by the program.

    Fails when they are not all there, when not all of them were replayed, and when one went another way.
    """
    if not has_histories(database):
        return
    began = time.monotonic()
    histories = await_listed(temporal, namespace, ended_runs(database))
    said = subprocess.run([harness.program(), "replay-check", "--data", str(data), "--database", str(database), "--temporal-address", temporal,
                           "--temporal-namespace", namespace, "--recent", "1000000", *options],
                          text=True, capture_output=True, check=False, timeout=10 * harness.PATIENCE_S)
    counts = re.search(r"^(\d+) replayed, (\d+) diverged$", said.stdout, flags=re.MULTILINE)
    if said.returncode != 0 or counts is None or int(counts[1]) < len(histories) or counts[2] != "0":
        raise AssertionError(f"{len(histories)} histories are to be replayed; replay-check says {said.stdout}{said.stderr}")
    fires = sum(kind == FIRE for _, kind, _ in histories)
    print(f"  replay: {counts[1]} histories agree, {fires} of them of fires; {time.monotonic() - began:.1f} s", flush=True)
