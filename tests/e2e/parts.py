"""What the tests on the real parts are made of.

One `fermata dev` serves all tests of a class. At its end every history that they made is replayed cold against the program
(tools/replays.py): nondeterminism fails the suite. The program's path is the first argument of each file of tests.
"""

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
    os.environ["FERMATA_PROGRAM"] = sys.argv.pop(1)
import harness  # noqa: E402


def expr(source):
    return {"$expr": source}


def assign(step_id, **values):
    return {"id": step_id, "type": "transform.assign",
            "config": {"assign": {f"vars.{name}": expr(source) for name, source in values.items()}}}


def action(step_id, action_id, mapping, **more):
    return {"id": step_id, "type": "action.call",
            "config": {"actionId": action_id, "version": 1, "inputMapping": mapping, **more.pop("config", {})}, **more}


def wait_ms(step_id, duration_ms):
    return {"id": step_id, "type": "time.wait", "config": {"mode": "duration", "durationMs": duration_ms}}


def definition(workflow_id, steps, **more):
    return {"id": workflow_id, "version": 1, "name": workflow_id, "payloadSchemaRef": "payload.Any.v1", "steps": steps, **more}


def event_wait(step_id, name, key, **config):
    return {"id": step_id, "type": "event.wait", "config": {"eventName": name, "correlationKey": expr(key), **config}}


def run_program(*arguments, limit_s=harness.PATIENCE_S, **options):
    return subprocess.run([harness.program(), *map(str, arguments)], text=True, capture_output=True,
                          timeout=limit_s, check=False, **options)


def until(what, accept=bool, pause_s=0.02):
    """What `what` gives as soon as it is accepted."""
    deadline = time.monotonic() + harness.PATIENCE_S
    while not accept(seen := what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come about: {seen}")
        time.sleep(pause_s)
    return seen


def get(address):
    """Status and text that an address answers with to anybody."""
    try:
        with urllib.request.urlopen(address, timeout=harness.PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class OnRealParts(unittest.TestCase):
    """`fermata dev` with its own worker, and the example shop."""

    until = staticmethod(until)

    @classmethod
    def database(cls):
        """Options that choose the database; what it needs is started here."""
        return []

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.addClassCleanup(cls.exits.close)
        cls.options = cls.database()
        cls.where = cls.options if "--database" in cls.options else []
        cls.stack = cls.exits.enter_context(harness.Stack("--allow-private-http", "127.0.0.1/32", *cls.options))
        cls.shop = cls.exits.enter_context(harness.shop(cls.stack.data))

    @classmethod
    def tearDownClass(cls):
        with cls.exits:
            rebuilt = run_program("rebuild", "--all", "--check", "--data", cls.stack.data, *cls.where)
            print(f"{cls.__name__}: {rebuilt.stdout.strip().splitlines()[-1]}" if rebuilt.stdout else rebuilt.stderr)
            if rebuilt.returncode != 0 or not rebuilt.stdout.endswith(" 0 differences\n"):
                raise AssertionError(f"rebuild says {rebuilt.stdout}{rebuilt.stderr}")

    def own_name(self):
        """Of the workflow that `launch` publishes."""
        return self.id().split(".")[-1].replace("_", "-")

    def launch(self, steps, payload=None, **more):
        self.stack.publish_definition(definition(self.own_name(), steps, **more))
        return self.stack.launch(self.own_name(), payload or {})

    def finished(self, steps, payload=None, **more):
        run = self.launch(steps, payload, **more)
        return run, self.stack.wait(run)

    def parked(self, run):
        return self.until(lambda: self.stack.run(run), lambda row: row["status"] == "WAITING")


class OnRealPostgres(OnRealParts):
    """The same on a PostgreSQL of its own."""

    @classmethod
    def database(cls):
        cls.postgres = cls.exits.enter_context(harness.postgres())
        return ["--database", cls.postgres.url]


class LiveReader:
    """Server-sent events of one run, from an open connection that can be cut."""

    def __init__(self, stack, run, after=None):
        host = urllib.parse.urlsplit(stack.api)
        self.connection = http.client.HTTPConnection(host.hostname, host.port, timeout=harness.PATIENCE_S)
        headers = {"Authorization": f"Bearer {stack.token}"} | ({} if after is None else {"Last-Event-ID": str(after)})
        self.connection.request("GET", f"/api/v1/runs/{run}/stream", headers=headers)
        self.answer = self.connection.getresponse()

    def read(self, most=None):
        """Events as (number, name, data), so many or until the end; the last is then ("end")."""
        events, lines = [], []
        while most is None or len(events) < most:
            line = self.answer.readline().decode().rstrip("\n")
            if line.startswith(":"):
                continue
            if line:
                lines.append(line.split(": ", 1))
                continue
            if not lines:
                return events
            fields, lines = dict(lines), []
            events.append((int(fields.get("id", -1)), fields["event"], json.loads(fields["data"])))
            if fields["event"] == "end":
                return events
        return events

    def cut(self):
        self.answer.close()
        self.connection.close()


class TopicReader(LiveReader):
    """Messages of the stream of many topics."""

    def __init__(self, stack, topics, known=None):
        host = urllib.parse.urlsplit(stack.api)
        self.connection = http.client.HTTPConnection(host.hostname, host.port, timeout=harness.PATIENCE_S)
        headers = {"Authorization": f"Bearer {stack.token}"} | ({} if known is None else {"Last-Event-ID": known})
        self.connection.request("GET", f"/api/v1/stream?topics={topics}", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()

    def read(self, most=None, until=lambda topic: False):
        """(id of the message, what it says of a topic), of so many messages, or until the end, or until one fits."""
        found, messages, fields = [], 0, {}
        while most is None or messages < most:
            line = self.answer.readline().decode().rstrip("\n")
            if line and not line.startswith(":"):
                name, value = line.split(": ", 1)
                fields[name] = value
            if line or not fields:
                if not line and self.answer.isclosed():
                    return found
                continue
            if fields["event"] == "end":
                return found
            topics = json.loads(fields["data"])["topics"]
            found += [(fields["id"], topic) for topic in topics]
            messages, fields = messages + 1, {}
            if any(until(topic) for topic in topics):
                return found
        return found
