"""Starts the real parts for demos, benchmarks and end-to-end tests, and talks to them. Standard library only.

Everything runs on loopback with free ports; everything that is started is stopped by process id, also when the caller fails:

    with Stack() as stack:
        stack.publish("examples/order-flow/definition.json")
        run = stack.launch("order-flow", {...})
        stack.wait(run)

A stack that ends well has every history that it made replayed cold: nondeterminism fails whoever started it.
"""

import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TERMINAL = {"SUCCEEDED", "FAILED", "CANCELED"}
# Long enough for a loaded machine with two cores; nothing here passes or fails by speed.
PATIENCE_S = 120


class Refused(Exception):
    """The API said no; carries the problem document."""

    def __init__(self, status, problem):
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


def program():
    """The release program; built by `./dev build`."""
    path = pathlib.Path(os.environ.get("FERMATA_PROGRAM", ROOT / "build" / "release" / "fermata"))
    if not path.exists():
        sys.exit(f"{path} is missing: run ./dev build first")
    return str(path)


def temporal_cli():
    """The Temporal CLI: on PATH, else where bootstrap put it."""
    found = shutil.which("temporal")
    if found:
        return found
    cache = os.environ.get("FERMATA_CACHE", os.path.expanduser("~/.cache/fermata"))
    path = os.path.join(cache, "tools", "bin", "temporal")
    if not os.path.exists(path):
        sys.exit("the Temporal CLI is missing: run ./dev bootstrap first")
    return path


class Process:
    """A child process with its output in a file; stop() ends it by its id."""

    def __init__(self, command, log, **more):
        self.log_path = log
        self._log = open(log, "ab")
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, cwd=ROOT, **more)

    def first_line(self, accept):
        """Reads standard output until accept(line) gives something; the rest goes on to the log."""
        for raw in self.child.stdout:
            self._log.write(raw)
            self._log.flush()
            taken = accept(raw.decode(errors="replace").strip())
            if taken is not None:
                threading.Thread(target=self._drain, daemon=True).start()
                return taken
        raise RuntimeError(f"{self.child.args[0]} ended before it was ready:\n{self.tail()}")

    def _drain(self):
        with contextlib.suppress(ValueError, OSError):
            for raw in self.child.stdout:
                self._log.write(raw)

    def tail(self, lines=40):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def kill(self):
        """SIGKILL: what a power cut does."""
        self.child.kill()
        self.child.wait()

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child.stdout.close()
        self._log.close()


class Api:
    """The API of a running server; definitions are written to `data` on their way."""

    def __init__(self, api, token, data):
        self.api, self.token, self.data = api, token, pathlib.Path(data)

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.api + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                problem = json.loads(text)
            except ValueError:
                problem = text.decode(errors="replace")
            raise Refused(error.code, problem) from None

    def cli(self, *arguments, check=True):
        env = dict(os.environ, FERMATA_SERVER=self.api, FERMATA_TOKEN=self.token)
        return subprocess.run([program(), *arguments], env=env, cwd=ROOT, text=True, capture_output=True,
                              check=check, timeout=PATIENCE_S)

    def publish(self, file):
        self.cli("publish", str(file))

    def publish_definition(self, definition):
        path = self.data / f"{definition['id']}.json"
        path.write_text(json.dumps(definition))
        self.publish(path)

    def launch(self, workflow, payload):
        return self.call("POST", f"/api/v1/workflows/{workflow}/runs", {"payload": payload})["runId"]

    def run(self, run_id):
        return self.call("GET", f"/api/v1/runs/{run_id}")

    def steps(self, run_id):
        rows, cursor = [], ""
        while True:
            page = self.call("GET", f"/api/v1/runs/{run_id}/steps?limit=500{cursor}")
            rows += page["items"]
            if not page.get("nextCursor"):
                return rows
            cursor = f"&cursor={page['nextCursor']}"

    def wait(self, run_id):
        """Until the run's row is terminal; gives the row."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            row = self.run(run_id)
            if row["status"] in TERMINAL:
                return row
            time.sleep(0.05)
        raise TimeoutError(f"run {run_id} is still {row['status']} after {PATIENCE_S} s")


class Stack(Api):
    """`fermata dev` on a directory of its own, with or without the worker inside it. Benchmarks, which prove nothing, replay nothing."""

    def __init__(self, *options, data=None, worker=True, replays=True):
        self._own_data = data is None
        super().__init__(None, None, data or tempfile.mkdtemp(prefix="fermata-"))
        self._options = list(options)
        self._worker = worker
        self._replays = replays
        self.dev = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, failure, *_):
        is_well = False
        try:
            if failure is None and self._replays:
                self.replay()
            is_well = failure is None
        finally:
            if not is_well and self.dev:
                print(f"--- end of {self.dev.log_path}\n{self.dev.tail()}", file=sys.stderr)
            self.stop()
            if self._own_data and is_well:
                shutil.rmtree(self.data, ignore_errors=True)

    def replay(self):
        """Every history so far. Who has stopped the stack has it started again for that."""
        import replays  # which is made of what is here

        said = dict(zip(self._options, self._options[1:]))
        database = said.get("--database", self.data / "fermata.db")
        if not replays.has_histories(database):
            return
        if self.dev is None or self.dev.child.poll() is not None:
            self.stop()
            self.start()
        keys = ["--payload-keys", said["--payload-keys"]] if "--payload-keys" in said else []
        replays.replay(self.temporal, self.data, database, *keys, namespace=self.namespace)

    def start(self):
        command = [program(), "dev", "--data", str(self.data), "--port", "0", "--print-json"]
        if not self._worker:
            command.append("--no-worker")
        self.dev = Process(command + self._options, self.data / "dev.log")
        ready = self.dev.first_line(lambda line: json.loads(line) if line.startswith("{") else None)
        self.api, self.token = ready["api"], ready["token"]
        self.temporal, self.namespace = ready["temporal"], ready["namespace"]

    def stop(self):
        if self.dev:
            self.dev.stop()
            self.dev = None

    # -- Temporal itself -------------------------------------------------------------------------------------------
    def describe(self, run_id):
        """(history events, state transitions, status) as Temporal counts them."""
        out = subprocess.run(
            [temporal_cli(), "workflow", "describe", "--address", self.temporal, "--namespace", self.namespace,
             "--workflow-id", f"workflow-runtime-v2:run:{run_id}", "--output", "json"],
            text=True, capture_output=True, check=True, timeout=PATIENCE_S)
        info = json.loads(out.stdout)["workflowExecutionInfo"]
        return int(info["historyLength"]), int(info["stateTransitionCount"]), info["status"]

    def history(self, run_id):
        """The events of the run's history, as the Temporal CLI prints them."""
        out = subprocess.run(
            [temporal_cli(), "workflow", "show", "--address", self.temporal, "--namespace", self.namespace,
             "--workflow-id", f"workflow-runtime-v2:run:{run_id}", "--output", "json"],
            text=True, capture_output=True, check=True, timeout=PATIENCE_S)
        return json.loads(out.stdout)["events"]


# The dev server's limiter keys, raised: as shipped they let 20 transfer tasks a second through a shard.
RAISED = [option for queue in ("transfer", "timer", "visibility")
          for option in ("--dynamic-config", f"history.{queue}ProcessorMaxPollRPS=2000")]


def chain(steps):
    """A definition of that many short actions in a row."""
    return {"id": "chain", "version": 1, "name": "chain", "payloadSchemaRef": "payload.Any.v1", "steps": [
        {"id": f"s{i}", "type": "action.call",
         "config": {"actionId": "log", "version": 1, "inputMapping": {"level": "debug", "message": f"step {i}"}}}
        for i in range(steps)]}


class Worker:
    """A worker beside a stack, as a process of its own."""

    def __init__(self, stack, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.metrics = f"http://{address}/metrics"  # of the Temporal client in it
        self._process = Process([program(), "worker", "--data", str(stack.data), "--temporal-address", stack.temporal, "--log-level", "warn",
                                 "--metrics-address", address, *options], stack.data / "worker.log")

    @property
    def pid(self):
        return self._process.child.pid

    def kill(self):
        self._process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stop()


class Postgres:
    """A PostgreSQL server in a folder of its own, on a unix socket; as root it runs as another user."""

    @staticmethod
    def programs():
        """The folder with the newest ones."""
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            sys.exit("PostgreSQL is missing: run ./dev bootstrap first")
        return programs[-1].parent

    def __init__(self):
        self._programs = self.programs()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fermata-pg-"))
        self._as = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.url = f"postgresql://fermata@/postgres?host={urllib.parse.quote(str(self.folder), safe='')}"
        subprocess.run([self._programs / "initdb", "-D", self.folder / "data", "-U", "fermata", "-A", "trust", "-E", "UTF8",
                        "--no-locale", "--no-sync"], cwd="/", check=True, stdout=subprocess.DEVNULL, **self._as)
        self._server = None

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses="],
                cwd="/", stdout=log, stderr=log, **self._as)
        deadline = time.monotonic() + PATIENCE_S
        while subprocess.run([self._programs / "pg_isready", "-q", "-d", self.url], check=False).returncode != 0:
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL does not start:\n" + (self.folder / "server.log").read_text())
            time.sleep(0.05)

    def stop(self):
        """As an operator does: connections are cut, nothing is lost."""
        if self._server:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(timeout=PATIENCE_S)
            self._server = None

    def kill(self):
        """SIGKILL to every process of it, as a power cut; the next start recovers."""
        children = pathlib.Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text().split()
        self._server.kill()
        self._server.wait(timeout=PATIENCE_S)
        self._server = None
        for child in map(int, children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        # A new one refuses the folder while any of the old ones lives.
        deadline = time.monotonic() + PATIENCE_S
        while any(lives(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.01)

    def age(self, segments=24):
        """Segments of the log to use again, as every server has them that has run for a while: a new one fills 16 MB with zeros."""
        self.query("ALTER SYSTEM SET min_wal_size = '512MB'")
        self.query("SELECT pg_reload_conf()")
        for _ in range(segments):
            self.query("SELECT pg_logical_emit_message(false, 'age', ''), pg_switch_wal()")
        self.query("CHECKPOINT")

    def query(self, sql):
        """The rows, as lists of texts."""
        return psql(self.url, sql)


def psql(url, sql):
    out = subprocess.run([Postgres.programs() / "psql", "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
                         text=True, capture_output=True, check=True, timeout=PATIENCE_S)
    return [line.split("\t") for line in out.stdout.splitlines()]


@contextlib.contextmanager
def postgres():
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


class Redis:
    """A redis-server on a free loopback port, in a folder of its own; every write is on disk before it is answered."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fermata-redis-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._server = None

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self._server = subprocess.Popen(
                ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder), "--appendonly", "yes",
                 "--appendfsync", "always"], stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError):
                if self.call("PING") == "PONG":
                    return
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Redis does not start:\n" + (self.folder / "server.log").read_text())
            time.sleep(0.01)

    def kill(self):
        self._server.kill()
        self._server.wait()

    def stop(self):
        if self._server.poll() is None:
            self.kill()

    def call(self, *words):
        """One command; a refusal raises."""
        return self.call_all([words])[0]

    def call_all(self, commands):
        """All of them in one breath; a refusal raises."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as wire:
            for words in commands:
                parts = [str(word).encode() for word in words]
                wire.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            file = wire.makefile("rb")
            return [self._read(file) for _ in commands]

    def _read(self, file):
        head = file.readline().decode().rstrip("\r\n")
        if not head or head[0] == "-":
            raise ConnectionError(head or "closed")
        if head[0] == "+":
            return head[1:]
        count = int(head[1:])
        if head[0] == ":":
            return count
        if count < 0:
            return None
        if head[0] == "$":
            return file.read(count + 2)[:-2].decode(errors="replace")
        return [self._read(file) for _ in range(count)]

    def add(self, event, stream="fermata:events"):
        return self.add_all([event], stream)[0]

    def add_all(self, events, stream="fermata:events"):
        return self.call_all([("XADD", stream, "*", "event", json.dumps(event)) for event in events])

    def is_done(self, stream="fermata:events", group="fermata"):
        """Whether every message was taken and finished. (The lag that Redis tells may be nothing after a restart.)"""
        def named(words):
            return dict(zip(words[::2], words[1::2]))

        newest = named(self.call("XINFO", "STREAM", stream))["last-generated-id"]
        groups = [named(words) for words in self.call("XINFO", "GROUPS", stream)]
        return any((found["name"], found["last-delivered-id"], found["pending"]) == (group, newest, 0) for found in groups)

    def pending(self, stream="fermata:events", group="fermata"):
        return self.call("XPENDING", stream, group)[0]


@contextlib.contextmanager
def redis():
    server = Redis()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@contextlib.contextmanager
def shop(directory, *options):
    """The example shop with its journal in `directory`; gives its address."""
    command = [sys.executable, str(ROOT / "examples/shop/server.py"), "--journal", str(directory / "shop.jsonl"), *options]
    process = Process(command, directory / "shop.log")
    try:
        yield process.first_line(lambda line: line.split()[-1] if "listening on" in line else None)
    finally:
        process.stop()


def journal(address):
    with urllib.request.urlopen(address + "/journal", timeout=10) as answer:
        return json.load(answer)


def lives(pid):
    """Whether the process goes on; one that only its parent has not taken note of does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def resident_mib(pid, field="VmHWM"):
    """Peak (VmHWM) or current (VmRSS) resident memory of a process, in MiB."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} for process {pid}")
