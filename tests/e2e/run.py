"""End-to-end tests on the real parts: run.py PROGRAM [unittest options].

One `fermata dev` serves all tests of a class. At the end every history that the tests made is replayed cold against the
program: nondeterminism fails the suite.
"""

import base64
import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

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


def run_program(*arguments, **options):
    return subprocess.run([harness.program(), *map(str, arguments)], text=True, capture_output=True,
                          timeout=harness.PATIENCE_S, check=False, **options)


class OnRealParts(unittest.TestCase):
    """`fermata dev` with its own worker, and the example shop."""

    launched = 0

    @classmethod
    def database(cls):
        """Options that choose the database; what it needs is started here."""
        return []

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.options = cls.database()
        cls.stack = cls.exits.enter_context(harness.Stack("--allow-private-http", "127.0.0.1/32", *cls.options))
        cls.shop = cls.exits.enter_context(harness.shop(cls.stack.data))

    @classmethod
    def tearDownClass(cls):
        with cls.exits:
            replayed = run_program("replay-check", "--data", cls.stack.data, "--recent", "1000", *cls.options)
            last = replayed.stdout.strip().splitlines()[-1]
            print(f"{cls.__name__}: {last}")
            if replayed.returncode != 0 or (cls.launched and last.startswith("0 replayed")):
                raise AssertionError(f"replay-check says {replayed.stdout}{replayed.stderr}")

    def launch(self, steps, payload=None, **more):
        name = self.id().split(".")[-1].replace("_", "-")
        self.stack.publish_definition(definition(name, steps, **more))
        type(self).launched += 1
        return self.stack.launch(name, payload or {})

    def finished(self, steps, payload=None, **more):
        run = self.launch(steps, payload, **more)
        return run, self.stack.wait(run)

    def until(self, what, accept):
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            seen = what()
            if accept(seen):
                return seen
            time.sleep(0.02)
        self.fail(f"did not come about: {seen}")

    def parked(self, run):
        return self.until(lambda: self.stack.run(run), lambda row: row["status"] == "WAITING")


class Language(OnRealParts):
    def test_examples_finish(self):
        for file in ("payment-reminder/definition.yaml", "site-check/definition.yaml"):
            self.stack.publish(ROOT / "examples" / file)
        reminder = json.loads((ROOT / "examples/payment-reminder/input.json").read_text()) | {"shopUrl": self.shop}
        check = {"goodMin": 1, "pages": [f"{self.shop}/journal", f"{self.shop}/nothing-here"]}
        row = self.stack.wait(self.stack.launch("payment-reminder", reminder))
        self.assertEqual((row["status"], row["output"]["vars"]["sent"]), ("SUCCEEDED", 2))
        row = self.stack.wait(self.stack.launch("site-check", check))
        self.assertEqual((row["status"], row["output"]["meta"]["state"]), ("SUCCEEDED", "HEALTHY"))
        row = self.stack.wait(self.stack.launch("site-check", check | {"goodMin": 2}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "TOO_MANY_PAGES_DOWN"))

    def test_long_loop_continues_as_new_from_its_depth(self):
        run, row = self.finished([
            assign("start", n="0"),
            {"id": "loop", "type": "control.forEach", "items": expr("[1..700]"), "itemVar": "i",
             "body": [assign("add", n="vars.n + i")]}])
        self.assertEqual((row["status"], row["output"]["vars"]["n"]), ("SUCCEEDED", 245350))
        self.assertEqual(len(self.stack.steps(run)), 702)

    def test_child_runs_are_linked_and_their_errors_wrapped(self):
        self.stack.publish_definition(definition("child", [
            {"id": "if", "type": "control.if", "condition": expr("payload.fails"),
             "then": [action("f", "workflow.fail", {"code": "NO", "message": "as asked"})], "else": [assign("a", out="payload.n * 2")]}]))
        call = {"id": "call", "type": "control.callWorkflow", "workflowId": "child", "workflowVersion": 1,
                "inputMapping": {"n": expr("payload.n"), "fails": expr("payload.fails")}, "outputMapping": {"vars.out": expr("childRun.vars.out")}}
        run, row = self.finished([call], {"n": 21, "fails": False})
        self.assertEqual((row["status"], row["output"]["vars"]["out"]), ("SUCCEEDED", 42))
        children = [r for r in self.stack.call("GET", "/api/v1/runs?workflowId=child&limit=50")["items"] if r.get("parentRunId") == run]
        self.assertEqual([c["status"] for c in children], ["SUCCEEDED"])
        row = self.stack.wait(self.stack.launch(self.id().split(".")[-1].replace("_", "-"), {"n": 1, "fails": True}))
        self.assertEqual((row["status"], row["error"]["category"], row["error"]["details"]["cause"]["code"]),
                         ("FAILED", "ChildWorkflowError", "NO"))

    def test_cancel_closes_waits_children_and_rows(self):
        self.stack.publish_definition(definition("sleeper", [wait_ms("w", 3_600_000)]))
        run = self.launch([{"id": "t", "type": "control.tryCatch", "captureErrorAs": "why", "catch": [assign("caught", c="true")],
                            "try": [{"id": "call", "type": "control.callWorkflow", "workflowId": "sleeper", "workflowVersion": 1}]}])
        def children():
            return [r for r in self.stack.call("GET", "/api/v1/runs?workflowId=sleeper&limit=50")["items"] if r.get("parentRunId") == run]
        self.until(children, lambda rows: [r["status"] for r in rows] == ["WAITING"])
        self.stack.call("POST", f"/api/v1/runs/{run}/cancel", {"reason": "test"})
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")
        self.until(children, lambda rows: [r["status"] for r in rows] == ["CANCELED"])
        child = children()[0]["runId"]
        waits = self.stack.call("GET", f"/api/v1/runs/{child}/waits")["items"]
        self.assertEqual([w["status"] for w in waits], ["CANCELED"])
        self.assertNotIn("caught", [s["definitionStepId"] for s in self.stack.steps(run)])

    def test_event_wait_times_out_as_a_catchable_error(self):
        _, row = self.finished([
            {"id": "t", "type": "control.tryCatch", "captureErrorAs": "why",
             "try": [{"id": "w", "type": "event.wait", "config": {"eventName": "NEVER", "correlationKey": expr('"k"'), "timeoutMs": 200}}],
             "catch": [assign("note", code="vars.why.code")]}])
        self.assertEqual((row["status"], row["output"]["vars"]["code"]), ("SUCCEEDED", "EVENT_TIMEOUT"))

    def test_run_timeout_ends_a_waiting_run(self):
        _, row = self.finished([wait_ms("w", 3_600_000)], runTimeoutMs=300)
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "RUN_TIMEOUT"))

    def test_durable_action_and_finally(self):
        _, row = self.finished([
            {"id": "t", "type": "control.tryCatch", "captureErrorAs": "why", "catch": [assign("c", seen="vars.why.code")],
             "finally": [assign("f", done="true")],
             "try": [action("get", "http.request", {"method": "GET", "url": f"{self.shop}/journal"}, execution="durable",
                            config={"saveAs": "vars.answer"}),
                     action("bad", "workflow.fail", {"code": "LATE", "message": "after the call"})]}])
        self.assertEqual((row["status"], row["output"]["vars"]["seen"], row["output"]["vars"]["done"]), ("SUCCEEDED", "LATE", True))


class OnPostgres(OnRealParts):
    """What touches the database most, on the other one."""

    @classmethod
    def database(cls):
        cls.postgres = cls.exits.enter_context(harness.postgres())
        return ["--database", cls.postgres.url]

    test_long_loop = Language.test_long_loop_continues_as_new_from_its_depth
    test_children = Language.test_child_runs_are_linked_and_their_errors_wrapped
    test_cancel = Language.test_cancel_closes_waits_children_and_rows
    test_ledger = Language.test_durable_action_and_finally

    def test_rows_are_there_and_not_in_a_file(self):
        run, row = self.finished([assign("a", x="1"), wait_ms("w", 20)])
        self.assertEqual(row["status"], "SUCCEEDED")
        self.assertEqual(self.postgres.query(f"SELECT count(*) FROM workflow_run_steps WHERE run_id = '{run}'"), [["2"]])
        self.assertFalse((self.stack.data / "fermata.db").exists())

    def test_a_restarted_database_delays_and_loses_nothing(self):
        run = self.launch([wait_ms("w", 1_000), assign("a", x="1")])
        self.parked(run)
        self.postgres.stop()
        time.sleep(2)
        self.postgres.start()
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([s["status"] for s in self.stack.steps(run)], ["SUCCEEDED", "SUCCEEDED"])


class Replay(OnRealParts):
    def test_a_history_that_went_another_way_is_named_by_its_step(self):
        steps = [{"id": "choice", "type": "control.if", "condition": expr("payload.waits"),
                  "then": [wait_ms("short-wait", 50)],
                  "else": [action("note", "log", {"level": "debug", "message": "no wait"})]}]
        run = self.launch(steps, {"waits": True})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            saved = run_program("replay-check", "--data", self.stack.data, "--save", folder)
            self.assertEqual(saved.returncode, 0, saved)
            file = next(f for f in folder.iterdir() if run in f.read_text())
            source = self.stack.data / "test-a-history-that-went-another-way-is-named-by-its-step.json"
            same = run_program("replay-check", file, "--definition", source)
            self.assertEqual((same.returncode, same.stdout), (0, "1 replayed, 0 diverged\n"), same)
            history = json.loads(file.read_text())
            data = history["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]
            data["data"] = base64.b64encode(base64.b64decode(data["data"]).replace(b'"waits":true', b'"waits":false')).decode()
            other = folder / "other.json"
            other.write_text(json.dumps(history))
            diverged = run_program("replay-check", file, other, "--definition", source)
            self.assertEqual(diverged.returncode, 1, diverged)
            self.assertIn("root.steps[0].else.steps[0] (step `note`)", diverged.stdout)
            self.assertTrue(diverged.stdout.endswith("2 replayed, 1 diverged\n"), diverged)
            unknown = run_program("replay-check", file)
            self.assertEqual(unknown.returncode, 1, unknown)
            self.assertIn("--definition", unknown.stdout)


class BadInput(OnRealParts):
    def refused(self, body, status=400):
        with self.assertRaises(harness.Refused) as caught:
            self.stack.call("POST", "/api/v1/workflows", body)
        self.assertEqual(caught.exception.status, status, caught.exception.problem)
        return caught.exception.problem

    def codes(self, steps):
        problem = self.refused(definition("bad", steps), 422)
        for finding in problem["findings"]:
            self.assertTrue(finding["path"] and finding["message"] and "help" in finding, finding)
        return {finding["code"] for finding in problem["findings"]}

    def validate(self, text, suffix):
        with tempfile.NamedTemporaryFile("w", suffix=suffix) as file:
            file.write(text)
            file.flush()
            return run_program("validate", file.name)

    def test_broken_json_and_yaml_say_where(self):
        said = self.validate('{"id": "x",\n "steps": [}', ".json")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("line 2", said.stdout + said.stderr)
        said = self.validate("id: x\nsteps: [\n", ".yaml")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("YAML", said.stdout + said.stderr)

    def test_all_findings_come_at_once(self):
        codes = self.codes([
            assign("a", x="1 +"), assign("a", y="2"), {"id": "u", "type": "control.unknown"},
            action("n", "no.such_action", {})])
        self.assertLessEqual({"EXPRESSION_INVALID", "DUPLICATE_STEP_ID", "UNKNOWN_NODE_TYPE", "UNKNOWN_ACTION"}, codes)

    def test_50_megabytes_are_refused_at_the_door(self):
        with self.assertRaises((harness.Refused, OSError)) as caught:
            self.stack.call("POST", "/api/v1/workflows", {"id": "x" * 50_000_000})
        if isinstance(caught.exception, harness.Refused):
            self.assertEqual(caught.exception.status, 413)
        said = self.validate(json.dumps(definition("big", [assign("a", x='"' + "x" * 50_000_000 + '"')])), ".json")
        self.assertNotEqual(said.returncode, 0)
        self.assertIn("bytes", said.stdout + said.stderr)

    def test_10000_nested_ifs_are_refused(self):
        text = "".join('{"id":"s%d","type":"control.if","condition":{"$expr":"true"},"then":[' % i for i in range(10_000))
        text = '{"id":"deep","version":1,"name":"d","payloadSchemaRef":"payload.Any.v1","steps":[' + text + "]}" * 10_000 + "]}"
        said = self.validate(text, ".json")
        self.assertEqual(said.returncode, 1, said.stderr[:300])
        self.assertIn("deep", (said.stdout + said.stderr).lower())

    def test_a_definition_changed_behind_its_hash_fails_the_run(self):
        self.stack.publish_definition(definition("tampered", [assign("a", x="1")]))
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            changed = db.execute("UPDATE workflow_definition_versions SET definition_json = replace(definition_json, '\"1\"', '\"2\"')"
                                 " WHERE workflow_id = 'tampered'").rowcount
        self.assertEqual(changed, 1)
        row = self.stack.wait(self.stack.launch("tampered", {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "DEFINITION_HASH_MISMATCH"))

    def test_a_locked_database_delays_and_loses_nothing(self):
        run = self.launch([wait_ms("w", 500), assign("a", x="1")])
        self.parked(run)
        db = sqlite3.connect(self.stack.data / "fermata.db", timeout=10, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        time.sleep(2)
        db.execute("ROLLBACK")
        db.close()
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([s["status"] for s in self.stack.steps(run)], ["SUCCEEDED", "SUCCEEDED"])

    def test_an_absent_server_is_named_with_help(self):
        said = run_program("publish", "--server", "http://127.0.0.1:9", "--token", "t", ROOT / "examples/order-flow/definition.json")
        self.assertEqual(said.returncode, 3, said)
        self.assertIn("fermata dev", said.stderr)
        with tempfile.TemporaryDirectory() as data:
            said = run_program("worker", "--data", data, "--temporal-address", "127.0.0.1:9")
        self.assertEqual(said.returncode, 3, said)
        self.assertIn("TEMPORAL_UNAVAILABLE", said.stderr)


class Restart(unittest.TestCase):
    def test_dev_keeps_its_data_over_a_restart(self):
        with tempfile.TemporaryDirectory(prefix="fermata-") as data:
            with harness.Stack(data=data) as stack:
                stack.publish_definition(definition("sleeps", [wait_ms("w", 4_000), assign("a", x="1")]))
                run = stack.launch("sleeps", {})
                deadline = time.monotonic() + harness.PATIENCE_S
                while stack.run(run)["status"] != "WAITING":
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.02)
            with harness.Stack(data=data) as stack:
                row = stack.wait(run)
                self.assertEqual((row["status"], row["output"]["vars"]["x"]), ("SUCCEEDED", 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
