"""Pairs: each part is killed at each moment of an event's, a run's and a clock's life: pairs.py PROGRAM [SEED [VICTIM MOMENT]].

            the server (ingress by HTTP) · the worker (ingress by Redis) · Redis · PostgreSQL · Temporal
  stored    events come through every door, some twice, and nothing waits for them
  routed    events come for runs that wait
  opened    waits open for events that are there, or come now
  launched  runs are launched by calls and by events, some asked for twice
  fired     the hour of one-time schedules comes

Each pair has runs and events of its own, and one strike at a random millisecond of its moment; each is looked at alone at the end: what
was sent is there once, every run is there once, succeeded, and took each of its events once. Prints the seed first.
"""

import concurrent.futures
import contextlib
import datetime
import random
import sys
import time

from deployment import DOORS, Deployment, insist, read_seed
from parts import assign, definition, event_wait

VICTIMS = ("server", "worker-1", "redis", "database", "temporal")
EACH, CLOCKS = 20, 4
MOMENT_S = 0.6
# Until the first schedules fire, and from one victim's to the next one's.
FIRST_FIRE_S, NEXT_FIRE_S = 12, 8


def expect(seen, wanted, what):
    if seen != wanted:
        raise AssertionError(f"{what}: {seen}, expected {wanted}")


class Pair:
    """One victim at one moment. `ready` makes what must be there before, `acts` gives what is done while the victim is struck."""

    moment = ""

    def __init__(self, deployment, victim, seed):
        self.deployment, self.victim, self.seed = deployment, victim, seed
        self.name = f"{victim} {self.moment}"
        self.key = f"{self.moment}-{victim}"
        self.runs = {}

    def ready(self):
        pass

    def acts(self):
        return []

    def send_some(self, events):
        """Each by a door of its own, one in three twice."""
        return [lambda event=event: self.deployment.send([event], self.seed.choice(DOORS))
                for event in events for _ in range(self.seed.choice((1, 1, 2)))]

    def event(self, name, n, **more):
        return {"eventId": f"{self.key}-{name}-{n}", "eventName": name, "payload": {"n": n, "from": self.key}, **more}

    def play(self, pool):
        self.ready()
        acts = [(self.seed.uniform(0, MOMENT_S), act) for act in self.acts()]
        strike_at, away_s, began = self.seed.uniform(0, MOMENT_S), self.seed.uniform(0, 0.4), time.monotonic()

        def at_its_time(at, act):
            time.sleep(max(0.0, began + at - time.monotonic()))
            act()

        done = [pool.submit(at_its_time, at, act) for at, act in acts]
        at_its_time(strike_at, lambda: self.deployment.strike(self.victim, away_s))
        for one in done:
            one.result()

    # -- afterwards ------------------------------------------------------------------------------------------------
    def check(self):
        raise NotImplementedError

    def stored(self, name):
        return sorted(row[0] for row in self.deployment.rows(
            f"SELECT event_id FROM workflow_runtime_events WHERE event_name = '{name}' AND payload ->> 'from' = '{self.key}'"))

    def check_waits(self, runs, names):
        """Every run succeeded, and its waits took those events that are for it, each once."""
        for n, run in runs.items():
            status, = self.deployment.rows(f"SELECT status FROM workflow_runs WHERE run_id = '{run}'")[0]
            expect(status, "SUCCEEDED", f"run {run}")
            taken = self.deployment.rows(f"SELECT matched_event_id, status FROM workflow_run_waits WHERE run_id = '{run}' AND wait_type = 'event'")
            expect(sorted(map(tuple, taken)), sorted((f"{self.key}-{name}-{n}", "RESOLVED") for name in names), f"waits of run {run}")


class Stored(Pair):
    moment = "stored"

    def acts(self):
        return self.send_some([self.event("NOTED", n) for n in range(EACH)])

    def check(self):
        expect(self.stored("NOTED"), sorted(self.event("NOTED", n)["eventId"] for n in range(EACH)), "stored events")


class Routed(Pair):
    moment = "routed"

    def ready(self):
        self.runs = {n: self.deployment.launch("waits", {"key": f"{self.key}-{n}"}, f"{self.key}-{n}") for n in range(EACH)}
        open_waits = f"SELECT count(*) FROM workflow_run_waits WHERE status = 'WAITING' AND correlation_key LIKE '{self.key}-%'"
        insist(lambda: self.deployment.number(open_waits), lambda count: count == EACH)

    def acts(self):
        return self.send_some([self.event("WANTED", n, correlationKey=f"{self.key}-{n}") for n in range(EACH)])

    def check(self):
        self.check_waits(self.runs, ["WANTED"])


class Opened(Pair):
    """One event wakes all the runs, which then wait for another one."""

    moment = "opened"

    def ready(self):
        self.runs = {n: self.deployment.launch("waits-twice", {"gate": f"{self.key}-{n}", "key": f"{self.key}-{n}"}, f"{self.key}-{n}") for n in range(EACH)}
        wanted = [self.event("WANTED", n, correlationKey=f"{self.key}-{n}") for n in range(EACH)]
        self.deployment.send(wanted[::2], "batch")
        self.late = wanted[1::2]
        open_waits = f"SELECT count(*) FROM workflow_run_waits WHERE status = 'WAITING' AND event_name = 'GATE' AND correlation_key LIKE '{self.key}-%'"
        insist(lambda: self.deployment.number(open_waits), lambda count: count == EACH)

    def acts(self):
        gates = [self.event("GATE", n, correlationKey=f"{self.key}-{n}") for n in range(EACH)]
        return [lambda: self.deployment.send(gates, "batch"), *self.send_some(self.late)]

    def check(self):
        self.check_waits(self.runs, ["GATE", "WANTED"])


class LaunchedOnce(Pair):
    moment = "launched"

    def acts(self):
        def call(n):
            run = self.deployment.launch("is-called", {"n": n}, f"{self.key}-{n}")
            self.runs.setdefault(n, set()).add(run)

        calls = [lambda n=n: call(n) for n in range(EACH) for _ in range(self.seed.choice((1, 2)))]
        return calls + self.send_some([self.event("STARTS", n) for n in range(EACH)])

    def check(self):
        expect({n: len(runs) for n, runs in self.runs.items()}, dict.fromkeys(range(EACH), 1), "runs told for each call")
        called = self.deployment.rows(f"SELECT run_id, status FROM workflow_runs WHERE trigger_fire_key LIKE 'api:%:{self.key}-%'")
        expect(sorted(map(tuple, called)), sorted((run, "SUCCEEDED") for runs in self.runs.values() for run in runs), "runs by calls")
        started = self.deployment.rows("SELECT trigger_metadata_json ->> 'eventId', status FROM workflow_runs WHERE workflow_id = 'is-started' AND "
                                       f"trigger_metadata_json ->> 'eventId' LIKE '{self.key}-%'")
        expect(sorted(map(tuple, started)), sorted((self.event("STARTS", n)["eventId"], "SUCCEEDED") for n in range(EACH)), "runs by events")


class Fired(Pair):
    moment = "fired"

    def announce(self, at):
        """Schedules for this time, to the second."""
        self.at = at
        text = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        for n in range(CLOCKS):
            clocked = definition(f"{self.key}-{n}", [assign("a", at="payload.scheduledFor")], payloadSchemaRef="payload.WorkflowClockTrigger.v1",
                                 trigger={"type": "schedule", "runAt": text})
            insist(lambda clocked=clocked: self.deployment.api.publish_definition(clocked))

    def seconds_left(self):
        return self.at.timestamp() - time.time()

    def play(self, pool):
        # A fire takes a few tens of milliseconds from its time on: before, during or behind that.
        time.sleep(max(0.0, self.seconds_left() + self.seed.uniform(-0.2, 0.4)))
        self.deployment.strike(self.victim, self.seed.uniform(0, 0.4))

    def check(self):
        for n in range(CLOCKS):
            fires = insist(lambda n=n: self.deployment.rows(f"SELECT run_id, outcome FROM workflow_clock_fires WHERE workflow_id = '{self.key}-{n}'"), bool)
            self.deployment.all_ended()
            runs = self.deployment.rows(f"SELECT run_id, status, trigger_type FROM workflow_runs WHERE workflow_id = '{self.key}-{n}'")
            expect([row[1:] for row in runs], [["SUCCEEDED", "schedule"]], f"runs of {self.key}-{n}")
            expect(fires, [[runs[0][0], "LAUNCHED"]], f"fires of {self.key}-{n}")


MOMENTS = {kind.moment: kind for kind in (Stored, Routed, Opened, LaunchedOnce, Fired)}


def publish(deployment):
    def wait(step, name, key):
        return event_wait(step, name, key, lookbackMs=3_600_000)

    insist(lambda: deployment.api.call("PUT", "/api/v1/event-types/STARTS", {"payloadSchemaRef": "payload.Any.v1"}))
    for made in (definition("waits", [wait("w", "WANTED", "payload.key")]),
                 definition("waits-twice", [wait("g", "GATE", "payload.gate"), wait("w", "WANTED", "payload.key")]),
                 definition("is-called", [assign("a", n="payload.n")]),
                 definition("is-started", [assign("a", n="payload.n")], trigger={"type": "event", "eventName": "STARTS"})):
        insist(lambda made=made: deployment.api.publish_definition(made))


def play_all(pairs, pool):
    """The schedules at their time, and what has no time of its own between them."""
    fires = sorted((pair for pair in pairs if pair.moment == "fired"), key=lambda pair: pair.at)
    others = [pair for pair in pairs if pair.moment != "fired"]
    while fires or others:
        # What is played now must be over when the next one's time comes, on a busy machine, too.
        if fires and (not others or fires[0].seconds_left() < 8 * MOMENT_S):
            pair = fires.pop(0)
        else:
            pair = others.pop()
        pair.play(pool)


def main():
    first = read_seed(sys.argv[1] if len(sys.argv) > 1 else "")
    chosen = [(victim, moment) for victim in VICTIMS for moment in MOMENTS if (victim, moment) in {tuple(sys.argv[2:4])} or len(sys.argv) < 4]
    print(f"pairs: seed {first:x}", flush=True)
    with contextlib.ExitStack() as exits:
        deployment = Deployment(exits)
        pool = exits.enter_context(concurrent.futures.ThreadPoolExecutor(3 * EACH))
        publish(deployment)
        seed = random.Random(first)
        pairs = [MOMENTS[moment](deployment, victim, random.Random(seed.random())) for victim, moment in chosen]
        seed.shuffle(pairs)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        for number, pair in enumerate(pair for pair in pairs if pair.moment == "fired"):
            pair.announce(now + datetime.timedelta(seconds=FIRST_FIRE_S + number * NEXT_FIRE_S))
        play_all(pairs, pool)
        deployment.all_routed()
        deployment.all_ended()
        wrong = 0
        for pair in pairs:
            try:
                pair.check()
                print(f"pairs: {pair.name}: ok")
            except AssertionError as failure:
                wrong += 1
                print(f"pairs: {pair.name}: FAILED: {failure}")
    print(f"pairs: {len(pairs) - wrong} of {len(pairs)} pairs ok, 0 lost, 0 double in those; seed {first:x}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
