"""One-time and recurring triggers, and what holds launches up: schedules.py PROGRAM [unittest options].

clocks.py waits for minutes of the real clock; here Temporal is told to fire.
"""

import datetime
import json
import subprocess
import time
import unittest

from parts import OnRealParts, assign, definition, event_wait, expr, harness


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
