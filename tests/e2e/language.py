"""What definitions do on the real parts: language.py PROGRAM [unittest options]."""

import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from parts import ROOT, OnRealParts, action, assign, definition, event_wait, expr, harness, run_program, wait_ms


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

    def order(self, order_id, **more):
        """The order flow on its own input but for this; its row, and what the shop did, each once."""
        given = json.loads((ROOT / "examples/order-flow/input.json").read_text()) | {"orderId": order_id, "shopUrl": self.shop, **more}
        run = self.stack.launch("order-flow", given)
        row = self.stack.wait(run)
        self.assertEqual(row["status"], "SUCCEEDED", row)
        entries = harness.journal(self.shop)
        reserved = [entry["result"]["reservationId"] for entry in entries if entry["kind"] == "reservation" and entry["body"]["orderId"] == order_id]
        did = [entry["kind"] for entry in entries if entry["body"].get("orderId") == order_id or entry["body"].get("reservationId") in reserved]
        keys = [one["idempotencyKey"] for one in self.stack.call("GET", f"/api/v1/runs/{run}/invocations?limit=500")["items"] if one["status"] == "SUCCEEDED"]
        self.assertEqual((len(did), len(set(keys))), (len(keys), len(keys)))
        return run, row, did

    def test_the_order_flow_ships_or_gives_everything_back(self):
        self.stack.publish(ROOT / "examples/order-flow/definition.json")
        run, row, did = self.order("order-paid")
        self.assertEqual((row["output"]["meta"]["state"], row["output"]["vars"]["total"]), ("SHIPPED", 646.8))
        self.assertEqual(did, ["reservation"] * 3 + ["payment", "shipment"])
        attempts = [step["attempt"] for step in self.stack.steps(run) if step["definitionStepId"] == "reserve"]
        self.assertEqual(attempts, [2, 1, 1])
        _, row, did = self.order("order-declined", card="declined")
        self.assertEqual((row["output"]["meta"]["state"], row["output"]["vars"]["why"]["category"]), ("CANCELLED", "ActionError"))
        self.assertEqual(did, ["reservation"] * 3 + ["release"] * 3)
        _, row, did = self.order("order-empty", lines=[])
        self.assertEqual((row["output"]["meta"]["state"], did), ("EMPTY", []))

    def test_the_ticket_example_is_answered_or_escalated(self):
        self.stack.publish(ROOT / "examples/ticket-escalation/definition.yaml")
        runs = {}
        for ticket in ("answered", "late"):
            sent = self.stack.call("POST", "/api/v1/events", {"eventName": "TICKET_OPENED", "payload": {"ticketId": ticket, "subject": "it hums"}})
            runs[ticket] = sent["deliveries"][0]["details"]["runId"]
        self.stack.call("POST", "/api/v1/events", {"eventName": "TICKET_ANSWERED", "correlationKey": "answered", "payload": {"isInternal": False, "agent": "ada"}})
        task = self.until(lambda: self.stack.call("GET", f"/api/v1/tasks?runId={runs['late']}")["items"])[0]
        self.assertEqual(task["title"], "Nobody answered: it hums")
        self.stack.call("POST", f"/api/v1/tasks/{task['taskId']}/answer", {"response": {"agent": "bob"}})
        rows = {ticket: self.stack.wait(run) for ticket, run in runs.items()}
        self.assertEqual({ticket: (row["output"]["meta"]["state"], row["output"]["vars"]["answeredBy"]) for ticket, row in rows.items()},
                         {"answered": ("ANSWERED", "ada"), "late": ("ESCALATED", "bob")})

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
        row = self.stack.wait(self.stack.launch(self.own_name(), {"n": 1, "fails": True}))
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
