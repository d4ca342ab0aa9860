"""Hammer: real Temporal, PostgreSQL and Redis under random timing: hammer.py PROGRAM [SECONDS [SEED]]. Prints its seed first.

A schedule is one wait against the event that it is for: the seed says how early or late the event is, through which door it comes
(HTTP, a batch, the stream), how many come with it, how often it is repeated, whether the waits of a run have keys of their own or share
one, so that the order is open, whether they time out, and whether the run is canceled meanwhile. A run makes many waits, some runs so
many that they go on in new histories. Runs are launched all the time, by senders that repeat what was not answered, while the worker
with the stream's reader, the server, Redis, PostgreSQL and Temporal are killed in random order. At the end every run is looked at,
alone: it has succeeded, it says itself that it took each of its events once, and its rows say the same; one whose waits time out may
have let events go by, but says the same as its rows, and took none twice. Prints the count last, of waits that were opened; CI gives each
commit a seed of its own, so counts add up.
"""

import contextlib
import heapq
import json
import queue
import random
import sys
import threading
import time

from deployment import DOORS, Deployment, insist, read_seed, striking
from gallery import each
from parts import definition, event_wait, expr, harness

VICTIMS = ("worker-1", "server", "redis", "database", "temporal")
# Waits of a run; on the way through the last a new history is made.
LENGTHS = (5,) * 8 + (10,) * 12 + (20,) * 12 + (130,)
ACTIVE_MAX = 60
# Runs that have all their events and still go on: with more of them, events would only ever be early.
LATE_MAX = 6
# The last event of a run is due by then.
PLAN_S_MAX = 8.0
# An event this near to the opening of its wait, before or after, races with it: as long as either takes on its way on a busy machine.
NEAR_MS = 250
# Of a wait that times out.
TIMEOUT_MS = 1_000
MILLION = 1_000_000


def hammered(kind):
    taken = {"vars.taken": expr("append(coalesce(vars.taken, []), vars.event.n)")}
    wait = event_wait("wait", "HAMMER", 'payload.isShared ? payload.key : payload.key & ":" & $string(item)', lookbackMs=3_600_000, assign=taken)
    if kind == "impatient":
        wait["config"]["timeoutMs"] = TIMEOUT_MS
        wait = {"id": "guard", "type": "control.tryCatch", "try": [wait], "catch": []}
    return definition(kind, [each("[1..payload.count]", [wait])])


class Plan:
    """What happens to one run, and when, counted from its launch."""

    def __init__(self, seed, key):
        self.key, self.count, self.is_shared = key, seed.choice(LENGTHS), seed.random() < 0.5
        self.kind = "impatient" if seed.random() < 0.1 else "hammered"
        # Events come so many at a time, this far from each other: all at once, ahead of their waits; or when the run waits for them, so
        # that each but the first of them comes while the next wait opens. And each is off by something.
        at_once, spread = seed.choice((1, 2, 3, 6)), seed.choice((0.01, 0.05, 0.3, 1.0))
        pause = min(seed.choice((0.0, 0.1, 0.3, 0.8)), PLAN_S_MAX * at_once / self.count)
        self.moments = []
        for n in range(1, self.count + 1):
            event = {"eventId": f"{key}:{n}", "eventName": "HAMMER", "correlationKey": key if self.is_shared else f"{key}:{n}", "payload": {"n": n}}
            for _ in range(seed.choice((1, 1, 1, 2))):
                self.moments.append(((n - 1) // at_once * pause + seed.uniform(-spread, spread), seed.choice(DOORS), event))
        last = max(at for at, _, _ in self.moments)
        self.cancel_at = seed.uniform(0.0, last) if seed.random() < 0.07 else None

    @property
    def events(self):
        return {event["eventId"] for _, _, event in self.moments}


class Player:
    """Plays plans: what is due goes to the senders of its door, and each takes all that is there for it."""

    BATCH_MAX = 100
    SENDERS = {"http": 2, "batch": 2, "stream": 1, "launch": 4, "cancel": 1}

    def __init__(self, deployment):
        self.deployment = deployment
        self.runs = {}  # by key
        self.failures = []
        self.in_play = 0  # plans of which something is still to be sent
        self._due = []
        self._number = 0
        self._changed = threading.Condition()
        self._queues = {door: queue.SimpleQueue() for door in self.SENDERS}
        self._threads = [threading.Thread(target=self._tick)]
        self._threads += [threading.Thread(target=self._work, args=(door,)) for door, count in self.SENDERS.items() for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def play(self, plan):
        with self._changed:
            now = time.monotonic()
            # An event may come before its run: then the launch is late by as much.
            launch_at = now + max(0.0, -min(at for at, _, _ in plan.moments))
            last = max(at for at, _, _ in plan.moments)
            cancel = [] if plan.cancel_at is None else [(plan.cancel_at, "cancel", plan)]
            for at, door, item in [(0.0, "launch", plan), *plan.moments, *cancel, (last, "", None)]:
                self._number += 1
                heapq.heappush(self._due, (launch_at + at, self._number, door, item))
            self.in_play += 1
            self._changed.notify()

    def finish(self):
        """Until everything was sent."""
        with self._changed:
            self._changed.wait_for(lambda: not self._due)
            self._due = None
            self._changed.notify_all()
        for line in self._queues.values():
            line.put(None)
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _tick(self):
        with self._changed:
            while self._due is not None:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    _, _, door, item = heapq.heappop(self._due)
                    if door:
                        self._queues[door].put(item)
                    else:
                        self.in_play -= 1
                if not self._due:
                    self._changed.notify_all()
                self._changed.wait(self._due[0][0] - now if self._due else None)

    def _work(self, door):
        """Until there is nothing more to come, which each tells the next of the same door."""
        line = self._queues[door]
        while (item := line.get()) is not None:
            try:
                if door == "launch":
                    self._launch(item)
                elif door == "cancel":
                    self._cancel(item)
                else:
                    self._send(door, line, item)
            except Exception as failure:  # told at the end, by whoever waits for it
                self.failures.append(failure)
        line.put(None)

    def _launch(self, plan):
        payload = {"key": plan.key, "count": plan.count, "isShared": plan.is_shared}
        self.runs[plan.key] = self.deployment.launch(plan.kind, payload, plan.key)

    def _cancel(self, plan):
        """One that has ended cannot be canceled, and one that nobody has launched yet neither."""
        if plan.key in self.runs:
            with contextlib.suppress(harness.Refused):
                insist(lambda: self.deployment.api.call("POST", f"/api/v1/runs/{self.runs[plan.key]}/cancel", {"reason": "hammered"}))

    def _send(self, door, line, first):
        events = [first]
        with contextlib.suppress(queue.Empty):
            while door != "http" and len(events) < self.BATCH_MAX:
                more = line.get_nowait()
                if more is None:
                    line.put(None)
                    break
                events.append(more)
        self.deployment.send(events, door)


def check_run(plan, row, waits):
    """What became of one run, or what is wrong with it."""
    run, status, output, error = row
    resolved = [event for state, event, _ in waits if state == "RESOLVED"]
    if status == "CANCELED" and plan.cancel_at is not None:
        taken = resolved
    elif status != "SUCCEEDED":
        raise AssertionError(f"run {run} is {status}: {error}")
    else:
        taken = [f"{plan.key}:{n}" for n in json.loads(output)["vars"].get("taken", [])]
        if len(waits) != plan.count:
            raise AssertionError(f"run {run} has {len(waits)} waits, not {plan.count}")
    if sorted(taken) != sorted(resolved):
        raise AssertionError(f"run {run} took {taken}, and its waits say {waits}")
    if len(set(taken)) != len(taken) or not plan.events.issuperset(taken):
        raise AssertionError(f"run {run} of {plan.count} waits took {taken}")
    if status == "SUCCEEDED" and plan.kind == "hammered" and len(taken) != plan.count:
        raise AssertionError(f"run {run} of {plan.count} waits took only {taken}")
    if any(state == "WAITING" for state, _, _ in waits):
        raise AssertionError(f"run {run} is {status}, and its waits say {waits}")


def check(deployment, plans, runs):
    """Each run alone. Gives counts of its waits: all, those that timed out or were canceled, and how the events met the others."""
    rows = {row[0]: row for row in deployment.rows(
        "SELECT run_id, status, coalesce(output_json::text, 'null'), coalesce(error_json::text, '') FROM workflow_runs")}
    received = {event: int(at) for event, at in deployment.rows("SELECT event_id, received_at FROM workflow_runtime_events")}
    waits = {}
    for run, status, event, opened_at in deployment.rows("SELECT run_id, status, coalesce(matched_event_id, ''), created_at FROM workflow_run_waits"):
        waits.setdefault(run, []).append((status, event, int(opened_at)))
    if len(rows) != len(plans):
        raise AssertionError(f"{len(rows)} runs are stored, {len(plans)} were launched")
    counts = dict.fromkeys(("schedules", "TIMED_OUT", "CANCELED", "early", "near"), 0)
    for plan in plans:
        of_run = waits.get(runs[plan.key], [])
        check_run(plan, rows[runs[plan.key]], of_run)
        counts["schedules"] += len(of_run)
        for status, event, opened_at in of_run:
            if status == "RESOLVED":
                counts["early"] += received[event] < opened_at
                counts["near"] += abs(received[event] - opened_at) <= NEAR_MS
            else:
                counts[status] += 1
    if len(received) != sum(plan.count for plan in plans):
        raise AssertionError(f"{len(received)} events are stored, {sum(plan.count for plan in plans)} were sent")
    return counts


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    first = read_seed(sys.argv[2] if len(sys.argv) > 2 else "")
    print(f"hammer: seed {first:x}", flush=True)
    with contextlib.ExitStack() as exits:
        deployment = Deployment(exits)
        for kind in ("hammered", "impatient"):
            insist(lambda kind=kind: deployment.api.publish_definition(hammered(kind)))
        player, plans, seed = Player(deployment), [], random.Random(first)
        began = time.monotonic()
        with striking(deployment, VICTIMS, random.Random(seed.random()), gap_s=(1.0, 7.0), away_s=(0.0, 0.4)) as struck:
            while time.monotonic() - began < seconds or not plans:
                active = deployment.active()
                is_room = active is not None and active < ACTIVE_MAX and active - player.in_play < LATE_MAX
                for _ in range(4 if is_room else 0):
                    plans.append(Plan(random.Random(seed.random()), f"{first:x}-{len(plans)}"))
                    player.play(plans[-1])
                time.sleep(0.2)
        player.finish()
        deployment.all_ended()
        took = time.monotonic() - began
        deployment.all_routed()
        counts = check(deployment, plans, player.runs)
    schedules = counts["schedules"]
    killed = ", ".join(f"{victim} {count}" for victim, count in struck.items())
    print(f"hammer: ok {schedules} schedules in {len(plans)} runs, {schedules * 60 / took:.0f} a minute, {-(-MILLION // schedules)} such runs make a million; "
          f"{counts['early']} events early, {counts['near']} within {NEAR_MS} ms of their wait, {counts['TIMED_OUT']} waits timed out, "
          f"{counts['CANCELED']} canceled; 0 lost, 0 double; struck: {killed}; seed {first:x}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
