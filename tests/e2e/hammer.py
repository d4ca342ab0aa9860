"""Hammer: real Temporal, PostgreSQL and Redis under random timing: hammer.py PROGRAM [SECONDS [SEED]].

Rounds until the time is over. A schedule is one run that waits for three events in turn, with everything that its seed says: how
long each event is late or early, through which door it comes (HTTP, a batch, the stream), how often it is repeated. Between the
rounds and in them something is killed at once: the worker with the stream's reader, the server, Redis, PostgreSQL or Temporal. At the end every run must have succeeded, each event must have been taken once. Prints the seed first and the count last; CI gives each commit a seed of its own, so counts add up.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
if len(sys.argv) > 1:
    os.environ["FERMATA_PROGRAM"] = sys.argv[1]
import harness  # noqa: E402

WAITS, RUNS_PER_ROUND = 3, 40
VICTIMS = ("worker", "server", "redis", "database", "temporal")


def definition():
    return {"id": "hammered", "version": 1, "name": "hammered", "payloadSchemaRef": "payload.Any.v1", "steps": [
        {"id": f"w{n}", "type": "event.wait", "config": {
            "eventName": "HAMMER", "correlationKey": {"$expr": f'payload.key & ":{n}"'}, "lookbackMs": 3_600_000}}
        for n in range(WAITS)]}


class Parts:
    """Every part a process of its own, so that each can be killed alone."""

    def __init__(self, exits):
        self.redis = exits.enter_context(harness.redis())
        self.database = exits.enter_context(harness.postgres())
        self.folder = pathlib.Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="fermata-hammer-")))
        self.ports = {name: free_port() for name in ("temporal", "server")}
        self.processes = {}
        exits.callback(lambda: [process.stop() for process in self.processes.values()])
        for name in ("temporal", "server", "worker"):
            self.start(name)
        self.api = self.read_api()

    def start(self, name):
        """Waits for nothing but the start: who needs a part tries again."""
        common = ["--database", self.database.url, "--data", str(self.folder / name), "--temporal-address",
                  f"127.0.0.1:{self.ports['temporal']}", "--log-level", "error"]
        command = {
            "temporal": [harness.temporal_cli(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.ports["temporal"]),
                         "--db-filename", str(self.folder / "temporal.db"), "--log-level", "error"],
            "server": [harness.program(), "server", "--port", str(self.ports["server"]), *common],
            "worker": [harness.program(), "worker", "--redis", self.redis.url, "--redis-claim-ms", "500", *common],
        }[name]
        if name in self.processes:
            self.processes[name].stop()
        self.processes[name] = harness.Process(command, self.folder / f"{name}.log")
        if name == "temporal":
            insist(lambda: socket.create_connection(("127.0.0.1", self.ports["temporal"]), timeout=1).close())

    def tend(self):
        """What a service manager does: a part that could not start beside an absent one is started again."""
        for name in ("server", "worker"):
            if self.processes[name].child.poll() is not None:
                self.start(name)

    def read_api(self):
        def read():
            self.tend()
            state = json.loads((self.folder / "server" / "server.json").read_text())
            api = harness.Api(state["api"], state["token"], self.folder)
            api.call("GET", "/api/v1/workflows")
            return api
        return insist(read)

    def strike(self, victim, seed):
        """Kills and starts again, at a moment that the seed says."""
        time.sleep(seed.uniform(0, 0.4))
        if victim in ("redis", "database"):
            part = getattr(self, victim)
            part.kill()
            time.sleep(seed.uniform(0, 0.4))
            part.start()
        else:
            self.processes[victim].kill()
            time.sleep(seed.uniform(0, 0.4))
            self.start(victim)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def insist(action, accept=lambda _: True):
    """What a careful sender does: again until it is taken."""
    deadline = time.monotonic() + harness.PATIENCE_S
    done = None
    while True:
        try:
            done = action()
            if accept(done):
                return done
        except (OSError, harness.Refused, subprocess.CalledProcessError, json.JSONDecodeError) as failure:
            done = failure
        if time.monotonic() > deadline:
            raise TimeoutError(f"not done in {harness.PATIENCE_S} s: {done}")
        time.sleep(0.05)


def send(parts, event, door):
    if door == "http":
        insist(lambda: parts.api.call("POST", "/api/v1/events", event))
    elif door == "batch":
        insist(lambda: parts.api.call("POST", "/api/v1/events/batch", {"events": [event]}),
               lambda answer: "error" not in answer["items"][0])
    else:
        insist(lambda: parts.redis.add(event))


def play(parts, seed, key):
    """One schedule: launch, events early, late, twice, out of order."""
    moments = []
    for n in range(WAITS):
        event = {"eventId": f"{key}:{n}", "eventName": "HAMMER", "correlationKey": f"{key}:{n}", "payload": {"n": n}}
        for _ in range(seed.choice((1, 1, 2))):
            moments.append((seed.uniform(0, 0.5), event, seed.choice(("http", "batch", "stream"))))
    launch_at = seed.uniform(0, 0.25)
    run, began = None, time.monotonic()
    for at, event, door in sorted(moments + [(launch_at, None, "")], key=lambda moment: moment[0]):
        time.sleep(max(0.0, began + at - time.monotonic()))
        if event is None:
            run = insist(lambda: parts.api.launch("hammered", {"key": key}))
        else:
            send(parts, event, door)
    return run


def check(parts, runs):
    for run, key in runs:
        row = insist(lambda run=run: parts.api.run(run), lambda row: row["status"] in harness.TERMINAL)
        if row["status"] != "SUCCEEDED":
            raise AssertionError(f"run {run} is {row['status']}: {row['error']}")
        waits = insist(lambda run=run: parts.api.call("GET", f"/api/v1/runs/{run}/waits"),
                       lambda page: all(w["status"] == "RESOLVED" for w in page["items"]) and len(page["items"]) == WAITS)["items"]
        taken = sorted(w["matchedEventId"] for w in waits)
        if taken != sorted(f"{key}:{n}" for n in range(WAITS)):
            raise AssertionError(f"run {run} took {taken}")


def main():
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    first = int(sys.argv[3], 16) if len(sys.argv) > 3 else int(time.time())
    print(f"hammer: seed {first:x}", flush=True)
    schedules, strikes, round_number = 0, dict.fromkeys(VICTIMS, 0), 0
    with contextlib.ExitStack() as exits:
        parts = Parts(exits)
        insist(lambda: parts.api.publish_definition(definition()))
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(RUNS_PER_ROUND) as pool:
            while time.monotonic() - began < seconds or round_number < len(VICTIMS):
                seed = random.Random(first * 1_000 + round_number)
                victim = VICTIMS[round_number % len(VICTIMS)]
                keys = [f"{first:x}-{round_number}-{n}" for n in range(RUNS_PER_ROUND)]
                launched = [pool.submit(play, parts, random.Random(seed.random()), key) for key in keys]
                parts.strike(victim, seed)
                parts.tend()
                check(parts, [(run.result(), key) for run, key in zip(launched, keys)])
                strikes[victim] += 1
                schedules += RUNS_PER_ROUND
                round_number += 1
        deadline = time.monotonic() + harness.PATIENCE_S
        while (left := parts.database.query("SELECT count(*) FROM workflow_event_backlog")[0][0]) != "0":
            if time.monotonic() > deadline:
                raise AssertionError(f"{left} events are not routed")
            time.sleep(0.2)
        events = int(parts.database.query("SELECT count(*) FROM workflow_runtime_events")[0][0])
        if events != schedules * WAITS:
            raise AssertionError(f"{events} events are stored, {schedules * WAITS} were sent")
        pending = insist(parts.redis.pending, lambda count: count == 0)
    killed = ", ".join(f"{victim} {count}" for victim, count in strikes.items())
    print(f"hammer: ok {schedules} schedules, {events} events, 0 lost, 0 double, {pending} pending; struck: {killed}; seed {first:x}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
