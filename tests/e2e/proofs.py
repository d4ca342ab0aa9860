"""Proofs on the real parts that take longer than a test should: proofs.py PROGRAM [unittest options].

Crashes       the worker is killed at every boundary of every definition of the gallery
LongLoops     100,000 items go through one loop, in memory that does not grow
HistoryLimit  every construct through 20 histories of at most 300 events, with signals in flight
"""

import collections
import json
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import parts
import replays
from gallery import CHILDREN, FLAKY, GALLERY, RETRY, Feeder, call, each, fails, guard, task, when
from parts import action, assign, definition, event_wait, expr, harness, run_program, wait_ms

TERMINAL = harness.TERMINAL


class Mortal:
    """One worker after the other: each dies by SIGKILL at the first boundary that none before it died at."""

    def __init__(self, stack):
        self.names = stack.data / "crashes.txt"
        self.command = [harness.program(), "worker", "--data", str(stack.data), "--temporal-address", stack.temporal,
                        "--allow-private-http", "127.0.0.1/32", "--log-level", "error", "--crash-file", str(self.names)]
        self.log = stack.data / "workers.log"
        self.ended = []
        self._stopping = False
        self._child = None
        self._thread = threading.Thread(target=self._live)

    def _live(self):
        while not self._stopping:
            self._child = harness.Process(self.command, self.log)
            self.ended.append(self._child.child.wait())
            self._child.stop()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        if self._child:
            self._child.stop()
        self._thread.join()


class Crashes(parts.OnRealParts):
    @classmethod
    def database(cls):
        return ["--no-worker"]

    def test_a_worker_killed_at_every_boundary_loses_and_repeats_nothing(self):
        for name, steps in CHILDREN.items():
            self.stack.publish_definition(definition(name, steps))
        runs = {}
        for name, member in GALLERY.items():
            self.stack.publish_definition(definition(name, member["steps"], **member["more"]))
            runs[name] = self.stack.launch(name, {"shop": self.shop, "n": 2})
        feeder = Feeder(self.stack)
        began = time.monotonic()
        with Mortal(self.stack) as mortal:
            open_runs = dict(runs)
            while open_runs:
                self.assertLess(time.monotonic() - began, 600, f"still open: {sorted(open_runs)}")
                for name in [n for n, r in open_runs.items() if feeder.feed(r, GALLERY[n]["feed"])]:
                    del open_runs[name]
                time.sleep(0.05)
            # Rows come before Temporal knows: a worker that died in between leaves a run that only another one can end there.
            replays.await_listed(self.stack.temporal, self.stack.namespace, replays.ended_runs(self.stack.data / "fermata.db"))
            self.until(lambda: run_program("rebuild", "--all", "--check", "--data", self.stack.data),
                       lambda said: said.stdout.endswith(" 0 differences\n"))
        children = self.stack.call("GET", "/api/v1/runs?workflowId=gallery-child-waits&limit=50")["items"]
        self.assertLessEqual({c["status"] for c in children}, {"CANCELED"})
        took = time.monotonic() - began
        boundaries = mortal.names.read_text().splitlines()
        kills = sum(code == -9 for code in mortal.ended)
        kinds = collections.Counter(line.split()[-1] for line in boundaries)
        print(f"\n  {len(GALLERY)} definitions: killed {kills} times at {len(boundaries)} boundaries in {took:.0f} s: {dict(kinds)}")
        self.assertEqual(len(set(boundaries)), len(boundaries))
        self.assertEqual(kills, len(boundaries))
        journal = harness.journal(self.shop)
        keys = [entry["key"] for entry in journal]
        self.assertEqual(len(keys), len(set(keys)))
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            ledger = db.execute("SELECT run_id, idempotency_key, status, action_id FROM workflow_action_invocations").fetchall()
            family = dict(db.execute("SELECT run_id, root_run_id FROM workflow_runs"))
        for name, run in runs.items():
            with self.subTest(definition=name):
                self.check(name, run, boundaries, [row for row in ledger if family[row[0]] == run], keys)

    def check(self, name, run, boundaries, ledger, keys):
        member, row = GALLERY[name], self.stack.run(run)
        self.assertEqual(row["status"], member["status"], row.get("error"))
        variables = (row.get("output") or {}).get("vars", {})
        self.assertEqual({k: variables.get(k) for k in member["output"]}, member["output"])
        done = [key for _, key, status, action in ledger if action == "http.request" and status == "SUCCEEDED"]
        self.assertEqual((len(done), len(set(done) & set(keys))), (member["orders"], member["orders"]), ledger)
        self.assertIn(f"{run} effect 1 rows", boundaries)
        self.assertTrue(any(line.startswith(f"{run} effect ") and line.endswith(" acknowledged") for line in boundaries))


class LongLoops(parts.OnRealParts):
    """The worker lives inside `fermata dev`; its peak memory is that of the whole program."""

    # A payload travels with every new history: fewer of them show the same.
    ITEMS = {"range": 100_000, "payload": 20_000}
    GROWTH_MIB_MAX = 64

    def test_100000_items_pass_in_one_run_and_memory_stays_flat(self):
        loop = {"id": "loop", "type": "control.forEach", "itemVar": "i", "body": [assign("add", n="vars.n + i")]}
        for name, items in (("range", f"[1..{self.ITEMS['range']}]"), ("payload", "payload.items")):
            self.stack.publish_definition(definition(f"long-{name}", [assign("start", n="0"), loop | {"items": expr(items)}]))
        payloads = {"range": {}, "payload": {"items": list(range(1, self.ITEMS["payload"] + 1))}}
        pid, began = self.stack.dev.child.pid, time.monotonic()
        runs = {name: self.stack.launch(f"long-{name}", payload) for name, payload in payloads.items()}
        samples, rows = [], {}
        while any((rows.get(r) or {}).get("status") not in TERMINAL for r in runs.values()):
            self.assertLess(time.monotonic() - began, 600)
            rows = {r: self.stack.run(r) for r in runs.values()}
            samples.append(harness.resident_mib(pid, "VmRSS"))
            time.sleep(0.5)
        settled, peak = samples[len(samples) // 5], harness.resident_mib(pid)
        print(f"\n  {sum(self.ITEMS.values())} items in {time.monotonic() - began:.0f} s; {settled:.0f} MiB after a fifth, peak {peak:.0f} MiB")
        starts = self.starts()
        for name, run in runs.items():
            items = self.ITEMS[name]
            self.assertEqual((rows[run]["status"], rows[run]["output"]["vars"]["n"]), ("SUCCEEDED", items * (items + 1) // 2), name)
            sizes = starts[f"workflow-runtime-v2:run:{run}"]
            print(f"  {name}: {len(sizes)} histories, their starts {sizes[1]} to {max(sizes[1:])} bytes")
            self.assertEqual(len(sizes), (items + 1) // 250 + 1)
            self.assertLess(max(sizes[1:]), sizes[1] + 200)
        self.assertLess(peak, settled + self.GROWTH_MIB_MAX)

    def starts(self):
        """Bytes of the first event of every history, by workflow id, in order."""
        with tempfile.TemporaryDirectory() as folder:
            saved = run_program("replay-check", "--data", self.stack.data, "--recent", "10000", "--save", folder)
            self.assertEqual(saved.returncode, 0, saved)
            firsts = [json.loads(file.read_text())["events"][0] for file in pathlib.Path(folder).iterdir()]
        sizes = collections.defaultdict(list)
        for event in sorted(firsts, key=lambda e: e["eventTime"]):
            sizes[event["workflowExecutionStartedEventAttributes"]["workflowId"]].append(len(json.dumps(event)))
        return sizes


class HistoryLimit(parts.OnRealParts):
    """The server ends a history at 300 events and asks for a new one at 16: every construct goes through at least 20 of them."""

    EVENTS_MAX, SUGGESTED_AT, HISTORIES_MIN = 300, 16, 21
    # What one key's waits share is all there at once: a history takes it in one task.
    WINDOW, SHARED_WINDOW = 20, 8
    LOOKBACK = {"lookbackMs": 3_600_000}

    @classmethod
    def database(cls):
        counts = {"error": cls.EVENTS_MAX, "warn": 250, "suggestContinueAsNew": cls.SUGGESTED_AT}
        keys = [f"limit.historyCount.{key}={value}" for key, value in counts.items()]
        # Else a timer of 10 ms takes a second.
        keys.append('history.timerProcessorMaxTimeShift="10ms"')
        return [word for key in keys for word in ("--dynamic-config", key)]

    def loop(self, name, count, body):
        """Launches a run that takes `body` for 1 to `count`; every item that got through is counted and added."""
        tally = assign("tally", n="vars.n + 1", sum="vars.sum + item")
        self.stack.publish_definition(definition(name, [assign("zero", n="0", sum="0"), each(f"[1..{count}]", [*body, tally])]))
        return self.stack.launch(name, {"shop": self.shop, "n": 1}), count

    def launch_all(self):
        self.stack.publish_definition(definition("limit-child", [assign("a", out="payload.n")]))
        caught = guard([fails("f")], [assign("c", c="vars.why.code")], **{"finally": [assign("d", d="item")]})
        pure = [when("item > 0", [assign("t", t="item")]), {"id": "s", "type": "state.set", "config": {"state": "ON"}}, caught,
                action("m", "transform.merge", {"objects": [{"a": 1}]}),
                {"id": "inner", "type": "control.forEach", "items": expr("[1,2]"), "itemVar": "deep", "body": [assign("e", e="deep")]}]
        flaky = FLAKY | {"body": {"orderId": expr('system.runId & ":" & $string(item)'), "sku": "flaky-cup", "quantity": 1}}
        waits = {"filters": [{"path": "isNoise", "op": "not_exists"}], "assign": {"vars.seen": expr("vars.event.n")}, **self.LOOKBACK}
        key = 'system.runId & ":" & $string(item)'
        return {
            "pure": self.loop("limit-pure", 430, pure),
            "retry": self.loop("limit-retry", 45, [action("r", "http.request", flaky, retry=RETRY | {"backoffMs": 10})]),
            "time": self.loop("limit-time", 80, [wait_ms("w", 10)]),
            "event": self.loop("limit-event", 120, [event_wait("w", "LIMIT", key, **waits)]),
            "timeout": self.loop("limit-timeout", 120, [event_wait("w", "LIMIT", key, timeoutMs=3_600_000, **waits)]),
            "human": self.loop("limit-human", 90, [task("ask", assign={"vars.seen": expr("vars.event.n")})]),
            "child": self.loop("limit-child-loop", 60, [call("limit-child", inputMapping={"n": expr("item")}, outputMapping={"vars.seen": expr("childRun.vars.out")})]),
            "unordered": self.loop("limit-unordered", 400, [event_wait("w", "LIMIT", "system.runId", filters=[{"path": "n", "op": ">", "value": 0}],
                                                                       assign={"vars.total": expr("coalesce(vars.total, 0) + vars.event.n")}, **self.LOOKBACK)]),
        }

    @staticmethod
    def events_of(key, number):
        """One that counts, and beside it something that no filter lets through."""
        return [{"eventName": "LIMIT", "eventId": f"{key}#{number}{suffix}", "correlationKey": key, "payload": payload}
                for suffix, payload in (("", {"n": number}), (":noise", {"n": -1, "isNoise": True}))]

    def send_all(self, run, count, shared_key):
        """A window of events ahead of the run, in no order, and then all of them once more."""
        window = self.SHARED_WINDOW if shared_key else self.WINDOW
        for start in range(1, count + 1, window):
            numbers = range(start, min(start + window, count + 1))
            events = [event for n in numbers for event in self.events_of(run if shared_key else f"{run}:{n}", n)]
            for turn in range(2):
                random.Random(start + turn).shuffle(events)
                self.stack.call("POST", "/api/v1/events/batch", {"events": events})
            self.until(lambda: self.resolved(run), lambda done, least=start: done >= least)

    def resolved(self, run):
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            return db.execute("SELECT count(*) FROM workflow_run_waits WHERE run_id = ? AND status = 'RESOLVED'", (run,)).fetchone()[0]

    def answer_all(self, run, count):
        for _ in range(count):
            found = self.until(lambda: [t for t in self.stack.call("GET", "/api/v1/tasks")["items"] if t["runId"] == run], bool)
            self.stack.call("POST", f"/api/v1/tasks/{found[0]['taskId']}/answer", {"response": {"n": 1}})
            self.until(lambda: self.resolved(run), lambda done, least=_ + 1: done >= least)

    def histories(self, run):
        """Events of each history of the run, as Temporal counts them."""
        listed = subprocess.run([harness.temporal_cli(), "workflow", "list", "--address", self.stack.temporal, "--output", "json", "--limit", "1000",
                                 "--query", f"WorkflowId = 'workflow-runtime-v2:run:{run}'"], text=True, capture_output=True, check=True, timeout=60)
        return [int(item["historyLength"]) for item in json.loads(listed.stdout)]

    def test_every_construct_passes_twenty_histories_with_signals_in_flight(self):
        began = time.monotonic()
        runs = self.launch_all()
        threads = [threading.Thread(target=self.send_all, args=(*runs[name], name == "unordered")) for name in ("event", "timeout", "unordered")]
        threads.append(threading.Thread(target=self.answer_all, args=runs["human"]))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = {}
        while open_runs := [name for name in runs if name not in rows]:
            self.assertLess(time.monotonic() - began, 600, f"still open: {open_runs}")
            for name in open_runs:
                row = self.stack.run(runs[name][0])
                if row["status"] in TERMINAL:
                    rows[name] = row
                    print(f"  {name} {time.monotonic() - began:.0f}", flush=True)
            time.sleep(0.5)
        print(f"\n  {len(runs)} constructs in {time.monotonic() - began:.0f} s")
        for name, (run, count) in runs.items():
            with self.subTest(construct=name):
                row = rows[name]
                self.assertEqual(row["status"], "SUCCEEDED", row.get("error"))
                variables = row["output"]["vars"]
                self.assertEqual((variables["n"], variables["sum"]), (count, count * (count + 1) // 2))
                if name == "unordered":
                    self.assertEqual(variables["total"], count * (count + 1) // 2)
                matched = [w["matchedEventId"] for w in self.stack.call("GET", f"/api/v1/runs/{run}/waits?limit=500")["items"] if w["matchedEventId"]]
                self.assertEqual(len(matched), len(set(matched)))
                sizes = self.until(lambda: self.histories(run), lambda found: len(found) >= self.HISTORIES_MIN)
                print(f"  {name}: {len(sizes)} histories of at most {max(sizes)} events")
                self.assertLess(max(sizes), self.EVENTS_MAX)


if __name__ == "__main__":
    unittest.main(verbosity=2)
