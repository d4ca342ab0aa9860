"""A deployment on one machine, every part a process of its own, so that each can be killed alone and comes back as a service
manager would bring it back; and senders that do not give up. Proofs that kill things are made of it: hammer.py, pairs.py, kill.py, clocks.py, people.py.
"""

import contextlib
import http.client
import json
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

from parts import harness
import replays  # of tools, as harness is

DOORS = ("http", "batch", "stream")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def insist(action, accept=lambda _: True):
    """What a careful sender does: again until it is taken. A refusal that will not get better is raised at once."""
    deadline = time.monotonic() + harness.PATIENCE_S
    while True:
        try:
            done = action()
            if accept(done):
                return done
        except harness.Refused as refusal:
            if refusal.status < 500 and refusal.status != 429:
                raise
            done = refusal
        except (OSError, http.client.HTTPException, subprocess.CalledProcessError, json.JSONDecodeError) as failure:
            done = failure
        if time.monotonic() > deadline:
            raise TimeoutError(f"not done in {harness.PATIENCE_S} s: {done}")
        time.sleep(0.05)


class Deployment:
    """PostgreSQL, Temporal, a server, workers and, when events come from a stream, Redis."""

    def __init__(self, exits, workers=1, with_redis=True):
        self.redis = exits.enter_context(harness.redis()) if with_redis else None
        self.database = exits.enter_context(harness.postgres())
        self.folder = pathlib.Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="fermata-deployment-")))
        self.ports = {name: free_port() for name in ("temporal", "server")}
        self.workers = [f"worker-{n + 1}" for n in range(workers)]
        self.processes = {}
        self._lock = threading.Lock()
        self._away = set()
        self._stopping = threading.Event()
        exits.callback(lambda: [process.stop() for process in reversed(list(self.processes.values()))])
        exits.push(self._tell)
        for name in ("temporal", "server", *self.workers):
            self._start(name)
        insist(lambda: socket.create_connection(("127.0.0.1", self.ports["temporal"]), timeout=1).close())
        manager = threading.Thread(target=self._manage)
        exits.callback(manager.join)
        exits.callback(self._stopping.set)
        manager.start()
        self.api = insist(self._read_api)
        exits.push(self._replay)

    def _command(self, name):
        temporal = f"127.0.0.1:{self.ports['temporal']}"
        if name == "temporal":
            return [harness.temporal_cli(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.ports["temporal"]),
                    "--db-filename", str(self.folder / "temporal.db"), "--log-level", "error"]
        common = ["--database", self.database.url, "--data", str(self.folder / name), "--temporal-address", temporal, "--log-level", "warn"]
        if name == "server":
            return [harness.program(), "server", "--port", str(self.ports["server"]), "--rate", "0", *common]
        stream = ["--redis", self.redis.url, "--redis-claim-ms", "500"] if self.redis else []
        return [harness.program(), "worker", "--allow-private-http", "127.0.0.1/32", *stream, *common]

    def _start(self, name):
        if name in self.processes:
            self.processes[name].stop()
        self.processes[name] = harness.Process(self._command(name), self.folder / f"{name}.log")

    def _manage(self):
        """What a service manager does: what ended, or could not start beside an absent part, is started again."""
        while not self._stopping.wait(0.1):
            with self._lock:
                for name in ("temporal", "server", *self.workers):
                    if name not in self._away and self.processes[name].child.poll() is not None:
                        self._start(name)

    def _read_api(self):
        state = json.loads((self.folder / "server" / "server.json").read_text())
        api = harness.Api(state["api"], state["token"], self.folder)
        api.call("GET", "/api/v1/workflows")
        return api

    def kill(self, victim):
        with self._lock:
            self._away.add(victim)
            part = getattr(self, victim) if victim in ("redis", "database") else self.processes[victim]
            part.kill()

    def revive(self, victim):
        """Waits for nothing but the start: who needs a part tries again."""
        if victim in ("redis", "database"):
            getattr(self, victim).start()
        with self._lock:
            self._away.discard(victim)
            if victim not in ("redis", "database"):
                self._start(victim)

    def strike(self, victim, away_s):
        self.kill(victim)
        time.sleep(away_s)
        self.revive(victim)

    def active(self):
        """Runs that go on; nothing while nobody can say."""
        with contextlib.suppress(OSError, http.client.HTTPException, harness.Refused):
            return self.api.call("GET", "/api/v1/run-counts?status=RUNNING,WAITING,PAUSED")["total"]
        return None

    def _replay(self, kind, *_):
        """What was told well so far has histories that agree."""
        if kind is None:
            replays.replay(f"127.0.0.1:{self.ports['temporal']}", self.folder / "server", self.database.url)

    def _tell(self, kind, failure, _):
        """What goes on, what it waits for, and what the parts say."""
        if failure:
            print(f"{kind.__name__}: {failure}", file=sys.stderr)
            with contextlib.suppress(subprocess.CalledProcessError):
                for row in self.database.query(
                        "SELECT w.run_id, w.correlation_key, w.status, w.accepts_from, e.event_id, e.received_at, d.outcome FROM workflow_run_waits w"
                        " JOIN workflow_runs r ON r.run_id = w.run_id AND r.status IN ('RUNNING', 'WAITING') LEFT JOIN workflow_runtime_events e ON"
                        " e.correlation_key = w.correlation_key LEFT JOIN workflow_event_deliveries d ON d.event_id = e.event_id WHERE w.status = 'WAITING'"
                        " ORDER BY 1, 2 LIMIT 40"):
                    print(" ".join(row), file=sys.stderr)
            for name, process in self.processes.items():
                print(f"--- end of {name}.log\n{process.tail(20)}", file=sys.stderr)

    def rows(self, sql):
        return insist(lambda: self.database.query(sql))

    def number(self, sql):
        return int(self.rows(sql)[0][0])

    def all_routed(self):
        """Until every event that came did what it had to do."""
        if self.redis:
            insist(self.redis.is_done, bool)
        for waiting in ("workflow_event_backlog", "workflow_event_deliveries WHERE outcome = 'HELD'"):
            insist(lambda waiting=waiting: self.number(f"SELECT count(*) FROM {waiting}"), lambda left: left == 0)

    def all_ended(self):
        """Until no run goes on, however long it takes while they get on."""
        seen, deadline = None, 0.0
        while True:
            now = self.rows("SELECT count(*) FILTER (WHERE status IN ('RUNNING', 'WAITING', 'PAUSED')), max(sequence), sum(sequence) FROM workflow_runs")[0]
            if now[0] == "0":
                return
            if now != seen:
                seen, deadline = now, time.monotonic() + harness.PATIENCE_S
            if time.monotonic() > deadline:
                raise TimeoutError(f"{now[0]} runs do not get on")
            time.sleep(0.3)

    # -- doors -----------------------------------------------------------------------------------------------------
    def launch(self, workflow, payload, key):
        """However often it is asked for, one run."""
        body = {"payload": payload, "idempotencyKey": key}
        return insist(lambda: self.api.call("POST", f"/api/v1/workflows/{workflow}/runs", body))["runId"]

    def send(self, events, door):
        """Until all are taken; a batch of which some were not is sent again as a whole."""
        if door == "batch":
            insist(lambda: self.api.call("POST", "/api/v1/events/batch", {"events": events}),
                   lambda answer: not any("error" in item for item in answer["items"]))
        elif door == "stream":
            insist(lambda: self.redis.add_all(events))
        else:
            for event in events:
                insist(lambda event=event: self.api.call("POST", "/api/v1/events", event))


@contextlib.contextmanager
def striking(deployment, victims, seed, gap_s, away_s):
    """Kills one of them after the other, in random order at random distances, until the block is left; gives the count of each."""
    struck = dict.fromkeys(victims, 0)
    stopping = threading.Event()

    def strike():
        order = []
        while not stopping.wait(seed.uniform(*gap_s)):
            # Each comes before one comes again.
            order = order or seed.sample(victims, len(victims))
            victim = order.pop()
            deployment.strike(victim, seed.uniform(*away_s))
            struck[victim] += 1

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield struck
    finally:
        stopping.set()
        thread.join()


def read_seed(text):
    """Of a commit, or of this moment."""
    return int(text, 16) if text else random.SystemRandom().getrandbits(28)
