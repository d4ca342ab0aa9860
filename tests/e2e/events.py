"""Events, triggers, people and pauses: events.py PROGRAM [unittest options]."""

import json
import sqlite3
import threading
import unittest

from parts import OnRealParts, assign, definition, event_wait, expr, harness


class Events(OnRealParts):
    def send(self, name, payload, **more):
        return self.stack.call("POST", "/api/v1/events", {"eventName": name, "payload": payload, **more})

    def test_an_event_resumes_the_run_with_its_key_and_no_other(self):
        steps = [event_wait("w", "PAID", "payload.order", assign={"vars.amount": expr("vars.event.amount")})]
        first = self.launch(steps, {"order": "A"})
        name = self.own_name()
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
        name = self.own_name()
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
        name = self.own_name()
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
        other = self.stack.launch(self.own_name(), {})
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
