"""Kill: steady load while the server, the workers and the database are killed at any moment: kill.py PROGRAM [SECONDS [SEED]].

Prints its seed first. Members of the gallery (local and durable actions with an effect outside, timers, loops, waits, caught errors,
children, people, pauses, cancels) are launched all the time, by call and by event, by senders that repeat what was not answered. One
or two of server, workers and PostgreSQL are killed by SIGKILL in random order at random distances, and come back. At the end
every run has ended as its definition says, Temporal's histories give exactly the rows that there are, and every entry of the
ledger acted as often as it may:

- the effect is there once under its key;
- it was asked for at most once in each attempt that the ledger counts, and never after the ledger knew of a success.

What a worker died in the middle of is asked for again, under the same key: that is what the ledger promises, and it is counted.
"""

import collections
import contextlib
import http.client
import http.server
import importlib.util
import json
import random
import sys
import threading
import time

from deployment import DOORS, Deployment, insist, read_seed, striking
from gallery import CHILDREN, GALLERY, Feeder, order
from parts import ROOT, definition, harness, run_program

# What takes long by itself is in the proof `Crashes`.
PLAYED = {name: member for name, member in GALLERY.items() if name not in ("run-times-out", "long-loop")}
ACTIVE_MAX = 40
GAP_S, AWAY_S = (0.3, 4.0), (0.0, 1.5)


def load_shop():
    spec = importlib.util.spec_from_file_location("shop", ROOT / "examples/shop/server.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


shop = load_shop()


class CountingJournal(shop.Journal):
    """The shop's, which also notes when each key was asked for."""

    def __init__(self):
        super().__init__(None)
        self.asked = collections.defaultdict(list)

    def once(self, key, kind, body, make_result):
        self.asked[key].append(time.time() * 1_000)
        return super().once(key, kind, body, make_result)


class Counter(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Who asked has died meanwhile."""


@contextlib.contextmanager
def counting_shop():
    """Gives its journal and its address; it is never killed."""
    shop.Handler.journal = CountingJournal()
    server = Counter(("127.0.0.1", 0), shop.Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield shop.Handler.journal, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Patient(Feeder):
    """For a server that dies between taking a call and answering it."""

    def once(self, key, act):
        # A pause whose answer was lost must not come again behind its resume.
        if key[1] == "pause" and key not in self.done:
            self.done.add(key)
            act()
        super().once(key, act)


class Load:
    """Launches by call and by event, and gives each run what it waits for."""

    def __init__(self, deployment, address, seed, prefix):
        self.deployment, self.address, self.seed, self.prefix = deployment, address, seed, prefix
        self.feeder = Patient(deployment.api)
        self.runs = {}  # name of the member, by run
        self.fed = {}  # those that need something from outside, by run
        self.events = []
        self.number = 0

    def publish(self):
        for name, steps in CHILDREN.items():
            insist(lambda name=name, steps=steps: self.deployment.api.publish_definition(definition(name, steps)))
        for name, member in PLAYED.items():
            insist(lambda name=name, member=member: self.deployment.api.publish_definition(definition(name, member["steps"], **member["more"])))
        insist(lambda: self.deployment.api.call("PUT", "/api/v1/event-types/ORDERED", {"payloadSchemaRef": "payload.Any.v1"}))
        ordered = definition("by-event", [order("o", "by event")], trigger={"type": "event", "eventName": "ORDERED"})
        insist(lambda: self.deployment.api.publish_definition(ordered))

    def launch(self):
        """One more run; every fifth by an event, which is sent once or twice."""
        self.number += 1
        if self.number % 5 == 0:
            event = {"eventId": f"{self.prefix}-{self.number}", "eventName": "ORDERED", "payload": {"shop": self.address}}
            for _ in range(self.seed.choice((1, 2))):
                self.deployment.send([event], self.seed.choice(DOORS[:2]))
            self.events.append(event["eventId"])
            return
        name = self.seed.choice(sorted(PLAYED))
        run = self.deployment.launch(name, {"shop": self.address, "n": 2}, f"{self.prefix}-{self.number}")
        self.runs[run] = name
        if PLAYED[name]["feed"]:
            self.fed[run] = name

    def feed(self):
        """What cannot be given now is given in another round; what was taken, and its answer lost, is refused then."""
        for run, name in list(self.fed.items()):
            with contextlib.suppress(OSError, http.client.HTTPException, harness.Refused):
                if self.feeder.feed(run, PLAYED[name]["feed"]):
                    del self.fed[run]


def check_runs(deployment, load):
    """Every run is there once, and ended as it must. Gives the family of each run."""
    rows = deployment.rows("SELECT run_id, root_run_id, workflow_id, status, trigger_type, coalesce(trigger_metadata_json::json ->> 'eventId', ''),"
                           " coalesce(output_json::text, 'null'), coalesce(error_json::text, '') FROM workflow_runs")
    launched = {run for run, _, _, _, trigger, _, _, _ in rows if trigger == "api"}
    if launched != set(load.runs):
        raise AssertionError(f"{len(launched)} runs were launched by calls, {len(load.runs)} of them were told")
    by_event = sorted(event for _, _, _, _, trigger, event, _, _ in rows if trigger == "event")
    if by_event != sorted(load.events):
        raise AssertionError(f"{len(by_event)} runs were launched by events, of {len(load.events)} sent")
    for run, _, workflow, status, trigger, _, output, error in rows:
        if trigger == "child":
            expected, wanted = {"gallery-child": "SUCCEEDED", "gallery-child-fails": "FAILED", "gallery-child-waits": "CANCELED"}[workflow], {}
        elif trigger == "event":
            expected, wanted = "SUCCEEDED", {}
        else:
            expected, wanted = PLAYED[workflow]["status"], PLAYED[workflow]["output"]
        variables = (json.loads(output) or {}).get("vars", {})
        if status != expected or {k: variables.get(k) for k in wanted} != wanted:
            raise AssertionError(f"run {run} of {workflow} is {status} with {variables}: {error}")
    return {run: root for run, root, *_ in rows}


def check_effects(deployment, load, journal, family):
    """Every effect once for each entry of the ledger, and no entry twice in one attempt or after its success. Gives the figures."""
    # The end of an action that ran while the database was away is written when it is back.
    insist(lambda: deployment.number("SELECT count(*) FROM workflow_action_invocations WHERE status = 'STARTED'"), lambda left: left == 0)
    entries = deployment.rows("SELECT idempotency_key, run_id, action_id, status, attempt, coalesce(completed_at, 0), lease_owner FROM workflow_action_invocations")
    effects = collections.Counter()
    figures = collections.Counter(entries=len(entries))
    known = set()
    for key, run, action, status, attempt, completed_at, owner in entries:
        asked = journal.asked.get(key, [])
        known.add(key)
        if len(asked) > int(attempt):
            raise AssertionError(f"entry {key} acted {len(asked)} times in {attempt} attempts")
        figures["ends out of histories"] += owner == "history"
        # A history's clock is its own.
        if status == "SUCCEEDED" and owner != "history" and asked and max(asked) > int(completed_at) + 1:
            raise AssertionError(f"entry {key} acted at {max(asked)}, after its success at {completed_at}")
        if action == "http.request" and status == "SUCCEEDED":
            if not asked:
                raise AssertionError(f"entry {key} of run {run} succeeded and was never asked for")
            effects[family[run]] += 1
            figures["repeated"] += len(asked) > 1
        figures["taken over"] += int(attempt) > 1
    if unknown := set(journal.asked) - known:
        raise AssertionError(f"effects that the ledger does not know: {unknown}")
    kept = collections.Counter(entry["key"] for entry in journal.entries())
    if kept and max(kept.values()) > 1:
        raise AssertionError("an effect is there twice")
    for run, name in load.runs.items():
        if effects[run] != PLAYED[name]["orders"]:
            raise AssertionError(f"run {run} of {name} had {effects[run]} effects, {PLAYED[name]['orders']} are right")
    figures["effects"] = sum(effects.values())
    return figures


def check_rows(deployment, count):
    said = run_program("rebuild", "--all", "--check", "--data", deployment.folder / "server", "--database", deployment.database.url,
                       "--temporal-address", f"127.0.0.1:{deployment.ports['temporal']}", limit_s=600)
    if said.stdout.splitlines()[-1:] != [f"{count} runs checked, 0 differences"]:
        raise AssertionError(f"rebuild says {said.stdout}{said.stderr}")


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    first = read_seed(sys.argv[2] if len(sys.argv) > 2 else "")
    print(f"kill: seed {first:x}", flush=True)
    with contextlib.ExitStack() as exits:
        journal, address = exits.enter_context(counting_shop())
        deployment = Deployment(exits, workers=2, with_redis=False)
        seed = random.Random(first)
        load = Load(deployment, address, seed, f"{first:x}")
        load.publish()
        victims = ("server", *deployment.workers, "database")
        began = time.monotonic()
        with contextlib.ExitStack() as strikers:
            struck = [strikers.enter_context(striking(deployment, names, random.Random(seed.random()), GAP_S, AWAY_S))
                      for names in (victims[:2], victims[2:])]
            while time.monotonic() - began < seconds:
                active = deployment.active()
                for _ in range(0 if active is None else min(5, ACTIVE_MAX - active)):
                    load.launch()
                load.feed()
                time.sleep(0.05)
        deadline = time.monotonic() + harness.PATIENCE_S
        while load.fed and time.monotonic() < deadline:
            load.feed()
            time.sleep(0.1)
        deployment.all_routed()
        deployment.all_ended()
        family = check_runs(deployment, load)
        figures = check_effects(deployment, load, journal, family)
        check_rows(deployment, len(family))
    killed = ", ".join(f"{victim} {count}" for one in struck for victim, count in one.items())
    print(f"kill: ok {len(family)} runs ({len(load.events)} by events, {len(family) - len(load.runs) - len(load.events)} children) in {seconds:.0f} s; "
          f"killed: {killed}; {figures['entries']} ledger entries, 0 acted twice; {figures['effects']} effects, each once under its key, "
          f"{figures['repeated']} of them asked for again after a death in the middle; {figures['taken over']} entries taken over or tried again, "
          f"{figures['ends out of histories']} ended as the history says; "
          f"rebuild: 0 differences; seed {first:x}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
