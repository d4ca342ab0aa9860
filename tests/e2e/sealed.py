"""What is sealed, and what no sink may show: sealed.py PROGRAM [unittest options]."""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import re
import sqlite3
import tempfile
import threading
import unittest
from unittest import mock

from parts import LiveReader, OnRealParts, OnRealPostgres, action, assign, definition, event_wait, expr

MARK = "for-the-home-tenant-only"


def every_text(value):
    """All texts in a JSON value, those in base64 decoded, too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from every_text(item)
    elif isinstance(value, list):
        for item in value:
            yield from every_text(item)
    elif isinstance(value, str):
        yield value
        with contextlib.suppress(ValueError):
            yield base64.b64decode(value, validate=True).decode("latin-1")


class Sealed(OnRealParts):
    """What Temporal keeps is sealed; keys rotate while runs wait."""

    OLD, NEW, OTHER = "a1" * 32, "b2" * 32, "c3" * 32

    @classmethod
    def database(cls):
        folder = pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory()))
        cls.keys = folder / "payload.keys"
        cls.keys.write_text(cls.OLD + "\n")
        # Also for the commands that look at everything in the end.
        cls.exits.enter_context(mock.patch.dict(os.environ, FERMATA_PAYLOAD_KEYS=str(cls.keys)))
        return []

    @classmethod
    def tearDownClass(cls):
        cls.keys.write_text(f"{cls.NEW}\n{cls.OLD}\n{cls.OTHER}\n")
        super().tearDownClass()

    def restart(self, *keys):
        self.stack.stop()
        self.keys.write_text("".join(key + "\n" for key in keys))
        self.stack.start()

    def key_ids(self, run):
        return {text for event in self.stack.history(run) for text in every_text(event) if re.fullmatch("[0-9a-f]{16}", text)}

    def test_no_plaintext_is_in_temporal(self):
        self.stack.publish_definition(definition("inner", [assign("a", got="payload.mark"), {"id": "r", "type": "control.return"}]))
        run = self.launch([
            {"id": "loop", "type": "control.forEach", "items": expr("[1..260]"), "itemVar": "i", "body": [assign("add", n="payload.mark & i")]},
            action("quiet", "log", {"level": "info", "message": "nothing"}),
            action("keep", "store.set", {"key": "k", "value": expr("payload.mark")}),
            {"id": "child", "type": "control.callWorkflow", "workflowId": "inner", "workflowVersion": 1, "inputMapping": {"mark": expr("payload.mark")}},
            event_wait("w", "SEALED", "payload.mark"),
            {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr("payload.mark")}},
            action("f", "workflow.fail", {"code": "NO", "message": expr("payload.mark")})], {"mark": MARK})
        self.until(lambda: self.stack.call("GET", f"/api/v1/runs/{run}")["currentWait"], bool)
        self.stack.call("POST", "/api/v1/events", {"eventName": "SEALED", "correlationKey": MARK, "payload": {"mark": MARK}})
        task = self.until(lambda: self.stack.call("GET", f"/api/v1/tasks?runId={run}")["items"], bool)[0]["taskId"]
        self.stack.call("POST", f"/api/v1/runs/{run}/evaluate", {"source": "payload.mark"})
        self.stack.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"mark": MARK}})
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["error"]["code"], row["error"]["message"]), ("FAILED", "NO", MARK))
        child = self.stack.call("GET", f"/api/v1/runs?parentRunId={run}")["items"][0]["runId"]
        seen = 0
        for one in (run, child):
            for event in self.stack.history(one):
                for text in every_text(event):
                    self.assertNotIn(MARK, text, event)
                    seen += 1
        self.assertGreater(seen, 200)
        raw = b"".join(file.read_bytes() for file in self.stack.data.glob("temporal.db*"))
        self.assertNotIn(MARK.encode(), raw)
        self.assertIn(b"binary/encrypted", raw)

    def test_keys_rotate_while_runs_wait(self):
        self.restart(self.OLD)
        run = self.launch([event_wait("w", "ROTATED", '"key"'), assign("a", kept="payload.n")], {"n": 7})
        self.parked(run)
        before = self.key_ids(run)
        self.restart(self.NEW, self.OLD)
        self.stack.call("POST", "/api/v1/events", {"eventName": "ROTATED", "correlationKey": "key", "payload": {}})
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["kept"]), ("SUCCEEDED", 7))
        self.assertEqual(len(before), 1)
        self.assertEqual(len(self.key_ids(run)), 2)

    def test_a_worker_without_the_key_lets_the_run_wait(self):
        self.restart(self.NEW, self.OLD)
        run = self.launch([event_wait("w", "AWAITED", '"other"'), assign("a", kept="payload.n")], {"n": 8})
        self.parked(run)
        self.restart(self.OTHER)
        self.stack.call("POST", "/api/v1/events", {"eventName": "AWAITED", "correlationKey": "other", "payload": {}})
        self.until(lambda: [event for event in self.stack.history(run) if event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED"], bool)
        self.assertEqual(self.stack.run(run)["status"], "WAITING")
        self.restart(self.NEW, self.OLD, self.OTHER)
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["kept"]), ("SUCCEEDED", 8))


class Redaction:
    """Secrets are planted everywhere, and looked for at every sink; on each database."""

    VAULT = "planted-in-the-vault-4711"
    NAMED = "planted-by-its-name-4712"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=cls.echo.serve_forever, daemon=True).start()
        cls.exits.callback(cls.echo.server_close)
        cls.exits.callback(cls.echo.shutdown)
        cls.echo_url = f"http://127.0.0.1:{cls.echo.server_port}/"

    def test_no_sink_has_what_was_planted(self):
        home = self.stack
        home.call("PUT", "/api/v1/secrets/PLANTED", {"value": self.VAULT, "description": "planted"})
        key = home.call("POST", "/api/v1/api-keys", {"name": "planted", "role": "admin"})["key"]
        planted = {"password": self.NAMED, "inner": [{"apiToken": self.NAMED, "plain": "seen"}]}
        home.publish_definition(definition("planted", [
            action("say", "log", {"level": "warn", "message": {"$secret": "PLANTED"}}),
            action("call", "http.request", {"url": self.echo_url, "method": "POST", "headers": {"X-Key": {"$secret": "PLANTED"}},
                                            "body": {"password": expr("payload.password")}}, config={"saveAs": "vars.answer"}),
            {"id": "guard", "type": "control.tryCatch", "captureErrorAs": "why", "catchOn": ["HTTP_410"],
             "try": [action("gone", "http.request", {"url": self.echo_url + "gone", "headers": {"X-Key": {"$secret": "PLANTED"}}})], "catch": []},
            event_wait("w", "PLANTED", '"planted"'),
            {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr('"planted"'), "contextData": {"given": expr("payload")}}}]))
        run = home.launch("planted", planted)
        self.until(lambda: home.run(run), lambda row: row["status"] in ("WAITING", "FAILED"))
        self.assertEqual(home.run(run)["status"], "WAITING", home.run(run))
        self.assertIn(self.VAULT, Echo.seen)
        event = home.call("POST", "/api/v1/events", {"eventName": "PLANTED", "correlationKey": "planted", "payload": planted})["eventId"]
        task = self.until(lambda: home.call("GET", f"/api/v1/tasks?runId={run}")["items"], bool)[0]["taskId"]
        answers = {}
        for path in ("/runs", f"/runs/{run}", f"/runs/{run}/steps", f"/runs/{run}/waits", f"/runs/{run}/invocations", f"/runs/{run}/aggregates",
                     f"/runs/{run}/timeline", f"/runs/{run}/diagnosis", *(f"/runs/{run}/value?of={of}" for of in ("input", "payload", "vars")), "/events", f"/events/{event}",
                     f"/events/{event}/explain", "/tasks", f"/tasks/{task}", "/secrets", "/api-keys", "/audit", "/bundle", "/workflows/planted"):
            answers[path] = json.dumps(home.call("GET", "/api/v1" + path))
        for source in ("payload", "vars", "$"):
            answers["evaluate " + source] = json.dumps(home.call("POST", f"/api/v1/runs/{run}/evaluate", {"source": source}))
        home.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"password": self.NAMED}})
        self.assertEqual(home.wait(run)["status"], "SUCCEEDED", home.run(run))
        for form in ("json", "csv"):
            answers["export " + form] = home.cli("runs", "export", run, "--format", form).stdout
        answers["run at its end"] = json.dumps(home.run(run))
        reader = LiveReader(home, run)
        answers["stream"] = json.dumps(reader.read())
        reader.cut()
        for what, text in answers.items():
            self.assertGreater(len(text), 2, what)
            for secret in (self.VAULT, self.NAMED, key, key.rsplit("_", 1)[1], home.token):
                self.assertNotIn(secret, text, what)
        log = (home.data / "dev.log").read_text(errors="replace")
        self.assertIn("[REDACTED]", log)
        for secret in (self.VAULT, self.NAMED, key.rsplit("_", 1)[1]):
            self.assertNotIn(secret, log)
        # Rows: nothing of the vault and of keys anywhere; what is named as secret in inputs and events only, which keep the original.
        for table, text in self.tables().items():
            self.assertNotIn(self.VAULT, text, table)
            self.assertNotIn(key.rsplit("_", 1)[1], text, table)
            if table not in ("workflow_runs", "workflow_runtime_events"):
                self.assertNotIn(self.NAMED, text, table)
        history = json.dumps([list(every_text(part)) for part in home.history(run)])
        self.assertNotIn(self.VAULT, history)


class Echo(http.server.BaseHTTPRequestHandler):
    """Repeats what it is told, as careless services do."""

    seen = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        said = {"youSent": dict(self.headers), "bytes": len(body), "text": f"your key is {self.headers['X-Key']}!"}
        type(self).seen += json.dumps(said)
        self.send_response(410 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


class RedactionOnSqlite(Redaction, OnRealParts):
    def tables(self):
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: repr(db.execute(f"SELECT * FROM {name}").fetchall()) for name in names}


class RedactionOnPostgres(Redaction, OnRealPostgres):
    def tables(self):
        names = [row[0] for row in self.postgres.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: repr(self.postgres.query(f"SELECT * FROM {name}")) for name in names}


if __name__ == "__main__":
    unittest.main(verbosity=2)
