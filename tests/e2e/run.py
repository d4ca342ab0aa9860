"""End-to-end tests on the real parts: run.py PROGRAM [unittest options].

One `fermata dev` serves all tests of a class. At the end every history that the tests made is replayed cold against the
program: nondeterminism fails the suite.
"""

import base64
import contextlib
import csv
import datetime
import hmac
import http.client
import http.server
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
import urllib.parse
import urllib.error
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


def run_program(*arguments, limit_s=harness.PATIENCE_S, **options):
    return subprocess.run([harness.program(), *map(str, arguments)], text=True, capture_output=True,
                          timeout=limit_s, check=False, **options)


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
        cls.where = cls.options if "--database" in cls.options else []
        cls.stack = cls.exits.enter_context(harness.Stack("--allow-private-http", "127.0.0.1/32", *cls.options))
        cls.shop = cls.exits.enter_context(harness.shop(cls.stack.data))

    @classmethod
    def tearDownClass(cls):
        with cls.exits:
            replayed = run_program("replay-check", "--data", cls.stack.data, "--recent", "1000", *cls.where)
            last = replayed.stdout.strip().splitlines()[-1]
            print(f"{cls.__name__}: {last}")
            if replayed.returncode != 0 or (cls.launched and last.startswith("0 replayed")):
                raise AssertionError(f"replay-check says {replayed.stdout}{replayed.stderr}")
            rebuilt = run_program("rebuild", "--all", "--check", "--data", cls.stack.data, *cls.where)
            print(f"{cls.__name__}: {rebuilt.stdout.strip().splitlines()[-1]}" if rebuilt.stdout else rebuilt.stderr)
            if rebuilt.returncode != 0 or not rebuilt.stdout.endswith(" 0 differences\n"):
                raise AssertionError(f"rebuild says {rebuilt.stdout}{rebuilt.stderr}")

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


class OnRealPostgres(OnRealParts):
    """The same on a PostgreSQL of its own."""

    @classmethod
    def database(cls):
        cls.postgres = cls.exits.enter_context(harness.postgres())
        return ["--database", cls.postgres.url]


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

    def test_a_child_is_the_version_that_is_pinned(self):
        for value in ("1", "2"):
            self.stack.publish_definition(definition("pinned", [assign("a", out=value)]))
        steps = [{"id": f"v{v}", "type": "control.callWorkflow", "workflowId": "pinned", "workflowVersion": v,
                  "outputMapping": {f"vars.v{v}": expr("childRun.vars.out")}} for v in (1, 2)]
        run, row = self.finished(steps)
        self.assertEqual({k: row["output"]["vars"][k] for k in ("v1", "v2")}, {"v1": 1, "v2": 2})
        children = [r for r in self.stack.call("GET", "/api/v1/runs?workflowId=pinned&limit=50")["items"] if r.get("parentRunId") == run]
        self.assertEqual(sorted((c["workflowVersion"], c["rootRunId"]) for c in children), [(1, run), (2, run)])

    def test_temporal_answers_what_step_a_run_is_at_and_what_it_waits_for(self):
        run = self.launch([assign("a", x="1"), event_wait("w", "ASKED", '"asked"')])
        self.parked(run)
        said = {what: self.query(run, what) for what in ("currentStep", "currentWait", "summary")}
        self.assertEqual(said["currentStep"], {"runId": run, "currentStepPath": "root.steps[1]"})
        self.assertEqual({k: said["currentWait"][k] for k in ("type", "stepPath", "correlationKey")},
                         {"type": "event", "stepPath": "root.steps[1]", "correlationKey": "asked"})
        self.assertEqual((said["summary"]["stepCount"], said["summary"]["isPaused"]), (2, False))
        self.stack.call("POST", f"/api/v1/runs/{run}/cancel", {"reason": "test"})
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")

    def query(self, run, what):
        said = subprocess.run([harness.temporal_cli(), "workflow", "query", "--address", self.stack.temporal, "--workflow-id", f"workflow-runtime-v2:run:{run}",
                               "--type", f"fermata.{what}", "--output", "json"], text=True, capture_output=True, check=True, timeout=60)
        return json.loads(said.stdout)["queryResult"][0]

    def test_no_deadline_of_temporal_ends_a_run(self):
        """D24: a run may wait for years."""
        run, _ = self.finished([assign("a", x="1")])
        said = subprocess.run([harness.temporal_cli(), "workflow", "show", "--address", self.stack.temporal, "--workflow-id", f"workflow-runtime-v2:run:{run}",
                               "--output", "json"], text=True, capture_output=True, check=True, timeout=60)
        started = json.loads(said.stdout)["events"][0]["workflowExecutionStartedEventAttributes"]
        self.assertEqual({started.get(key, "0s") for key in ("workflowExecutionTimeout", "workflowRunTimeout")}, {"0s"})

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


    def test_an_action_that_takes_long_leaves_the_times_before_it_as_they_were(self):
        """While it runs the worker keeps its task by empty ones, which a replay takes for one with the first, at the time of the last."""
        def post(step, page, **body):
            return action(step, "http.request", {"method": "POST", "url": f"{slow}/{page}", "body": body})

        with tempfile.TemporaryDirectory() as folder, harness.shop(pathlib.Path(folder), "--delay-ms", "2500") as slow:
            guard = {"id": "t", "type": "control.tryCatch", "captureErrorAs": "why", "try": [post("pay", "payments", card="declined")], "catch": []}
            run = self.launch([assign("a", began="nowIso()"), post("ship", "shipments"), event_wait("w", "LONG", '"long"'), assign("b", woke="nowIso()"),
                               post("more", "shipments"), assign("c", third="nowIso()"), guard])
            self.parked(run)
            self.stack.call("POST", "/api/v1/events", {"eventName": "LONG", "correlationKey": "long", "payload": {}})
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        said = run_program("rebuild", run, "--check", "--data", self.stack.data, *self.where)
        self.assertEqual(said.stdout, "1 run checked, 0 differences\n")


    def test_signals_that_come_while_an_action_takes_long_leave_the_times_as_they_were(self):
        """The worker keeps its task by empty ones before each signal and after it, and hears of the end only then."""
        with tempfile.TemporaryDirectory() as folder, harness.shop(pathlib.Path(folder), "--delay-ms", "6500") as slow:
            ship = action("ship", "http.request", {"method": "POST", "url": f"{slow}/shipments", "body": {}})
            run = self.launch([assign("a", began="nowIso()"), ship, assign("b", shipped="nowIso()")])
            # The shop cannot tell that it was asked before it answers.
            time.sleep(2.5)
            self.stack.call("POST", f"/api/v1/runs/{run}/pause", {"reason": "lunch"})
            time.sleep(1.7)
            self.stack.call("POST", f"/api/v1/runs/{run}/resume", {"reason": "fed"})
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        said = run_program("rebuild", run, "--check", "--data", self.stack.data, *self.where)
        self.assertEqual(said.stdout, "1 run checked, 0 differences\n")


class Rebuilds:
    """Rows from Temporal alone; on each database."""

    def rebuild(self, *arguments):
        done = run_program("rebuild", *arguments, "--data", self.stack.data, *self.options)
        return done.returncode, done.stdout

    def test_lost_and_wrong_rows_are_found_and_made_again(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..300]"), "itemVar": "i", "body": [assign("add", n="i")]}
        done, _ = self.finished([wait_ms("w", 20), loop, action("note", "log", {"level": "info", "message": "done"})], {"secret": "no"})
        self.stack.publish_definition(definition("parked", [assign("a", x="1"), wait_ms("w", 3_600_000)]))
        parked = self.stack.launch("parked", {})
        self.parked(parked)
        self.assertEqual(self.rebuild(done, parked, "--check"), (0, "2 runs checked, 0 differences\n"))
        before = self.stack.run(done), self.stack.steps(done), self.stack.run(parked)
        self.sql(f"DELETE FROM workflow_run_steps WHERE run_id = '{done}' AND step_number > 5 AND step_number < 290")
        self.sql(f"UPDATE workflow_runs SET status = 'FAILED', node_path = 'nowhere' WHERE run_id = '{done}'")
        self.sql(f"DELETE FROM workflow_run_waits WHERE run_id = '{parked}'")
        self.sql(f"DELETE FROM workflow_runs WHERE run_id = '{parked}'")
        code, said = self.rebuild(done, parked, "--check")
        self.assertEqual(code, 1)
        for line in ("run: status is `FAILED`, expected `SUCCEEDED`", "step 6 is missing", f"{parked}: run is missing"):
            self.assertIn(line, said)
        self.assertEqual(self.rebuild(done, parked), (0, "2 runs rebuilt\n"))
        self.assertEqual(self.rebuild(done, parked, "--check"), (0, "2 runs checked, 0 differences\n"))
        self.assertEqual((self.stack.run(done), self.stack.steps(done), self.stack.run(parked)), before)

    def test_a_row_that_temporal_does_not_know_is_found(self):
        self.sql("INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, trigger_type, temporal_workflow_id,"
                 " temporal_run_id, definition_hash, runtime_semantics_version, root_run_id, started_at, updated_at)"
                 " VALUES ('ghost', 'default', 'w', 1, 'RUNNING', 'api', 'x', 'y', '', 1, 'ghost', 1, 1)")
        code, said = self.rebuild("--all", "--check")
        self.sql("DELETE FROM workflow_runs WHERE run_id = 'ghost'")
        self.assertEqual(code, 1)
        self.assertIn("ghost: the run is RUNNING, and Temporal does not know it", said)


class OnSqlite(Rebuilds, OnRealParts):
    def sql(self, statement):
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            db.execute(statement)


class Lifecycle(OnRealParts):
    def refused(self, status, code, method, path, body=None):
        with self.assertRaises(harness.Refused) as refusal:
            self.stack.call(method, path, body)
        self.assertEqual((refusal.exception.status, refusal.exception.problem["code"]), (status, code))
        return refusal.exception.problem

    def test_a_draft_is_checked_published_compared_archived_and_deleted(self):
        path = "/api/v1/workflows/draft-life"
        first = definition("draft-life", [assign("a", x="1"), assign("b", y="2")])
        saved = self.stack.call("PUT", path + "/draft", {"definition": first | {"oops": 1}, "expectedDraftVersion": 0})
        self.assertEqual((saved["draftVersion"], saved["valid"]), (1, False))
        self.refused(409, "DRAFT_CONFLICT", "PUT", path + "/draft", {"definition": first, "expectedDraftVersion": 0})
        self.refused(422, "DEFINITION_INVALID", "POST", path + "/publish", {"expectedDraftVersion": 1})
        self.refused(409, "WORKFLOW_NOT_PUBLISHED", "POST", path + "/runs", {"payload": {}})
        self.stack.call("PUT", path + "/draft", {"definition": first, "expectedDraftVersion": 1})
        self.refused(409, "DRAFT_CONFLICT", "POST", path + "/publish", {"expectedDraftVersion": 1})
        self.assertEqual(self.stack.call("POST", path + "/publish", {"expectedDraftVersion": 2, "message": "begun"})["version"], 1)
        second = definition("draft-life", [assign("b", y="3"), assign("c", z="4"), assign("a", x="1")])
        self.stack.publish_definition(second)
        diff = self.stack.call("GET", path + "/diff?from=1&to=2")
        self.assertEqual([(s["stepId"], s["kind"]) for s in diff["steps"]], [("b", "changed"), ("c", "added"), ("a", "changed")])
        self.assertEqual(diff["steps"][0]["fields"], [{"pointer": "/config/assign/vars.y/$expr", "before": "2", "after": "3"}])
        self.assertTrue(self.stack.call("GET", path + "/diff?from=2")["same"])
        versions = self.stack.call("GET", path + "/versions")["items"]
        self.assertEqual([v["version"] for v in versions], [2, 1])
        self.assertEqual(versions[1]["notes"]["message"], "begun")
        self.assertEqual(self.stack.call("GET", path + "/versions/1")["definition"]["steps"], first["steps"])
        self.refused(409, "WORKFLOW_IN_USE", "DELETE", path)
        self.assertIsNotNone(self.stack.call("POST", path + "/archive")["archivedAt"])
        self.refused(409, "WORKFLOW_ARCHIVED", "POST", path + "/runs", {"payload": {}})
        self.assertNotIn("draft-life", [w["workflowId"] for w in self.stack.call("GET", "/api/v1/workflows")["items"]])
        self.stack.call("DELETE", path)
        self.refused(404, "NOT_FOUND", "GET", path)

    def test_a_launch_that_is_asked_for_again_is_one_run(self):
        """D24."""
        self.stack.publish_definition(definition("asked", [assign("a", x="payload.n")]))
        path = "/api/v1/workflows/asked/runs"
        said = [self.stack.call("POST", path, {"payload": {"n": n}, "idempotencyKey": key}) for n, key in ((1, "k"), (2, "k"), (3, "other"))]
        self.assertNotEqual(said[0]["runId"], said[2]["runId"])
        self.assertEqual(said[0]["runId"], said[1]["runId"])
        self.assertEqual([self.stack.wait(s["runId"])["output"]["vars"]["x"] for s in said], [1, 1, 3])
        self.refused(400, "BODY_INVALID", "POST", path, {"payload": {}, "idempotencyKey": "k" * 513})
        self.stack.cli("workflows", "limit", "asked", "1")
        self.assertEqual(self.stack.call("POST", path, {"payload": {}, "idempotencyKey": "k"})["runId"], said[0]["runId"])

    def test_runs_share_pairs_by_revision(self):
        add = {"id": "try", "type": "control.tryCatch", "try": [
            action("get", "store.get", {"key": "count"}, config={"saveAs": "vars.seen"}),
            action("set", "store.set", {"key": "count", "value": expr("(vars.seen.value ? vars.seen.value : 0) + payload.add"),
                                        "expectedRevision": expr("vars.seen.revision")}, config={"saveAs": "vars.set"})],
            "catch": [assign("lost", lost="true")]}
        run, row = self.finished([add, action("list", "store.list", {"prefix": "cou"}, config={"saveAs": "vars.all"})], {"add": 5})
        self.assertEqual((row["status"], row["output"]["vars"]["all"]["items"]), ("SUCCEEDED", [{"key": "count", "value": 5, "revision": 1}]))
        pair = self.stack.call("GET", "/api/v1/store/default/count")
        self.assertEqual((pair["value"], pair["revision"]), (5, 1))
        self.refused(409, "KEY_CONFLICT", "PUT", "/api/v1/store/default/count", {"value": 6, "expectedRevision": 7})
        self.assertEqual(self.stack.call("PUT", "/api/v1/store/default/count", {"value": 6, "expectedRevision": 1})["revision"], 2)
        stale = [action("set", "store.set", {"key": "count", "value": 9, "expectedRevision": 1})]
        self.stack.publish_definition(definition("stale", stale))
        row = self.stack.wait(self.stack.launch("stale", {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "KEY_CONFLICT"))
        self.assertEqual(json.loads(self.stack.cli("kv", "get", "count").stdout)["value"], 6)
        self.stack.cli("kv", "delete", "count", "--expect", "2")
        self.refused(404, "NOT_FOUND", "GET", "/api/v1/store/default/count")

    def test_a_secret_reaches_the_action_and_nothing_else(self):
        value = "s3cr3t-\u00e9-value"
        done = subprocess.run([harness.program(), "secrets", "set", "SHOP_KEY", "--server", self.stack.api, "--token", self.stack.token],
                              input=value, text=True, capture_output=True, check=True, timeout=harness.PATIENCE_S)
        self.assertNotIn(value, done.stdout)
        listed = self.stack.call("GET", "/api/v1/secrets")
        self.assertEqual([s["name"] for s in listed["items"]], ["SHOP_KEY"])
        self.assertNotIn("value", listed["items"][0])
        run, row = self.finished([action("w", "log", {"message": {"$secret": "SHOP_KEY"}})])
        self.assertEqual(row["status"], "SUCCEEDED")
        everything = json.dumps([row, self.stack.steps(run), self.stack.history(run)], ensure_ascii=False)
        self.assertNotIn(value, everything)
        for file in self.stack.data.glob("*.db*"):
            if file.name.startswith("fermata"):
                self.assertNotIn(value.encode(), file.read_bytes(), file.name)
        self.stack.call("DELETE", "/api/v1/secrets/SHOP_KEY")
        row = self.stack.wait(self.stack.launch(self.id().split(".")[-1].replace("_", "-"), {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "SECRET_UNKNOWN"))

    def test_a_bundle_goes_to_another_server(self):
        self.stack.publish_definition(definition("called", [assign("a", x="1")]))
        self.stack.publish_definition(definition("caller", [
            {"id": "c", "type": "control.callWorkflow", "workflowId": "called", "workflowVersion": 1, "inputMapping": {}},
            action("n", "log", {"message": {"$secret": "NOT_THERE"}})]))
        bundle = json.loads(self.stack.cli("export", "caller").stdout)
        self.assertEqual([w["workflowId"] for w in bundle["workflows"]], ["called", "caller"])
        self.assertEqual(bundle["requires"]["secrets"], ["NOT_THERE"])
        file = self.stack.data / "bundle.json"
        file.write_text(json.dumps(bundle))
        with harness.Stack("--no-worker") as other:
            said = json.loads(other.cli("import", str(file)).stdout)
            self.assertEqual((said["workflowsNew"], said["versionsNew"], said["missing"]["secrets"]), (2, 2, ["NOT_THERE"]))
            said = json.loads(other.cli("import", str(file)).stdout)
            self.assertEqual((said["workflowsNew"], said["versionsNew"], said["versionsKept"]), (0, 0, 2))
            there = other.call("GET", "/api/v1/workflows/caller/versions/1")
        self.assertEqual(there["hash"], self.stack.call("GET", "/api/v1/workflows/caller/versions/1")["hash"])

    def test_an_archived_workflow_has_no_clock(self):
        self.stack.publish_definition(definition(
            "yearly", [assign("a", x="1")], payloadSchemaRef="payload.WorkflowClockTrigger.v1",
            trigger={"type": "recurring", "cron": "0 3 1 1 *", "timezone": "UTC"}))
        schedules = lambda: subprocess.run(
            [harness.temporal_cli(), "schedule", "list", "--address", self.stack.temporal, "--namespace", self.stack.namespace],
            text=True, capture_output=True, check=True, timeout=harness.PATIENCE_S).stdout
        self.until(schedules, lambda said: "yearly" in said)
        self.stack.call("POST", "/api/v1/workflows/yearly/archive")
        self.until(schedules, lambda said: "yearly" not in said)
        self.stack.call("POST", "/api/v1/workflows/yearly/unarchive")
        self.until(schedules, lambda said: "yearly" in said)


class OnPostgres(Rebuilds, OnRealPostgres):
    """What touches the database most, on the other one."""

    def sql(self, statement):
        self.postgres.query(statement)

    test_long_loop = Language.test_long_loop_continues_as_new_from_its_depth
    test_children = Language.test_child_runs_are_linked_and_their_errors_wrapped
    test_cancel = Language.test_cancel_closes_waits_children_and_rows
    test_ledger = Language.test_durable_action_and_finally
    refused = Lifecycle.refused
    test_drafts = Lifecycle.test_a_draft_is_checked_published_compared_archived_and_deleted
    test_pairs = Lifecycle.test_runs_share_pairs_by_revision

    def test_rows_are_there_and_not_in_a_file(self):
        run, row = self.finished([assign("a", x="1"), wait_ms("w", 20)])
        self.assertEqual(row["status"], "SUCCEEDED")
        self.assertEqual(self.postgres.query(f"SELECT count(*) FROM workflow_run_steps WHERE run_id = '{run}'"), [["2"]])
        self.assertFalse((self.stack.data / "fermata.db").exists())

    def test_runs_go_on_while_the_database_is_away(self):
        """D14: a database that is away fails no run."""
        """Nothing is asked of the database for as long as it is away; afterwards every row is there."""
        away_s = float(os.environ.get("FERMATA_E2E_AWAY_S", "8"))
        steps = [{"id": "loop", "type": "control.forEach", "items": expr(f"[1..{int(away_s / 2)}]"), "itemVar": "i",
                  "body": [wait_ms("w", 100), assign("add", n="i")]}, assign("end", at="nowIso()")]
        runs = [self.launch(steps)]
        name = self.id().split(".")[-1].replace("_", "-")
        runs += [self.stack.launch(name, {}) for _ in range(4)]
        waiting = self.launch_other("away-waiting", [wait_ms("w", 1_500), event_wait("e", "BACK", '"away"')])
        for run in runs:
            self.parked(run)
        self.postgres.stop()
        gone_at = time.time()
        time.sleep(away_s)
        back_at = time.time()
        self.postgres.start()
        self.until(lambda: self.stack.run(waiting)["status"] == "WAITING" and self.stack.call("GET", f"/api/v1/runs/{waiting}/waits")["items"],
                   lambda waits: waits and any(w["waitType"] == "event" and w["status"] == "WAITING" for w in waits))
        self.stack.call("POST", "/api/v1/events", {"eventName": "BACK", "payload": {}, "correlationKey": "away"})
        for run in runs + [waiting]:
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        ended = [datetime.datetime.fromisoformat(self.stack.run(run)["output"]["vars"]["at"]).timestamp() for run in runs]
        print(f"\n  away {back_at - gone_at:.1f} s; {sum(gone_at < e < back_at for e in ended)} of {len(ended)} runs ended meanwhile")
        self.assertGreater(sum(gone_at < e < back_at for e in ended), 0)
        self.until(lambda: self.rebuild(*runs, waiting, "--check"), lambda said: said == (0, f"{len(runs) + 1} runs checked, 0 differences\n"))

    def launch_other(self, name, steps):
        self.stack.publish_definition(definition(name, steps))
        return self.stack.launch(name, {})

    def test_a_restarted_database_delays_and_loses_nothing(self):
        run = self.launch([wait_ms("w", 1_000), assign("a", x="1")])
        self.parked(run)
        self.postgres.stop()
        time.sleep(2)
        self.postgres.start()
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([s["status"] for s in self.stack.steps(run)], ["SUCCEEDED", "SUCCEEDED"])


def event_wait(step_id, name, key, **config):
    return {"id": step_id, "type": "event.wait", "config": {"eventName": name, "correlationKey": expr(key), **config}}


class Events(OnRealParts):
    def send(self, name, payload, **more):
        return self.stack.call("POST", "/api/v1/events", {"eventName": name, "payload": payload, **more})

    def test_an_event_resumes_the_run_with_its_key_and_no_other(self):
        steps = [event_wait("w", "PAID", "payload.order", assign={"vars.amount": expr("vars.event.amount")})]
        first = self.launch(steps, {"order": "A"})
        name = self.id().split(".")[-1].replace("_", "-")
        second = self.stack.launch(name, {"order": "B"})
        self.parked(first), self.parked(second)
        sent = self.send("PAID", {"amount": 5, "correlationKey": "A"}, eventId="paid-1")
        self.assertEqual([(d["kind"], d["target"], d["outcome"]) for d in sent["deliveries"]], [("resume", first, "SIGNALED")])
        row = self.stack.wait(first)
        self.assertEqual((row["status"], row["output"]["vars"]["amount"]), ("SUCCEEDED", 5))
        again = self.send("PAID", {"amount": 6, "correlationKey": "A"}, eventId="paid-1")
        self.assertFalse(again["isNew"])
        self.assertEqual(self.stack.run(second)["status"], "WAITING")
        waits = self.stack.call("GET", f"/api/v1/runs/{first}/waits")["items"]
        self.assertEqual([(w["status"], w["matchedEventId"]) for w in waits], [("RESOLVED", "paid-1")])
        self.send("PAID", {"amount": 1}, correlationKey="B")
        self.assertEqual(self.stack.wait(second)["status"], "SUCCEEDED")

    def test_an_event_that_came_before_its_wait_counts_within_the_lookback(self):
        self.send("EARLY", {"n": 7}, correlationKey="early-key")
        _, row = self.finished([event_wait("w", "EARLY", '"early-key"', lookbackMs=60_000, assign={"vars.n": expr("vars.event.n")})])
        self.assertEqual((row["status"], row["output"]["vars"]["n"]), ("SUCCEEDED", 7))

    def test_no_event_is_lost_between_many_waits(self):
        """Each run waits ten times for the next number; all events are sent at once, some twice."""
        runs, rounds = 10, 10
        steps = [{"id": "loop", "type": "control.forEach", "items": expr(f"[1..{rounds}]"), "itemVar": "i", "body": [
            event_wait("w", "NEXT", "payload.key & \":\" & $string(i)", lookbackMs=600_000)]}]
        first = self.launch(steps, {"key": "k0"})
        name = self.id().split(".")[-1].replace("_", "-")
        started = [first] + [self.stack.launch(name, {"key": f"k{n}"}) for n in range(1, runs)]
        threads = []
        for n in range(runs):
            def send_all(n=n):
                for i in range(1, rounds + 1):
                    for _ in range(1 + (n + i) % 2):
                        self.send("NEXT", {}, correlationKey=f"k{n}:{i}", eventId=f"next-{n}-{i}")
            threads.append(threading.Thread(target=send_all))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for run in started:
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
            waits = self.stack.call("GET", f"/api/v1/runs/{run}/waits")["items"]
            taken = [w["matchedEventId"] for w in waits]
            self.assertEqual((len(taken), len(set(taken))), (rounds, rounds))

    def test_a_trigger_launches_once_with_the_mapped_payload(self):
        """D37: and a launch that fails says why."""
        schema = {"type": "object", "required": ["ticket"], "properties": {"ticket": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}
        source = {"type": "object", "required": ["ticketId"], "properties": {"ticketId": {"type": "string"}}}
        self.stack.call("PUT", "/api/v1/payload-schemas/payload.Ticket.v1", schema)
        self.stack.call("PUT", "/api/v1/payload-schemas/payload.TicketEvent.v1", source)
        with self.assertRaises(harness.Refused) as caught:
            self.stack.call("PUT", "/api/v1/payload-schemas/payload.Ticket.v1", source)
        self.assertEqual((caught.exception.status, caught.exception.problem["code"]), (409, "SCHEMA_IMMUTABLE"))
        self.stack.call("PUT", "/api/v1/event-types/TICKET_OPENED", {"payloadSchemaRef": "payload.TicketEvent.v1", "correlationPath": "ticketId"})
        self.stack.publish_definition(definition("on-ticket", [assign("a", id="payload.ticket.id")], payloadSchemaRef="payload.Ticket.v1", trigger={
            "type": "event", "eventName": "TICKET_OPENED", "payloadMapping": {"ticket.id": expr("event.payload.ticketId")}}))
        sent = self.send("TICKET_OPENED", {"ticketId": "T-1"}, eventId="ticket-1")
        self.assertEqual((sent["correlationKey"], sent["notes"]["correlation"]), ("T-1", "path ticketId"))
        self.assertEqual([(d["kind"], d["target"], d["outcome"]) for d in sent["deliveries"]], [("launch", "on-ticket", "LAUNCHED")])
        self.send("TICKET_OPENED", {"ticketId": "T-1"}, eventId="ticket-1")
        row = self.stack.wait(sent["deliveries"][0]["details"]["runId"])
        self.assertEqual((row["status"], row["output"]["vars"]["id"], row["triggerType"]), ("SUCCEEDED", "T-1", "event"))
        self.assertEqual(len(self.stack.call("GET", "/api/v1/runs?workflowId=on-ticket")["items"]), 1)
        with self.assertRaises(harness.Refused) as caught:
            self.send("TICKET_OPENED", {"ticketId": 5})
        self.assertEqual(caught.exception.problem["code"], "PAYLOAD_INVALID")
        with self.assertRaises(harness.Refused) as caught:
            self.stack.launch("on-ticket", {"ticket": {}})
        self.assertEqual(caught.exception.problem["code"], "PAYLOAD_INVALID")
        explained = self.stack.call("GET", "/api/v1/events/ticket-1/explain")
        self.assertEqual([t["workflowId"] for t in explained["triggers"]], ["on-ticket"])
        self.stack.publish_definition(definition("on-note", [assign("a", id="payload.ticket.id")], payloadSchemaRef="payload.Ticket.v1", trigger={
            "type": "event", "eventName": "NOTE_MADE", "sourcePayloadSchemaRef": "payload.Any.v1", "payloadMapping": {"ticket.id": expr("event.payload.number")}}))
        failed = self.send("NOTE_MADE", {"number": 5}, eventId="note-1")["deliveries"][0]
        self.assertEqual((failed["target"], failed["outcome"], failed["details"]["code"]), ("on-note", "LAUNCH_FAILED", "PAYLOAD_INVALID"))
        self.assertIn("/ticket/id", failed["details"]["message"])

    def test_an_event_without_a_key_launches_and_says_why_it_resumes_nothing(self):
        """D25: and it counts as no error."""
        waiting = self.launch([event_wait("w", "KEYLESS", '"some-key"')])
        self.parked(waiting)
        self.stack.publish_definition(definition("on-keyless", [assign("a", x="1")], trigger={
            "type": "event", "eventName": "KEYLESS", "sourcePayloadSchemaRef": "payload.Any.v1"}))
        sent = self.send("KEYLESS", {"a": 1, "eventId": "some-key"}, eventId="some-key")
        self.assertIsNone(sent["correlationKey"])
        self.assertIn("no key", sent["notes"]["correlation"])
        self.assertEqual([(d["kind"], d["target"], d["outcome"]) for d in sent["deliveries"]], [("launch", "on-keyless", "LAUNCHED")])
        why = self.stack.call("GET", f"/api/v1/runs/{waiting}/diagnosis")
        self.assertEqual([event["message"] for event in why["waits"][0]["nearMisses"]], ["it has no key"])
        self.assertEqual(self.stack.run(waiting)["status"], "WAITING")
        self.send("KEYLESS", {}, correlationKey="some-key")
        self.assertEqual(self.stack.wait(waiting)["status"], "SUCCEEDED")

    def test_every_target_of_an_event_is_written_down(self):
        """D25: each run that it resumes; D26: in a batch, what is refused holds up no other."""
        steps = [event_wait("w", "MANY", '"many"')]
        name = self.id().split(".")[-1].replace("_", "-")
        runs = [self.launch(steps)] + [self.stack.launch(name, {}) for _ in range(2)]
        for run in runs:
            self.parked(run)
        batch = [{"eventName": "MANY", "eventId": "many-1", "correlationKey": "many"}, {"eventName": "", "payload": {}},
                 {"eventName": "MANY", "eventId": "many-1", "correlationKey": "many"}, {"eventName": "MANY", "payload": 5},
                 {"eventName": "FEW", "eventId": "few-1"}]
        said = self.stack.call("POST", "/api/v1/events/batch", {"events": batch})["items"]
        self.assertEqual([item.get("error", {}).get("code") for item in said], [None, "EVENT_INVALID", None, "EVENT_INVALID", None])
        self.assertEqual([self.stack.wait(run)["status"] for run in runs], ["SUCCEEDED"] * 3)
        kept = self.stack.call("GET", "/api/v1/events/many-1")["deliveries"]
        self.assertEqual(sorted((d["kind"], d["target"], d["outcome"]) for d in kept), sorted(("resume", run, "SIGNALED") for run in runs))

    def test_a_wrong_answer_is_turned_away_and_the_right_one_taken(self):
        form = {"type": "object", "required": ["approved"], "properties": {"approved": {"type": "boolean"}}}
        run = self.launch([{"id": "ask", "type": "human.task", "config": {
            "taskType": "approval", "title": expr('"Approve " & payload.ref'), "formSchema": form, "assign": {"vars.ok": expr("vars.event.approved")}}}], {"ref": "R1"})
        self.parked(run)
        task = next(t for t in self.stack.call("GET", "/api/v1/tasks")["items"] if t["runId"] == run)
        self.assertEqual((task["title"], task["status"]), ("Approve R1", "OPEN"))
        with self.assertRaises(harness.Refused) as caught:
            self.stack.call("POST", f"/api/v1/tasks/{task['taskId']}/answer", {"response": {"approved": "yes"}})
        self.assertEqual(caught.exception.problem["code"], "ANSWER_INVALID")
        self.assertEqual(self.stack.run(run)["status"], "WAITING")
        self.stack.call("POST", f"/api/v1/tasks/{task['taskId']}/answer", {"response": {"approved": True}})
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["ok"]), ("SUCCEEDED", True))
        with self.assertRaises(harness.Refused) as caught:
            self.stack.call("POST", f"/api/v1/tasks/{task['taskId']}/answer", {"response": {"approved": True}})
        self.assertEqual(caught.exception.problem["code"], "TASK_CLOSED")

    def test_only_an_administrator_answers_past_the_form(self):
        """D19: the word of the server counts, no member of the answer."""
        form = {"type": "object", "required": ["approved"]}
        run = self.launch([{"id": "ask", "type": "human.task", "config": {
            "taskType": "approval", "title": expr('"?"'), "formSchema": form, "assign": {"vars.note": expr("vars.event.note")}}}])
        self.parked(run)
        task = next(t for t in self.stack.call("GET", "/api/v1/tasks")["items"] if t["runId"] == run)["taskId"]
        key = json.loads(self.stack.cli("keys", "create", "people", "--role", "operator").stdout)["key"]
        people = harness.Api(self.stack.api, key, self.stack.data)
        plain = {"response": {"note": "by hand", "__admin_override": True}}
        for caller, body, code in ((self.stack, plain, "ANSWER_INVALID"), (people, plain | {"adminOverride": True}, "TASK_ACTOR")):
            with self.assertRaises(harness.Refused) as caught:
                caller.call("POST", f"/api/v1/tasks/{task}/answer", body)
            self.assertEqual(caught.exception.problem["code"], code)
        self.stack.call("POST", f"/api/v1/tasks/{task}/answer", plain | {"adminOverride": True})
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["note"]), ("SUCCEEDED", "by hand"))

    def test_a_paused_run_takes_no_step_until_it_is_resumed(self):
        run = self.launch([event_wait("w", "GO", '"pause-key"'), assign("a", x="1")])
        self.parked(run)
        self.stack.call("POST", f"/api/v1/runs/{run}/pause", {"reason": "quota of steps"})
        self.send("GO", {}, correlationKey="pause-key")
        self.until(lambda: self.stack.run(run), lambda row: row["status"] == "PAUSED")
        self.assertEqual([s["definitionStepId"] for s in self.stack.steps(run)], ["w"])
        pause = next(w for w in self.stack.call("GET", f"/api/v1/runs/{run}/waits")["items"] if w["waitType"] == "quota")
        self.assertEqual((pause["status"], pause["payload"]), ("WAITING", {"reason": "quota of steps"}))
        self.stack.call("POST", f"/api/v1/runs/{run}/resume", {})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")

    def test_what_was_stored_and_not_done_is_mended(self):
        """A crash between storing and doing leaves an unrouted event and an unconfirmed launch."""
        run = self.launch([event_wait("w", "MENDED", '"mend-key"', lookbackMs=0)])
        self.parked(run)
        sent = self.send("OTHER", {}, correlationKey="mend-key")
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            db.execute("UPDATE workflow_runtime_events SET event_name = 'MENDED' WHERE event_id = ?", (sent["eventId"],))
            db.execute("INSERT INTO workflow_event_backlog SELECT tenant, event_id, received_at FROM workflow_runtime_events WHERE event_id = ?", (sent["eventId"],))
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        other = self.stack.launch(self.id().split(".")[-1].replace("_", "-"), {})
        self.parked(other)
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            lost = db.execute("SELECT * FROM workflow_runs WHERE run_id = ?", (other,))
            columns = [c[0] for c in lost.description]
            row = dict(zip(columns, lost.fetchone()))
            row |= {"run_id": "lost-launch", "root_run_id": "lost-launch", "temporal_run_id": None, "status": "RUNNING", "sequence": 0,
                    "temporal_workflow_id": "workflow-runtime-v2:run:lost-launch"}
            db.execute(f"INSERT INTO workflow_runs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", list(row.values()))
        self.parked("lost-launch")
        self.send("MENDED", {}, correlationKey="mend-key")
        self.assertEqual(self.stack.wait("lost-launch")["status"], "SUCCEEDED")
        self.assertEqual(self.stack.wait(other)["status"], "SUCCEEDED")


class Doors(OnRealParts):
    """Events through Redis and through signed webhooks, and people who claim tasks and are told."""

    SECRET = "whsec_" + base64.b64encode(b"a secret of the shop").decode()

    @classmethod
    def setUpClass(cls):
        cls.told = []
        class Told(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                cls.told.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass
        cls.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
        threading.Thread(target=cls.hook.serve_forever, daemon=True).start()
        os.environ["FERMATA_SECRET_SHOP_HOOK"] = cls.SECRET
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.hook.shutdown()

    @classmethod
    def database(cls):
        cls.redis = cls.exits.enter_context(harness.redis())
        return ["--redis", cls.redis.url, "--redis-claim-ms", "500", "--task-hook", f"http://127.0.0.1:{cls.hook.server_port}/told"]

    def event(self, event_id):
        with contextlib.suppress(harness.Refused):
            return self.stack.call("GET", f"/api/v1/events/{event_id}")
        return None

    def test_an_event_from_the_stream_launches_and_resumes(self):
        self.stack.call("PUT", "/api/v1/event-types/STREAM_ORDERED", {"payloadSchemaRef": "payload.Any.v1", "correlationPath": "order"})
        self.stack.publish_definition(definition("from-stream", [event_wait("w", "STREAM_PAID", "payload.order", lookbackMs=60_000)], trigger={
            "type": "event", "eventName": "STREAM_ORDERED"}))
        self.redis.add({"eventId": "so-1", "eventName": "STREAM_ORDERED", "payload": {"order": "S1"}})
        row = self.until(lambda: self.stack.call("GET", "/api/v1/runs?workflowId=from-stream")["items"], lambda rows: len(rows) == 1)[0]
        for _ in range(2):
            self.redis.call("XADD", "fermata:events", "*", "event_id", "sp-1", "event_type", "STREAM_PAID", "workflow_correlation_key", "S1",
                            "payload", '{"amount": 3}')
        self.assertEqual(self.stack.wait(row["runId"])["status"], "SUCCEEDED")
        self.until(self.redis.pending, lambda count: count == 0)
        self.assertEqual([d["outcome"] for d in self.event("sp-1")["deliveries"]], ["SIGNALED"])

    def test_a_dead_letter_is_listed_mended_and_let_in(self):
        letter = "redis:fermata:events:" + self.redis.add({"eventId": "mend-me", "eventName": "MEND", "payload": {"n": 1}, "payloadSchemaRef": "payload.Mend.v1"})
        self.redis.call("XADD", "fermata:events", "*", "payload", "{")
        self.redis.add({"eventId": "behind-it", "eventName": "MEND"})
        self.until(lambda: self.event("behind-it"), bool)
        listed = json.loads(self.stack.cli("events", "dead-letters").stdout)["items"]
        self.assertEqual({(i["letterId"] == letter, i["code"]) for i in listed}, {(True, "SCHEMA_UNKNOWN"), (False, "JSON_INVALID")})
        self.stack.call("PUT", "/api/v1/payload-schemas/payload.Mend.v1", {"type": "object"})
        done = json.loads(self.stack.cli("events", "reprocess", letter).stdout)
        self.assertEqual((done["eventId"], done["isNew"]), ("mend-me", True))
        self.assertEqual(self.event("mend-me")["payload"], {"n": 1})
        self.assertNotEqual(self.stack.cli("events", "reprocess", check=False).returncode, 0)
        self.assertEqual(len(json.loads(self.stack.cli("events", "dead-letters").stdout)["items"]), 1)

    def post_hook(self, name, message_id, body, at=None, secret=b"a secret of the shop"):
        at = str(int(time.time() if at is None else at))
        signature = base64.b64encode(hmac.new(secret, f"{message_id}.{at}.{body}".encode(), "sha256").digest()).decode()
        request = urllib.request.Request(f"{self.stack.api}/api/v1/hooks/{name}", method="POST", data=body.encode(), headers={
            "Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def test_a_signed_webhook_is_an_event_once_and_a_stale_or_forged_one_is_none(self):
        self.stack.call("PUT", "/api/v1/webhooks/shop", {"eventName": "HOOKED", "secret": {"$secret": "SHOP_HOOK"}, "toleranceMs": 60_000})
        status, said = self.post_hook("shop", "m1", '{"correlationKey": "h"}')
        self.assertEqual((status, said), (202, {"eventId": "hook:shop:m1", "isNew": True}))
        self.assertEqual(self.post_hook("shop", "m1", '{"correlationKey": "h"}'), (202, {"eventId": "hook:shop:m1", "isNew": False}))
        for wrong in [dict(at=time.time() - 61), dict(at=time.time() + 62), dict(secret=b"another")]:
            status, said = self.post_hook("shop", "m2", "{}", **wrong)
            self.assertEqual((status, said["code"]), (401, "WEBHOOK_REFUSED"))
        self.assertEqual(self.post_hook("no-such", "m2", "{}")[0], 401)
        self.assertIsNone(self.event("hook:shop:m2"))
        self.stack.call("DELETE", "/api/v1/webhooks/shop")
        self.assertEqual(self.post_hook("shop", "m3", "{}")[0], 401)

    def test_a_task_is_claimed_by_one_told_of_and_escalated_when_it_is_overdue(self):
        self.stack.publish_definition(definition("when-overdue", [assign("a", task="payload.taskId")], payloadSchemaRef="payload.HumanTaskOverdue.v1", trigger={
            "type": "event", "eventName": "HUMAN_TASK_OVERDUE"}))
        due = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
        run = self.launch([{"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr('"T"'), "dueAt": expr("payload.due")}}], {"due": due})
        self.parked(run)
        task = self.stack.call("GET", f"/api/v1/tasks?runId={run}")["items"][0]["taskId"]
        claimed = json.loads(self.stack.cli("tasks", "claim", task, "--by", "ada").stdout)
        self.assertEqual(claimed["claimedBy"], "ada")
        for path, body in [("claim", {"by": "bob"}), ("answer", {"by": "bob", "response": {}}), ("release", {"by": "bob"})]:
            with self.assertRaises(harness.Refused) as caught:
                self.stack.call("POST", f"/api/v1/tasks/{task}/{path}", body)
            self.assertEqual(caught.exception.problem["code"], "TASK_CLAIMED")
        mine = self.stack.call("GET", "/api/v1/tasks?claimedBy=ada")["items"]
        self.assertEqual([(t["taskId"], t["dueAt"][:19]) for t in mine], [(task, due[:19])])
        escalated = self.until(lambda: self.stack.call("GET", f"/api/v1/tasks/{task}"), lambda t: t["escalatedAt"])
        self.assertIsNone(escalated["claimedBy"])
        self.assertEqual([(i, m["title"]) for i, m in self.told if m["taskId"] == task], [(f"task.opened:{task}", "T"), (f"task.overdue:{task}", "T")])
        row = self.until(lambda: self.stack.call("GET", "/api/v1/runs?workflowId=when-overdue")["items"], lambda rows: len(rows) == 1)[0]
        self.assertEqual(self.stack.wait(row["runId"])["output"]["vars"]["task"], task)
        self.stack.cli("tasks", "claim", task, "--by", "bob")
        self.stack.call("POST", f"/api/v1/tasks/{task}/answer", {"by": "bob", "response": {"fine": True}})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")


class Clocks(OnRealParts):
    def test_a_one_time_trigger_fires_once_with_the_clock_payload(self):
        at = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=6)
        text = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.stack.publish_definition(definition("once", [assign("a", at="payload.scheduledFor")], payloadSchemaRef="payload.WorkflowClockTrigger.v1",
                                                 trigger={"type": "schedule", "runAt": text}))
        row = self.until(lambda: self.stack.call("GET", "/api/v1/runs?workflowId=once")["items"],
                         lambda rows: [r["status"] for r in rows] == ["SUCCEEDED"])[0]
        shown = self.stack.run(row["runId"])
        self.assertEqual((shown["triggerType"], shown["output"]["vars"]["at"]), ("schedule", text))
        clock = self.until(lambda: self.stack.call("GET", "/api/v1/workflows/once/clock"), lambda c: c["status"] == "COMPLETED")
        self.assertEqual((clock["lastFire"]["runId"], clock["nextFires"]), (row["runId"], []))
        gone = subprocess.run([harness.temporal_cli(), "schedule", "describe", "--schedule-id", "fermata:default:once", "--address", self.stack.temporal],
                              text=True, capture_output=True, check=False, timeout=60)
        self.assertNotEqual(gone.returncode, 0)

    def test_a_recurring_trigger_follows_what_is_published(self):
        steps = [assign("a", x="1")]
        def published(**more):
            self.stack.publish_definition(definition("clocked", steps, payloadSchemaRef="payload.WorkflowClockTrigger.v1", **more))
        def schedule():
            listed = subprocess.run([harness.temporal_cli(), "schedule", "list", "--address", self.stack.temporal, "--output", "json"],
                                    text=True, capture_output=True, check=True, timeout=60)
            return [s for s in json.loads(listed.stdout or "[]") if "clocked" in json.dumps(s)]
        published(trigger={"type": "recurring", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"})
        self.until(schedule, lambda found: len(found) == 1)
        subprocess.run([harness.temporal_cli(), "schedule", "trigger", "--schedule-id", "fermata:default:clocked", "--address", self.stack.temporal],
                       check=True, capture_output=True, timeout=60)
        row = self.until(lambda: self.stack.call("GET", "/api/v1/runs?workflowId=clocked")["items"],
                         lambda rows: [r["status"] for r in rows] == ["SUCCEEDED"])[0]
        payload = self.stack.run(row["runId"])["input"]
        self.assertEqual((payload["triggerType"], payload["cron"], payload["timezone"]), ("recurring", "0 9 * * 1-5", "Europe/Berlin"))
        published()
        self.until(schedule, lambda found: not found)

    def test_a_paused_or_busy_workflow_keeps_its_events_and_holds_up_no_other(self):
        self.stack.call("PUT", "/api/v1/event-types/SHARED", {"payloadSchemaRef": "payload.Any.v1", "correlationPath": "n"})
        self.stack.call("PUT", "/api/v1/payload-schemas/payload.Shared.v1", {"type": "object", "required": ["n"], "properties": {"n": {"type": "string"}}})
        trigger = {"type": "event", "eventName": "SHARED"}
        self.stack.publish_definition(definition("shared-paused", [assign("a", x="1")], trigger=trigger))
        self.stack.publish_definition(definition("shared-busy", [event_wait("w", "SHARED_GO", "payload.n", lookbackMs=600_000)], trigger=trigger))
        self.stack.publish_definition(definition("shared-failing", [assign("a", x="1")], payloadSchemaRef="payload.Shared.v1", trigger={
            **trigger, "payloadMapping": {"n": expr("event.payload.nothing.here")}}))
        self.stack.publish_definition(definition("shared-free", [assign("a", x="1")], trigger=trigger))
        self.stack.cli("workflows", "pause", "shared-paused")
        self.stack.cli("workflows", "limit", "shared-busy", "1")
        runs = lambda workflow: self.stack.call("GET", f"/api/v1/runs?workflowId={workflow}")["items"]
        outcomes = lambda event: {d["target"]: d["outcome"] for d in self.stack.call("GET", f"/api/v1/events/{event}")["deliveries"]}
        for n in range(3):
            self.stack.call("POST", "/api/v1/events", {"eventId": f"shared-{n}", "eventName": "SHARED", "payload": {"n": str(n)}})
        self.assertEqual(outcomes("shared-1"), {"shared-paused": "HELD", "shared-busy": "HELD", "shared-failing": "LAUNCH_FAILED",
                                                "shared-free": "LAUNCHED"})
        self.assertEqual([len(runs(w)) for w in ("shared-paused", "shared-busy", "shared-free")], [0, 1, 3])
        with self.assertRaises(harness.Refused) as caught:
            self.stack.launch("shared-paused", {})
        self.assertEqual((caught.exception.status, caught.exception.problem["code"]), (409, "WORKFLOW_PAUSED"))
        self.stack.cli("workflows", "resume", "shared-paused")
        self.until(lambda: runs("shared-paused"), lambda rows: len(rows) == 3)
        for n in range(3):
            self.assertEqual(len(runs("shared-busy")), n + 1)
            self.stack.call("POST", "/api/v1/events", {"eventId": f"go-{n}", "eventName": "SHARED_GO", "correlationKey": str(n), "payload": {}})
            self.until(lambda: runs("shared-busy"), lambda rows: len(rows) == min(n + 2, 3))
        self.until(lambda: runs("shared-busy"), lambda rows: {r["status"] for r in rows} == {"SUCCEEDED"})
        self.assertEqual({name for name, outcome in outcomes("shared-2").items() if outcome == "LAUNCHED"},
                         {"shared-paused", "shared-busy", "shared-free"})

    def test_what_became_of_fires_is_written_down_and_next_ones_are_shown(self):
        self.stack.call("PUT", "/api/v1/calendars/none", {"holidays": [], "weekend": [0, 1, 2, 3, 4, 5, 6]})
        clock = {"type": "recurring", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
        def published(name, steps, **more):
            self.stack.publish_definition(definition(name, steps, payloadSchemaRef="payload.WorkflowClockTrigger.v1", trigger={**clock, **more}))
        def fired(name):
            subprocess.run([harness.temporal_cli(), "schedule", "trigger", "--schedule-id", f"fermata:default:{name}", "--address", self.stack.temporal],
                           check=True, capture_output=True, timeout=60)
        fires = lambda name: json.loads(self.stack.cli("clocks", "fires", name).stdout)["items"]
        published("never-a-day", [assign("a", x="1")], dayFilter="business", calendar="none")
        published("one-by-one", [event_wait("w", "CLOCK_GO", "payload.scheduledFor", lookbackMs=600_000)], overlap="queue")
        listed = lambda: subprocess.run([harness.temporal_cli(), "schedule", "list", "--address", self.stack.temporal, "--output", "json"],
                                        text=True, capture_output=True, check=True, timeout=60).stdout
        self.until(listed, lambda text: "never-a-day" in text and "one-by-one" in text)
        fired("never-a-day"), fired("one-by-one")
        row = self.until(lambda: fires("never-a-day"), bool)[0]
        self.assertEqual((row["outcome"], row["reason"], row["runId"]), ("SKIPPED", "the day is of a weekend", None))
        first = self.until(lambda: fires("one-by-one"), bool)[0]
        time.sleep(1.1)
        fired("one-by-one")
        rows = self.until(lambda: fires("one-by-one"), lambda rows: len(rows) == 2)
        self.assertEqual([r["outcome"] for r in rows], ["HELD", "LAUNCHED"])
        wakes = json.loads(self.stack.cli("runs", "diagnose", first["runId"]).stdout)
        self.assertIn("an event `CLOCK_GO` with the key", wakes["waits"][0]["wakes"])
        self.stack.call("POST", "/api/v1/events", {"eventName": "CLOCK_GO", "correlationKey": self.stack.run(first["runId"])["input"]["scheduledFor"], "payload": {}})
        self.until(lambda: fires("one-by-one"), lambda rows: [r["outcome"] for r in rows] == ["LAUNCHED", "LAUNCHED"])
        shown = json.loads(self.stack.cli("clocks", "show", "one-by-one").stdout)
        self.assertEqual((shown["status"], len(shown["nextFires"])), ("SCHEDULED", 10))
        described = json.loads(subprocess.run([harness.temporal_cli(), "schedule", "describe", "--schedule-id", "fermata:default:one-by-one", "--address",
                                               self.stack.temporal, "--output", "json"], text=True, capture_output=True, check=True, timeout=60).stdout)
        theirs = [t[:19] for t in described["info"]["futureActionTimes"]]
        self.assertTrue(theirs)
        self.assertEqual([f["at"][:19] for f in shown["nextFires"]][:len(theirs)], theirs)
        preview = json.loads(self.stack.cli("clocks", "preview", "30 2 * * *", "--timezone", "Europe/Berlin", "--after", "2026-10-24T12:00:00Z", "--count", "3").stdout)
        self.assertEqual([f["local"] for f in preview["items"]], ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"])
        self.stack.cli("workflows", "pause", "one-by-one")
        self.until(lambda: json.loads(subprocess.run([harness.temporal_cli(), "schedule", "describe", "--schedule-id", "fermata:default:one-by-one", "--address",
                                                      self.stack.temporal, "--output", "json"], text=True, capture_output=True, check=True, timeout=60).stdout),
                   lambda d: d["schedule"]["state"].get("paused"))
        self.assertEqual(json.loads(self.stack.cli("clocks", "show", "one-by-one").stdout)["status"], "PAUSED")

    def test_a_fire_that_cannot_be_launched_is_said_and_made_when_it_can_be(self):
        clock = {"type": "recurring", "cron": "30 2 * * *", "timezone": "UTC", "dayFilter": "business", "calendar": "not-yet"}
        self.stack.publish_definition(definition("failing-clock", [assign("a", x="1")], payloadSchemaRef="payload.WorkflowClockTrigger.v1", trigger=clock))
        self.until(lambda: subprocess.run([harness.temporal_cli(), "schedule", "trigger", "--schedule-id", "fermata:default:failing-clock", "--address",
                                           self.stack.temporal], check=False, capture_output=True, timeout=60).returncode, lambda code: code == 0)
        shown = lambda: self.stack.call("GET", "/api/v1/workflows/failing-clock/fires")["items"]
        failed = self.until(shown, bool)
        self.assertEqual([(f["outcome"], f["reason"], f["runId"]) for f in failed],
                         [("FAILED", "there is no calendar `not-yet` (CALENDAR_INVALID)", None)])
        self.assertEqual(json.loads(self.stack.cli("clocks", "fires", "failing-clock").stdout)["items"], failed)
        clock = self.stack.call("GET", "/api/v1/workflows/failing-clock/clock")
        self.assertEqual((clock["status"], clock["error"]["code"], clock["nextFires"]), ("FAILED", "CALENDAR_INVALID", []))
        self.stack.call("PUT", "/api/v1/calendars/not-yet", {"weekend": []})
        self.assertEqual(self.stack.call("GET", "/api/v1/workflows/failing-clock/clock")["status"], "SCHEDULED")
        made = self.until(shown, lambda items: items[0]["outcome"] != "FAILED")
        self.assertEqual([(f["outcome"], f["scheduledFor"]) for f in made], [("LAUNCHED", failed[0]["scheduledFor"])])
        self.assertEqual([r["runId"] for r in self.stack.call("GET", "/api/v1/runs?workflowId=failing-clock")["items"]], [made[0]["runId"]])


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


class RunsApi:
    """What people and the studio ask about runs; on each database."""

    def get(self, path):
        return self.stack.call("GET", "/api/v1" + path)

    def post(self, path, body):
        return self.stack.call("POST", "/api/v1" + path, body)

    def refused(self, method, path, body=None):
        with self.assertRaises(harness.Refused) as refused:
            self.stack.call(method, "/api/v1" + path, body)
        return refused.exception.status, refused.exception.problem["code"]

    def test_lists_filter_page_and_count(self):
        fail = [action("f", "workflow.fail", {"code": "LIST_NO", "message": "as asked"})]
        failed, _ = self.finished(fail)
        name = self.id().split(".")[-1].replace("_", "-")
        ids = [failed] + [self.stack.launch(name, {}) for _ in range(4)]
        for run in ids:
            self.stack.wait(run)
        self.stack.publish_definition(definition("other-list", [wait_ms("w", 3_600_000)]))
        waiting = self.stack.launch("other-list", {})
        self.parked(waiting)
        listed, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/runs?workflowId={name}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
            self.stack.launch("other-list", {})
            listed += [row["runId"] for row in page["items"]]
            cursor = page.get("nextCursor")
        self.assertEqual(sorted(listed), sorted(ids))
        self.assertNotIn("input", page["items"][0] if page["items"] else {})
        of = lambda query: {row["runId"] for row in self.get(f"/runs?limit=100&{query}")["items"]}  # noqa: E731
        self.assertEqual(of("search=LIST_NO"), set(ids))
        self.assertEqual(of(f"search={failed}"), {failed})
        self.assertEqual(of(f"workflowId={name}&status=RUNNING,WAITING"), set())
        self.assertIn(waiting, of("status=WAITING,FAILED&triggerType=api"))
        started = self.get(f"/runs/{waiting}")["startedAt"]
        self.assertIn(waiting, of(f"from={started}"))
        self.assertNotIn(waiting, of(f"to={started}"))
        counts = self.get(f"/run-counts?workflowId={name}")
        self.assertEqual((counts["total"], counts["isTotalExact"], counts["byStatus"]["FAILED"]["total"]), (5, True, 5))
        self.assertEqual(self.get(f"/runs?workflowId={name}&count=1&limit=1")["total"], 5)
        for query in ("status=LOST", "from=yesterday", "cursor=x", "limit=0"):
            self.assertEqual(self.refused("GET", f"/runs?{query}"), (400, "QUERY_INVALID"), query)

    def test_one_run_tells_its_steps_wait_and_children(self):
        self.stack.publish_definition(definition("api-child", [event_wait("e", "CHILD_GO", '"child"')]))
        run = self.launch([assign("a", x="1"), {"id": "call", "type": "control.callWorkflow", "workflowId": "api-child", "workflowVersion": 1,
                                                "inputMapping": {}}])
        children = self.until(lambda: self.get(f"/runs/{run}")["children"], lambda rows: rows and rows[0]["status"] == "WAITING")
        row = self.get(f"/runs/{run}")
        self.assertEqual((row["stepCounts"], row["currentStep"]["definitionStepId"]), ({"SUCCEEDED": 1, "STARTED": 1}, "call"))
        child = self.get(f"/runs/{children[0]['runId']}")
        self.assertEqual((child["currentWait"]["eventName"], child["rootRunId"]), ("CHILD_GO", run))
        below = self.get(f"/runs?rootRunId={run}")["items"]
        self.assertEqual({r["runId"] for r in below}, {run, child["runId"]})
        why = self.get(f"/runs/{child['runId']}/diagnosis")
        self.assertEqual((why["isStuck"], why["findings"][0]["code"]), (False, "WAITS_FOR_EVENT"))
        why = self.get(f"/runs/{run}/diagnosis")
        self.assertFalse(why["isStuck"])
        self.post("/events", {"eventName": "CHILD_GO", "payload": {}, "correlationKey": "child"})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([f["code"] for f in self.get(f"/runs/{run}/diagnosis")["findings"]], ["ENDED"])

    def test_a_long_run_is_seen_through_windows_sums_and_a_timeline(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..1500]"), "itemVar": "i", "onItemError": "continue", "body": [
            assign("add", n="i"), {"id": "if", "type": "control.if", "condition": expr("i % 500 = 7"),
                                   "then": [action("f", "workflow.fail", {"code": "SEVEN", "message": "as asked"})], "else": []}]}
        run, row = self.finished([loop])
        self.assertEqual(row["status"], "SUCCEEDED")
        sums = {s["stepPath"]: s for s in self.get(f"/runs/{run}/aggregates")["items"]}
        body = sums["root.steps[0].body.steps[0]"]
        self.assertEqual((body["total"], body["byStatus"]), (1500, {"SUCCEEDED": 1500}))
        self.assertLessEqual(body["minMs"], body["p50Ms"])
        self.assertLessEqual(body["p50Ms"], body["maxMs"])
        bad = sums["root.steps[0].body.steps[1].then.steps[0]"]
        failed = self.get(f"/runs/{run}/steps?path={bad['stepPath']}&limit=2")
        self.assertEqual((bad["total"], [s["iteration"] for s in failed["items"]][0]), (3, bad["firstFailedIteration"]))
        rest = self.get(f"/runs/{run}/steps?path={bad['stepPath']}&limit=2&after={failed['nextCursor']}")["items"]
        self.assertEqual(len(rest), 1)
        self.assertEqual(len(self.get(f"/runs/{run}/steps?path=root.steps[0].body.steps[0]&status=SUCCEEDED&limit=500")["items"]), 500)
        whole = self.get(f"/runs/{run}/timeline?px=50")
        self.assertGreater(whole["steps"], 2_000)
        self.assertEqual(sum(whole["buckets"]["n"]), whole["steps"])
        few = self.get(f"/runs/{run}/timeline?from={row['startedAt']}&to={self.get(f'/runs/{run}/steps?limit=1&after=100')['items'][0]['startedAt']}")
        self.assertEqual(few["steps"], len(few.get("rows", {}).get("t0", range(few["steps"]))))

    def test_a_cut_stream_loses_and_repeats_nothing(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..40]"), "itemVar": "i",
                "body": [wait_ms("w", 20), assign("add", n="i")]}
        run = self.launch([loop])
        seen, known = [], None
        for most in (1, 7, 30, None):
            reader = LiveReader(self.stack, run, known)
            self.assertEqual(reader.answer.headers["Content-Type"], "text/event-stream")
            events = reader.read(most)
            reader.cut()
            seen += events
            known = max(number for number, _, _ in seen)
        self.assertEqual(seen[-1][1], "end")
        numbers = [number for number, name, _ in seen if name != "end"]
        self.assertEqual(numbers, sorted(set(numbers)))
        latest = {row["stepNumber"]: row for _, name, row in seen if name == "step"}
        self.assertEqual([latest[n] for n in sorted(latest)], self.stack.steps(run))
        waits = {row["waitId"]: row for _, name, row in seen if name == "wait"}
        self.assertEqual(sorted(waits), sorted(w["waitId"] for w in self.get(f"/runs/{run}/waits")["items"]))
        self.assertEqual([row for _, name, row in seen if name == "run"][-1]["status"], "SUCCEEDED")
        # Later readers get the rows as they are in the end, and the end.
        after = LiveReader(self.stack, run)
        events = after.read()
        after.cut()
        self.assertEqual([row for _, name, row in events if name == "step"], sorted(self.stack.steps(run), key=lambda s: max(
            n for n, name, row in events if name == "step" and row["stepNumber"] == s["stepNumber"])))
        again = LiveReader(self.stack, run, numbers[-1])
        self.assertEqual([name for _, name, _ in again.read()], ["end"])
        again.cut()
        self.assertEqual(self.refused("GET", "/runs/nobody/stream"), (404, "NOT_FOUND"))

    def test_the_log_of_a_run_tells_what_its_author_its_steps_and_operators_did(self):
        steps = [action("hello", "log", {"level": "warn", "message": expr("'hi ' & payload.name"), "data": {"password": "p", "n": 1}}),
                 wait_ms("w", 300),
                 {"id": "try", "type": "control.tryCatch", "catch": [], "try": [
                     action("bad", "workflow.fail", {"code": "LOG_NO", "message": "as asked"})]},
                 action("away", "http.request", {"url": "http://127.0.0.1:1/"}, retry={"maxAttempts": 2, "backoffMs": 1},
                        onError={"policy": "continue"}),
                 event_wait("e", "LOG_GO", '"log"'), assign("last", x="1")]
        run = self.launch(steps, {"name": "Ann"})
        self.parked(run)
        self.until(lambda: self.stack.run(run)["nodePath"], lambda path: path == "root.steps[4]")
        self.post(f"/runs/{run}/pause", {"reason": "lunch"})
        self.post("/events", {"eventName": "LOG_GO", "payload": {}, "correlationKey": "log"})
        self.until(lambda: self.stack.run(run)["status"], lambda status: status == "PAUSED")
        self.post(f"/runs/{run}/resume", {"reason": "fed"})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        lines = self.get(f"/runs/{run}/logs?limit=500")["items"]
        told = [(r["level"], r["source"], r["message"]) for r in lines]
        self.assertEqual(told[0], ("INFO", "run", "run launched by api"))
        self.assertEqual(told[-1], ("INFO", "run", "run succeeded"))
        self.assertIn(("WARN", "author", "hi Ann"), told)
        self.assertIn(("ERROR", "step", "failed LOG_NO: as asked"), told)
        self.assertEqual([(r["level"], r["stepPath"]) for r in lines if r["source"] == "retry"], [("WARN", "root.steps[3]")])
        self.assertEqual([r["level"] for r in lines if r["message"].startswith("handled ")], ["WARN"])
        self.assertIn(("INFO", "run", "run paused: lunch"), told)
        self.assertIn(("INFO", "operator", "runs.pause by server: lunch"), told)
        author = next(r for r in lines if r["source"] == "author")
        self.assertEqual((author["stepPath"], author["data"]), ("root.steps[0]", {"password": "[REDACTED]", "n": 1}))
        self.assertEqual([r["at"] for r in lines], sorted(r["at"] for r in lines))
        paged, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/runs/{run}/logs?limit=2" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
            paged += page["items"]
            cursor = page.get("nextCursor")
        self.assertEqual(paged, lines)
        self.assertEqual([r["stepPath"] for r in self.get(f"/runs/{run}/logs?source=author,step&level=WARN")["items"]],
                         ["root.steps[0]", "root.steps[3]"])
        self.assertEqual(self.get(f"/runs/{run}/logs?order=newest&limit=1")["items"], lines[-1:])
        followed = self.stack.cli("runs", "logs", run, "--follow", "--json").stdout.splitlines()
        self.assertEqual([json.loads(line) for line in followed], lines)
        self.assertIn("hi Ann", self.stack.cli("runs", "logs", run).stdout)
        exported = json.loads(self.stack.cli("runs", "export", run).stdout)
        self.assertEqual([r["logId"] for r in exported["logs"]], [r["logId"] for r in lines])
        self.assertIn("hi Ann", self.stack.cli("runs", "export", run, "--format", "csv").stdout)
        for query in ("level=LOUD", "cursor=x", "order=any"):
            self.assertEqual(self.refused("GET", f"/runs/{run}/logs?{query}")[0], 400, query)

    def test_bulk_jobs_do_what_is_asked_of_many_runs_once(self):
        steps = [event_wait("e", "BULK_GO", "payload.key")]
        self.launch(steps, {"key": "0"})
        name = self.id().split(".")[-1].replace("_", "-")
        for i in range(1, 8):
            self.stack.launch(name, {"key": str(i)})
        ids = {r["runId"] for r in self.until(lambda: self.get(f"/runs?workflowId={name}&status=WAITING")["items"], lambda rows: len(rows) == 8)}
        facets = self.get(f"/run-facets?workflowId={name}")
        self.assertEqual((facets["total"], facets["status"]), (8, [{"value": "WAITING", "count": 8}]))
        paused = json.loads(self.stack.cli("runs", "bulk", "pause", "--workflow", name, "--reason", "many", "--wait").stdout)
        self.assertEqual((paused["state"], paused["byOutcome"]["DONE"]), ("DONE", 8))
        pauses = self.get(f"/audit?action=runs.pause&targetId={sorted(ids)[0]}")["items"]
        self.assertEqual([r["outcome"] for r in pauses], ["DONE"])
        some = sorted(ids)[:2]
        body = {"action": "cancel", "runIds": [*some, "nobody"], "reason": "three", "idempotencyKey": name}
        job = self.post("/bulk-jobs", body)
        self.assertEqual(self.post("/bulk-jobs", body)["jobId"], job["jobId"])
        done = self.until(lambda: self.get(f"/bulk-jobs/{job['jobId']}"), lambda j: j["state"] == "DONE")
        self.assertEqual(done["byOutcome"], {"DONE": 2, "FAILED": 1, "SKIPPED": 0})
        outcomes = {r["runId"]: (r["outcome"], r["code"]) for r in self.get(f"/bulk-jobs/{job['jobId']}/outcomes")["items"]}
        self.assertEqual(outcomes, {some[0]: ("DONE", ""), some[1]: ("DONE", ""), "nobody": ("FAILED", "NOT_FOUND")})
        for run in some:
            self.assertEqual(self.stack.wait(run)["status"], "CANCELED")
            audit = self.get(f"/audit?targetId={run}&action=runs.cancel")["items"]
            self.assertEqual([(r["outcome"], r["reason"]) for r in audit], [("DONE", f"bulk job {job['jobId']}: three")])
        again = json.loads(self.stack.cli("runs", "bulk", "replay", *some, "--wait").stdout)
        made = [r["createdId"] for r in self.get(f"/bulk-jobs/{again['jobId']}/outcomes")["items"]]
        self.assertEqual(sorted(self.get(f"/runs/{run}")["triggerMetadata"]["replayOfRunId"] for run in made), some)
        slow = self.post("/bulk-jobs", {"action": "cancel", "filter": {"workflowId": name}, "ratePerSecond": 1})
        self.until(lambda: self.get(f"/bulk-jobs/{slow['jobId']}")["through"], lambda n: n >= 1)
        self.post(f"/bulk-jobs/{slow['jobId']}/stop", {})
        stopped = self.until(lambda: self.get(f"/bulk-jobs/{slow['jobId']}"), lambda j: j["state"] == "STOPPED")
        self.assertLess(stopped["through"], 8)
        self.stack.cli("runs", "bulk", "cancel", "--workflow", name, "--status", "RUNNING,WAITING,PAUSED", "--wait")
        self.until(lambda: self.get(f"/runs?workflowId={name}&status=RUNNING,WAITING,PAUSED")["items"], lambda rows: not rows)
        for wrong in ({"action": "cancel"}, {"action": "cancel", "filter": {}}, {"action": "cancel", "filter": {"search": "x"}, "runIds": ["r"]}):
            self.assertEqual(self.refused("POST", "/bulk-jobs", wrong), (400, "BULK_INVALID"), wrong)
        self.assertEqual(self.refused("GET", "/bulk-jobs/nobody"), (404, "NOT_FOUND"))

    def test_filters_are_saved_under_names(self):
        name = self.id().split(".")[-1]
        self.stack.call("PUT", f"/api/v1/run-views/{name}", {"query": {"status": ["FAILED"], "search": "NO"}, "shared": True})
        mine = [v for v in self.get("/run-views")["items"] if v["name"] == name]
        self.assertEqual([(v["query"], v["isOwn"], v["shared"]) for v in mine], [({"status": ["FAILED"], "search": "NO"}, True, True)])
        self.assertEqual(self.refused("PUT", f"/run-views/{name}", {"query": {"status": ["LOST"]}})[0], 400)
        self.stack.call("DELETE", f"/api/v1/run-views/{name}")
        self.assertEqual(self.refused("DELETE", f"/run-views/{name}"), (404, "NOT_FOUND"))

    def test_a_workflow_whose_runs_fail_pauses_itself(self):
        fail = [action("f", "workflow.fail", {"code": "PAUSE_NO", "message": "as asked"})]
        self.finished(fail)
        name = self.id().split(".")[-1].replace("_", "-")
        put = lambda body: self.stack.call("PUT", f"/api/v1/workflows/{name}/settings", body)  # noqa: E731
        self.assertFalse(self.get(f"/workflows/{name}/settings")["autoPauseOnFailure"])
        put({"autoPauseOnFailure": True, "failureRateThreshold": 0.5, "failureRateMinRuns": 2})
        for _ in range(2):
            self.stack.wait(self.stack.launch(name, {}))
        self.until(lambda: self.get(f"/workflows/{name}/settings")["paused"], bool)
        self.assertEqual(self.refused("POST", f"/workflows/{name}/runs", {"payload": {}}), (409, "WORKFLOW_PAUSED"))
        self.assertEqual([r["actor"] for r in self.get(f"/audit?action=workflows.auto-pause&targetId={name}")["items"]], ["fermata"])
        self.assertFalse(put({"paused": False})["paused"])
        self.stack.wait(self.stack.launch(name, {}))

    def test_one_stream_tells_of_many_topics_and_goes_on_where_it_was_cut(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..60]"), "itemVar": "i",
                "body": [wait_ms("w", 30), assign("add", n="i")]}
        run = self.launch([loop])
        steps, numbers, waits, known, listed = {}, [], {}, None, set()
        for most in (1, 3, None):
            reader = TopicReader(self.stack, f"run:{run},runs,tasks,system", known)
            for number, topic in reader.read(most, until=lambda t: t.get("end")):
                known = number
                if topic["topic"] == f"run:{run}":
                    numbers.append(int(topic["seq"]))
                    steps |= {row["stepNumber"]: row for row in topic.get("steps", [])}
                    waits |= {row["waitId"]: row for row in topic.get("waits", [])}
                    self.assertNotIn("dirty", topic)
                if topic["topic"] == "runs" and "rows" in topic:
                    listed |= {(row["runId"], row["status"]) for row in topic["rows"]}
            reader.cut()
        self.assertEqual(numbers, sorted(numbers))
        self.assertEqual([steps[n] for n in sorted(steps)], self.stack.steps(run))
        self.assertEqual(sorted(waits), sorted(w["waitId"] for w in self.get(f"/runs/{run}/waits")["items"]))
        whole = TopicReader(self.stack, f"run:{run}")
        self.assertTrue(any(topic.get("end") for _, topic in whole.read(None)))
        whole.cut()
        system = TopicReader(self.stack, "system")
        self.assertEqual([row["store"] for _, topic in system.read(1) for row in topic["rows"]], ["ok"])
        system.cut()
        changes = TopicReader(self.stack, "runs")
        self.assertTrue(next(iter(changes.read(1)))[1]["dirty"])
        later = self.stack.launch(self.id().split(".")[-1].replace("_", "-"), {})
        seen = [row["runId"] for _, topic in changes.read(None, until=lambda t: any(r["runId"] == later for r in t.get("rows", []))) for row in topic["rows"]]
        self.assertIn(later, seen)
        changes.cut()
        self.assertEqual(self.refused("GET", "/stream?topics=run:nobody"), (404, "NOT_FOUND"))
        for query in ("", "topics=moon", "topics=runs&after=x"):
            self.assertEqual(self.refused("GET", f"/stream?{query}")[0], 400, query)

    def test_of_a_run_that_is_too_fast_the_stream_tells_sums_and_where_to_look(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..1500]"), "itemVar": "i", "body": [assign("add", n="i")]}
        run, _ = self.finished([loop])
        reader = TopicReader(self.stack, f"run:{run}")
        topics = [topic for _, topic in reader.read(None)]
        reader.cut()
        self.assertEqual((topics[0]["dirty"], topics[0]["aggregates"][-1]["total"]), ({"fromStep": 1, "toStep": 1501}, 1500))
        self.assertTrue(topics[-1]["end"])

    def test_a_replay_takes_the_original_input_or_another(self):
        secret = {"password": "hidden", "n": 20}
        steps = [assign("a", size="$length(payload.password)", n="payload.n + 1")]
        run, row = self.finished(steps, secret)
        self.assertNotIn("hidden", json.dumps(self.get(f"/runs/{run}")))
        again = self.post(f"/runs/{run}/replay", {"reason": "once more"})
        self.assertEqual((again["replayOfRunId"], again["workflowVersion"]), (run, 1))
        self.assertNotEqual(again["runId"], run)
        replayed = self.stack.wait(again["runId"])
        self.assertEqual((replayed["output"]["vars"], replayed["triggerType"], replayed["triggerMetadata"]),
                         (row["output"]["vars"], "replay", {"replayOfRunId": run, "reason": "once more", "isEdited": False}))
        name = self.id().split(".")[-1].replace("_", "-")
        self.stack.publish_definition(definition(name, [assign("a", n="payload.n + 100")]))
        edited = json.loads(self.stack.cli("runs", "replay", run, "--payload", str(self.file("edited.json", {"n": 1})), "--latest").stdout)
        self.assertEqual(edited["workflowVersion"], 2)
        self.assertEqual(self.stack.wait(edited["runId"])["output"]["vars"]["n"], 101)
        empty = self.post(f"/runs/{run}/replay", {"payload": {}})
        self.assertEqual(self.stack.wait(empty["runId"])["status"], "FAILED")
        self.assertEqual(self.refused("POST", f"/runs/{run}/replay", {"version": 3}), (400, "BODY_INVALID"))
        self.assertEqual(self.refused("POST", f"/runs/{run}/replay", {"version": "third"}), (400, "BODY_INVALID"))
        self.assertEqual(self.refused("POST", "/runs/nobody/replay", {}), (404, "NOT_FOUND"))

    def file(self, name, value):
        path = self.stack.data / name
        path.write_text(json.dumps(value))
        return path

    def test_every_operator_action_is_in_the_audit_log(self):
        run, _ = self.finished([assign("a", x="1")])
        self.assertEqual(self.refused("POST", f"/runs/{run}/cancel", {"reason": "too late"})[0], 409)
        again = self.post(f"/runs/{run}/replay", {"reason": "for the log"})["runId"]
        log = self.get(f"/audit?targetId={run}")["items"]
        self.assertEqual([(r["action"], r["outcome"], r["code"], r["reason"], r["createdId"]) for r in log],
                         [("runs.replay", "DONE", "", "for the log", again), ("runs.cancel", "REFUSED", "RUN_NOT_ACTIVE", "too late", "")])
        self.assertTrue(all(r["actor"] == "server" and self.stack.token not in json.dumps(r) for r in log))
        name = self.id().split(".")[-1].replace("_", "-")
        self.assertEqual([r["action"] for r in self.get(f"/audit?targetId={name}")["items"]], ["workflows.create"])
        self.assertEqual([r["targetId"] for r in self.get(f"/audit?action=runs.replay&targetId={again}")["items"]], [run])
        first = self.get("/audit?limit=1")
        self.assertNotEqual(self.get(f"/audit?limit=1&cursor={first['nextCursor']}")["items"], first["items"])

    def test_an_export_has_every_row(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..600]"), "itemVar": "i", "body": [assign("add", n="i")]}
        run, row = self.finished([loop, wait_ms("w", 20), action("note", "http.request", {"method": "GET", "url": f"{self.shop}/journal"})],
                                 {"token": "hidden", "formula": "=1+1"})
        whole = json.loads(self.stack.cli("runs", "export", run).stdout)
        self.assertEqual((whole["run"]["runId"], len(whole["steps"]), len(whole["waits"]), len(whole["invocations"])), (run, 603, 1, 1))
        self.assertEqual(whole["steps"], self.stack.steps(run))
        text = self.stack.cli("runs", "export", run, "--format", "csv").stdout
        lines = list(csv.DictReader(text.splitlines()))
        self.assertEqual([sum(line["kind"] == kind for line in lines) for kind in ("run", "step", "wait", "invocation")], [1, 603, 1, 1])
        self.assertNotIn("hidden", json.dumps(whole) + text)
        self.assertEqual(self.refused("GET", f"/runs/{run}/export?format=xml"), (400, "QUERY_INVALID"))

    def test_expressions_are_tried_on_the_data_of_a_run(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("payload.names"), "itemVar": "who",
                "body": [assign("a", last="who"), event_wait("e", "NEVER", '"x"')]}
        run = self.launch([loop], {"names": ["ann", "bob"], "apiKey": "hidden"})
        self.parked(run)
        ask = lambda source, **more: self.post(f"/runs/{run}/evaluate", {"source": source, **more})  # noqa: E731
        self.assertEqual(ask("who & ' of ' & $count(payload.names)")["value"], "ann of 2")
        self.assertEqual(ask("vars.last")["currentStepPath"], "root.steps[0].body.steps[1]")
        self.assertFalse(ask("vars.nothing")["hasValue"])
        self.assertNotIn("hidden", json.dumps(ask("payload")))
        self.assertEqual([f["code"] for f in ask("who", path="root.steps[0]")["findings"]], ["NOT_AT_PATH"])
        self.assertFalse(ask("1 +")["hasValue"])
        self.assertTrue(ask("1 +")["findings"])
        self.assertEqual(self.refused("POST", f"/runs/{run}/evaluate", {}), (400, "EXPRESSION_INVALID"))
        self.post(f"/runs/{run}/cancel", {"reason": "over"})
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")


class RunsApiOnSqlite(RunsApi, OnRealParts):
    pass


class RunsApiOnPostgres(RunsApi, OnRealPostgres):
    pass


class Stuck(unittest.TestCase):
    def test_a_run_that_no_worker_takes_says_so_after_a_minute(self):
        with harness.Stack(worker=False) as stack:
            stack.publish_definition(definition("alone", [assign("a", x="1")]))
            run = stack.launch("alone", {})
            deadline = time.monotonic() + 2 * harness.PATIENCE_S
            while not (why := stack.call("GET", f"/api/v1/runs/{run}/diagnosis"))["isStuck"]:
                self.assertEqual([f["code"] for f in why["findings"]], ["MOVING"])
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.5)
            self.assertIn("NO_POLLER", [f["code"] for f in why["findings"]])
            self.assertEqual(run_program("runs", "diagnose", run, "--data", stack.data).returncode, 1)
            reader = LiveReader(stack, run)
            self.assertEqual(reader.read(1)[0][1], "run")
            # A worker that cannot read the definition: the run's task fails, and is tried again.
            self.rename(stack, "workflow_definition_versions", "hidden")
            worker = harness.Process([harness.program(), "worker", "--data", str(stack.data), "--temporal-address", stack.temporal],
                                     stack.data / "worker.log")
            try:
                while "TASK_FAILING" not in (codes := [f["code"] for f in stack.call("GET", f"/api/v1/runs/{run}/diagnosis")["findings"]]):
                    self.assertLess(time.monotonic(), deadline, codes)
                    time.sleep(0.2)
                self.rename(stack, "hidden", "workflow_definition_versions")
                self.assertEqual([name for _, name, _ in reader.read()][-1], "end")
                self.assertEqual(stack.run(run)["status"], "SUCCEEDED")
            finally:
                worker.stop()
                reader.cut()

    def rename(self, stack, table, to):
        with contextlib.closing(sqlite3.connect(stack.data / "fermata.db", timeout=10)) as db, db:
            db.execute(f"ALTER TABLE {table} RENAME TO {to}")


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
        """D14: and its row says so."""
        self.stack.publish_definition(definition("tampered", [assign("a", x="1")]))
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            changed = db.execute("UPDATE workflow_definition_versions SET definition_json = replace(definition_json, '\"1\"', '\"2\"')"
                                 " WHERE workflow_id = 'tampered'").rowcount
        self.assertEqual(changed, 1)
        row = self.stack.wait(self.stack.launch("tampered", {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "DEFINITION_HASH_MISMATCH"))

    def test_a_locked_database_delays_and_loses_nothing(self):
        """D13: what cannot be written for a while is no error of the author's."""
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


class Access(OnRealParts):
    """Keys with roles, and what happens without one."""

    def caller(self, role, **more):
        made = json.loads(self.stack.cli("keys", "create", f"a {role}", "--role", role, *(part for pair in more.items() for part in pair)).stdout)
        return made["keyId"], harness.Api(self.stack.api, made["key"], self.stack.data)

    def refused(self, caller, method, path, body=None):
        with self.assertRaises(harness.Refused) as refusal:
            caller.call(method, path, body)
        return refusal.exception.status, refusal.exception.problem["code"]

    def test_every_role_may_what_it_should_and_no_more(self):
        self.stack.publish_definition(definition("open", [assign("a", x="1")]))
        answers = {}
        for role in ("viewer", "operator", "author", "admin"):
            _, caller = self.caller(role)
            self.assertEqual(caller.call("GET", "/api/v1/me"), {"name": f"a {role}", "role": role, "tenant": "default"})
            self.assertTrue(caller.call("GET", "/api/v1/workflows")["items"])
            for what, method, path, body in (("launch", "POST", "/api/v1/workflows/open/runs", {"payload": {}}),
                                             ("write", "PUT", "/api/v1/payload-schemas/payload.Access.v1", {"type": "object"}),
                                             ("keys", "GET", "/api/v1/api-keys", None)):
                try:
                    caller.call(method, path, body)
                    answers[role, what] = True
                except harness.Refused as refusal:
                    self.assertEqual((refusal.status, refusal.problem["code"]), (403, "ROLE_TOO_LOW"))
                    answers[role, what] = False
        self.assertEqual([answers["viewer", what] for what in ("launch", "write", "keys")], [False, False, False])
        self.assertEqual([answers["operator", what] for what in ("launch", "write", "keys")], [True, False, False])
        self.assertEqual([answers["author", what] for what in ("launch", "write", "keys")], [True, True, False])
        self.assertEqual([answers["admin", what] for what in ("launch", "write", "keys")], [True, True, True])

    def test_a_key_that_is_revoked_or_wrong_opens_nothing(self):
        key_id, caller = self.caller("admin")
        caller.call("GET", "/api/v1/runs")
        self.stack.cli("keys", "revoke", key_id)
        self.assertEqual(self.refused(caller, "GET", "/api/v1/runs"), (401, "TOKEN_INVALID"))
        stranger = harness.Api(self.stack.api, "fk_000000000000_0", self.stack.data)
        self.assertEqual(self.refused(stranger, "GET", "/api/v1/runs"), (401, "TOKEN_INVALID"))
        listed = json.loads(self.stack.cli("keys", "list").stdout)["items"]
        self.assertTrue(next(key for key in listed if key["keyId"] == key_id)["revokedAt"])
        self.assertNotIn("secret", json.dumps(listed).lower())

    def test_no_route_lets_a_stranger_in(self):
        for method, path in (("GET", "/api/v1/runs"), ("POST", "/api/v1/workflows"), ("DELETE", "/api/v1/api-keys/x"), ("GET", "/api/v1/me")):
            request = urllib.request.Request(self.stack.api + path, method=method, data=b"{}" if method == "POST" else None)
            with self.assertRaises(urllib.error.HTTPError) as refusal:
                urllib.request.urlopen(request, timeout=harness.PATIENCE_S)
            self.assertEqual(refusal.exception.code, 401)
            self.assertEqual(refusal.exception.headers["WWW-Authenticate"], "Bearer")


class OtherWorkers(OnRealParts):
    """Activities of a worker in Python, on a queue of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sdk = subprocess.run([ROOT / "tools/fetch_python.sh", "python-sdk", "tests/e2e/requirements.txt"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
        worker = harness.Process([sys.executable, str(ROOT / "tests/e2e/activities.py"), cls.stack.temporal, "stock"],
                                 cls.stack.data / "activities.log", env=dict(os.environ, PYTHONPATH=sdk))
        cls.exits.callback(worker.stop)
        worker.first_line(lambda line: line or None)

    @staticmethod
    def activity(activity_type, arguments, queue="stock", **more):
        return action("call", "temporal.activity", {"taskQueue": queue, "activityType": activity_type, "arguments": arguments}, **more)

    def test_its_result_is_the_steps_output(self):
        run, row = self.finished([self.activity("reserve", [expr("payload.sku"), 3], config={"saveAs": "vars.got"})], {"sku": "A-1"})
        self.assertEqual(row["status"], "SUCCEEDED", row)
        got = row["output"]["vars"]["got"]
        self.assertEqual((got["sku"], got["count"]), ("A-1", 3))
        self.assertRegex(got["key"], "^[0-9a-f]{64}$")
        # One activity, in the queue's own words: no local activity and no other try.
        scheduled = [event["activityTaskScheduledEventAttributes"] for event in self.stack.history(run)
                     if event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"]
        self.assertEqual([(one["taskQueue"]["name"], one["activityType"]["name"]) for one in scheduled], [("stock", "reserve")])

    def test_its_error_type_can_be_caught_as_a_code(self):
        _, row = self.finished([{"id": "guard", "type": "control.tryCatch", "captureErrorAs": "why", "catchOn": ["NoStock"],
                                 "try": [self.activity("reserve", ["A-1", 11])], "catch": []}])
        self.assertEqual(row["status"], "SUCCEEDED", row)
        why = row["output"]["vars"]["why"]
        self.assertEqual((why["category"], why["code"], why["message"], why["details"]),
                         ("ActionError", "NoStock", "not enough in stock", {"left": 10}))

    def test_it_is_tried_again_as_the_step_says(self):
        _, row = self.finished([self.activity("flaky", ["a"], retry={"maxAttempts": 2, "backoffMs": 10, "retryOn": ["Busy"]},
                                              config={"saveAs": "vars.calls"})])
        self.assertEqual((row["status"], row["output"]["vars"]["calls"]), ("SUCCEEDED", 2), row)

    def test_a_queue_that_nobody_polls_is_a_timeout(self):
        _, row = self.finished([self.activity("reserve", [], queue="nobody", config={"timeoutMs": 500})])
        self.assertEqual((row["status"], row["error"]["category"]), ("FAILED", "TimeoutError"), row)

    def test_our_own_queue_is_refused(self):
        _, row = self.finished([self.activity("fermata.action", [], queue="workflow-runtime-v2")])
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "QUEUE_RESERVED"), row)

    def test_a_canceled_run_does_not_wait_for_it(self):
        run = self.launch([action("call", "temporal.activity", {"taskQueue": "stock", "activityType": "endless", "heartbeatTimeoutMs": 2_000},
                                  config={"timeoutMs": 60_000})])
        self.until(lambda: self.stack.history(run),
                   lambda events: any(event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED" for event in events))
        self.stack.cli("runs", "cancel", run)
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")


class Deployed(unittest.TestCase):
    """Server and worker as processes of their own, before a Temporal that wants TLS, client certificates and a key."""

    KEY = "front-door-key-7"

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.temporal = cls.exits.enter_context(harness.Stack(worker=False))
        cls.folder = pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory(prefix="fermata-")))
        for name in ("authority", "stranger"):
            cls.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                        "-keyout", f"{name}.key", "-out", f"{name}.pem")
        for name in ("front", "client"):
            cls.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                        "-keyout", f"{name}.key", "-out", f"{name}.csr")
            (cls.folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}.test\nbasicConstraints=CA:FALSE\n")
            cls.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2",
                        "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        (cls.folder / "key").write_text(cls.KEY + "\n")
        (cls.folder / "wrong").write_text("another-key\n")
        cls.front = cls.node("proxy", cls.temporal.temporal, *(cls.folder / name for name in ("front.pem", "front.key", "authority.pem")), cls.KEY)
        cls.collected = cls.folder / "collected"
        cls.collector = cls.node("collector", cls.collected)

    @classmethod
    def tearDownClass(cls):
        cls.exits.close()

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *arguments], cwd=cls.folder, check=True, capture_output=True, text=True)

    @classmethod
    def node(cls, *arguments):
        """The address that a test end in Node listens on."""
        end = harness.Process(["node", str(ROOT / "tests/e2e/grpc_front.mjs"), *map(str, arguments)], cls.folder / "node.log")
        cls.exits.callback(end.stop)
        return "127.0.0.1:" + end.first_line(lambda line: line.split()[-1] if line.startswith("listening on") else None)

    def connection(self, **changes):
        files = {"api-key-file": "key", "tls-ca": "authority.pem", "tls-cert": "client.pem", "tls-key": "client.key", **changes}
        options = ["--temporal-address", self.front, "--temporal-tls-name", "front.test", "--data", str(self.folder / "data")]
        for flag, name in files.items():
            options += [] if name is None else [f"--temporal-{flag}", str(self.folder / name)]
        return options

    def test_runs_work_through_the_front_door_and_are_measured(self):
        with contextlib.ExitStack() as ends:
            server = harness.Process([harness.program(), "server", "--port", "0", "--print-json", "--metrics-address", "127.0.0.1:0",
                                      *self.connection()], self.folder / "server.log")
            ends.callback(server.stop)
            ready = server.first_line(lambda line: json.loads(line) if line.startswith("{") else None)
            worker = harness.Process([harness.program(), "worker", "--otlp-url", f"http://{self.collector}", *self.connection()],
                                     self.folder / "worker.log")
            ends.callback(worker.stop)
            stack = harness.Api(ready["api"], ready["token"], self.folder)
            stack.publish_definition(definition("deployed", [action("a", "log", {"message": "hello"}), wait_ms("w", 200)]))
            self.assertEqual(stack.wait(stack.launch("deployed", {}))["status"], "SUCCEEDED")
            deadline = time.monotonic() + harness.PATIENCE_S
            while not (self.collected.exists() and b"temporal_workflow_task" in self.collected.read_bytes()):
                self.assertLess(time.monotonic(), deadline, "no metrics at the collector")
                time.sleep(0.2)

    def refused(self, **changes):
        said = run_program("worker", *self.connection(**changes))
        self.assertIn(said.returncode, (1, 3), said.stderr)
        return said.stderr

    def test_who_is_not_let_in_is_told_so(self):
        self.assertIn("TEMPORAL_DENIED", self.refused(**{"api-key-file": "wrong"}))
        self.assertIn("TEMPORAL_UNAVAILABLE", self.refused(**{"tls-ca": "stranger.pem"}))
        self.assertIn("TEMPORAL_UNAVAILABLE", self.refused(**{"tls-cert": None, "tls-key": None}))
        self.assertIn("FILE_UNREADABLE", self.refused(**{"tls-ca": "absent.pem"}))


class BulkRestart(OnRealParts):
    """A bulk job goes on after the server was killed over it, and acts once on each run."""

    RUNS = 12

    def change(self, sql):
        """The database, while no server uses it."""
        with contextlib.closing(sqlite3.connect(self.stack.data / "fermata.db")) as database, database:
            database.execute(sql)

    def job(self, **asked):
        return self.stack.call("POST", "/api/v1/bulk-jobs", {"ratePerSecond": 4, "reason": "many", **asked})["jobId"]

    def at(self, job):
        return self.stack.call("GET", f"/api/v1/bulk-jobs/{job}")

    def outcomes(self, job):
        return {row["runId"]: row for row in self.stack.call("GET", f"/api/v1/bulk-jobs/{job}/outcomes?limit=100")["items"]}

    def begin(self):
        """The runs that each job is for, waiting, and the jobs."""
        runs = {}
        for asked in ("pause", "cancel", "replay"):
            name = f"bulk-{asked}"
            self.stack.publish_definition(definition(name, [event_wait("w", "NEVER", '"never"')]))
            runs[asked] = sorted(self.stack.launch(name, {}) for _ in range(self.RUNS))
            type(self).launched += self.RUNS
            for run in runs[asked]:
                self.parked(run)
        jobs = {"pause": self.job(action="pause", filter={"workflowId": "bulk-pause"}),
                "cancel": self.job(action="cancel", runIds=runs["cancel"]), "replay": self.job(action="replay", runIds=runs["replay"])}
        return runs, jobs

    def test_what_a_killed_server_left_half_done_is_done_once(self):
        runs, jobs = self.begin()
        self.until(lambda: [self.at(job)["through"] for job in jobs.values()], lambda counts: min(counts) >= 3)
        self.stack.dev.kill()
        # As if it had died between the doing and the writing down.
        for job in jobs.values():
            self.change(f"DELETE FROM workflow_bulk_outcomes WHERE job_id = '{job}' AND run_id = (SELECT min(run_id) FROM workflow_bulk_outcomes WHERE job_id = '{job}')")
            self.change(f"UPDATE workflow_bulk_jobs SET place = '' WHERE job_id = '{job}' AND state = 'RUNNING'")
        self.stack.start()
        half = [self.at(job) for job in jobs.values()]
        self.assertEqual([job["state"] for job in half], ["RUNNING"] * 3)
        self.assertLess(max(job["through"] for job in half), self.RUNS)
        for asked, job in jobs.items():
            done = self.until(lambda job=job: self.at(job), lambda row: row["state"] == "DONE")
            self.assertEqual(done["byOutcome"], {"DONE": self.RUNS, "FAILED": 0, "SKIPPED": 0}, asked)
            self.assertEqual(sorted(self.outcomes(job)), runs[asked])
            for run in runs[asked]:
                audit = self.stack.call("GET", f"/api/v1/audit?targetId={run}&action=runs.{asked}")["items"]
                self.assertEqual([row["outcome"] for row in audit], ["DONE"], run)
        for run in runs["pause"]:
            signals = [event for event in self.stack.history(run) if event["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"]
            self.assertEqual(len(signals), 1, run)
        for run in runs["cancel"]:
            self.assertEqual(self.stack.wait(run)["status"], "CANCELED")
        made = {run: row["createdId"] for run, row in self.outcomes(jobs["replay"]).items()}
        again = self.stack.call("GET", "/api/v1/runs?workflowId=bulk-replay&limit=100")["items"]
        self.assertEqual(sorted(row["runId"] for row in again), sorted([*runs["replay"], *made.values()]))


class BulkRestartOnPostgres(BulkRestart, OnRealPostgres):
    def change(self, sql):
        self.postgres.query(sql)


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
