"""Clocks on the real parts, under the real clock: clocks.py PROGRAM [unittest options].

Server, worker and Temporal are processes of their own, on PostgreSQL. Several workflows share five minutes that follow each other; in
the third Temporal is stopped, in the fourth the worker. So it takes about seven minutes, of which nearly all is waiting.
"""

import contextlib
import datetime
import time
import unittest

from deployment import Deployment, insist

CLOCK = "payload.WorkflowClockTrigger.v1"
NO_DAY = {"holidays": [], "weekend": [0, 1, 2, 3, 4, 5, 6]}


def definition(workflow_id, trigger, steps=None):
    return {"id": workflow_id, "version": 1, "name": workflow_id, "payloadSchemaRef": CLOCK, "trigger": trigger,
            "steps": steps or [{"id": "a", "type": "transform.assign", "config": {"assign": {"vars.x": {"$expr": "1"}}}}]}


def waits_for(event):
    return [{"id": "w", "type": "event.wait", "config": {"eventName": event, "correlationKey": {"$expr": "payload.scheduledFor"},
                                                        "lookbackMs": 3_600_000}}]


class Fires(unittest.TestCase):
    def setUp(self):
        self.exits = contextlib.ExitStack()
        self.addCleanup(self.exits.close)
        self.parts = Deployment(self.exits, with_redis=False)

    def publish(self, name, trigger, steps=None):
        insist(lambda: self.parts.api.publish_definition(definition(name, trigger, steps)))

    def call(self, method, path, body=None):
        return insist(lambda: self.parts.api.call(method, "/api/v1" + path, body))

    def fires(self, name):
        """Oldest first: (minute, outcome, reason, run id)."""
        rows = self.call("GET", f"/workflows/{name}/fires")["items"]
        return [(row["scheduledFor"][14:16], row["outcome"], row["reason"], row["runId"]) for row in reversed(rows)]

    def outcomes(self, name):
        return [(minute, outcome) for minute, outcome, _, _ in self.fires(name)]

    def sleep_until(self, minute, seconds):
        wanted = self.begin + datetime.timedelta(minutes=minute, seconds=seconds)
        time.sleep(max(0.0, (wanted - datetime.datetime.now(datetime.timezone.utc)).total_seconds()))

    def recurring(self, minutes, **more):
        return {"type": "recurring", "cron": f"{','.join(str(int(m)) for m in sorted(minutes))} * * * *", "timezone": "UTC", **more}

    def publish_all(self, at):
        self.call("PUT", "/calendars/none", NO_DAY)
        self.publish("long", self.recurring(at))
        self.publish("short", self.recurring(at, catchUpMs=10_000))
        self.publish("skipping", self.recurring(at[:3], overlap="skip"), waits_for("SKIPPING"))
        self.publish("queueing", self.recurring(at[:2], overlap="queue"), waits_for("QUEUEING"))
        self.publish("filtered", self.recurring(at[:2], dayFilter="business", calendar="none"))
        self.publish("paused", self.recurring(at[:3]))
        once = (self.begin + datetime.timedelta(minutes=2, seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.publish("once", {"type": "schedule", "runAt": once})

    def test_what_becomes_of_fires_over_five_minutes(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.begin = now.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1 if now.second < 40 else 2)
        at = [f"{(self.begin + datetime.timedelta(minutes=n)).minute:02}" for n in range(5)]
        self.publish_all(at)
        insist(lambda: self.parts.api.call("GET", "/api/v1/workflows/long/clock"), lambda clock: clock["synced"])

        # The first two minutes: everything is there.
        self.sleep_until(0, 20)
        self.assertEqual(self.outcomes("queueing"), [(at[0], "LAUNCHED")])
        self.call("PUT", "/workflows/paused/settings", {"paused": True})
        self.sleep_until(1, 20)
        self.assertEqual(self.outcomes("long"), [(at[0], "LAUNCHED"), (at[1], "LAUNCHED")])
        self.assertEqual(self.fires("skipping")[1][1:3], ("SKIPPED", "a run before has not ended"))
        self.assertEqual(self.fires("queueing")[1][1:3], ("HELD", "a run before has not ended"))
        self.assertEqual([fire[1:3] for fire in self.fires("filtered")], [("SKIPPED", "the day is of a weekend")] * 2)
        # The held one goes on when the one before it has ended.
        first = self.call("GET", f"/runs/{self.fires('queueing')[0][3]}")["input"]["scheduledFor"]
        self.call("POST", "/events", {"eventName": "QUEUEING", "correlationKey": first, "payload": {}, "eventId": "go"})
        insist(lambda: self.outcomes("queueing"), lambda seen: seen == [(at[0], "LAUNCHED"), (at[1], "LAUNCHED")])
        self.call("PUT", "/workflows/paused/settings", {"paused": False})
        self.assertEqual([fire[:3] for fire in self.fires("paused")][1:], [(at[1], "SKIPPED", "the workflow is paused")])

        # The third: no Temporal, and a one-time clock whose time comes meanwhile.
        self.sleep_until(1, 40)
        self.parts.kill("temporal")
        self.sleep_until(2, 5)
        late = (self.begin + datetime.timedelta(minutes=2, seconds=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.publish("once-late", {"type": "schedule", "runAt": late})
        clock = self.call("GET", "/workflows/once-late/clock")
        self.assertEqual((clock["status"], clock["synced"], len(clock["nextFires"])), ("SCHEDULED", False, 1))
        self.sleep_until(2, 40)
        self.parts.revive("temporal")
        for name in ("long", "once", "once-late"):
            insist(lambda name=name: self.fires(name), lambda seen: seen and seen[-1][1] == "LAUNCHED" and (
                name != "long" or seen[-1][0] == at[2]))
        for name in ("once", "once-late"):
            insist(lambda name=name: self.call("GET", f"/workflows/{name}/clock"),
                   lambda clock: clock["status"] == "COMPLETED" and clock["synced"] and not clock["nextFires"])

        # The fourth: no worker. Fires wait for it, as long as they may.
        self.sleep_until(2, 55)
        self.parts.kill("worker-1")
        self.sleep_until(3, 30)
        self.assertNotIn(at[3], [minute for minute, _ in self.outcomes("long")])
        self.sleep_until(4, 30)
        self.parts.revive("worker-1")
        insist(lambda: self.outcomes("long"), lambda seen: seen == [(minute, "LAUNCHED") for minute in at])
        insist(lambda: len(self.outcomes("short")), lambda count: count == 5)

        long = self.fires("long")
        self.assertEqual([bool(reason) for _, _, reason, _ in long][:2], [False, False])
        self.assertIn("ms late", long[3][2])
        short = self.fires("short")
        self.assertEqual([fire[1] for fire in short][:2], ["LAUNCHED", "LAUNCHED"])
        self.assertEqual([fire[1] for fire in short][2:4], ["MISSED", "MISSED"])
        self.assertTrue(all("catch-up time" in fire[2] for fire in short[2:4]), short)
        self.assertEqual(self.outcomes("paused"), [(at[0], "LAUNCHED"), (at[1], "SKIPPED"), (at[2], "LAUNCHED")])

        # Each fire that launched has one run, and no run is without its fire.
        for name in ("long", "short", "skipping", "queueing", "filtered", "paused", "once", "once-late"):
            launched = sorted(run for _, outcome, _, run in self.fires(name) if outcome == "LAUNCHED")
            runs = sorted(row["runId"] for row in self.call("GET", f"/runs?workflowId={name}&limit=50")["items"])
            self.assertEqual(launched, runs, name)
        keys = self.parts.database.query("SELECT count(*), count(DISTINCT fire_key) FROM workflow_clock_fires")[0]
        self.assertEqual(keys[0], keys[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
