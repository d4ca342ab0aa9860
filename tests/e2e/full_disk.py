"""The database's disk is full for a while: full_disk.py PROGRAM [unittest options].

The database lies on a disk of its own (tmpfs) that a file fills to the last byte. Mounting takes root, or a user namespace in which one is
root (`unshare`): whoever is neither, and may have none, is told so by a failure.
"""

import collections
import contextlib
import errno
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

from deployment import insist
from gallery import each, order
from parts import OnRealParts, assign, definition, event_wait, harness, run_program, wait_ms

# More than the log of SQLite takes before it is copied into the database.
DISK_MIB = 64
RUNS = 6
NAP_MS = 6_000
IN_NAMESPACE = "FERMATA_TEST_NAMESPACE"


class Disk:
    """A disk of its own, which can be filled, and emptied of what filled it."""

    def __init__(self, exits):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="fermata-disk-"))
        exits.callback(shutil.rmtree, self.path, ignore_errors=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "fermata", self.path], check=True)
        exits.callback(subprocess.run, ["umount", self.path], check=True)
        self.ballast = self.path / "ballast"

    def fill(self):
        with open(self.ballast, "ab", buffering=0) as ballast:
            for piece in (1 << 20, 1 << 12):
                try:
                    while ballast.write(bytes(piece)) == piece:
                        pass
                except OSError as failure:
                    if failure.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        self.ballast.unlink()


def steps():
    """A nap that ends while the disk is full, and behind it effects of both kinds, a loop and a wait."""
    return [order("before", "before"), wait_ms("nap", NAP_MS), order("short", "short"), each("[1..3]", [order("durable", "durable", execution="durable")]),
            event_wait("hear", "ROOM", "system.runId", lookbackMs=3_600_000), order("last", "last"), assign("end", at="nowIso()")]


EFFECTS = collections.Counter(before=1, short=1, durable=3, last=1)


class FullDisk:
    """On every arrangement of server and worker."""

    @classmethod
    def database(cls):
        # Also when the class is not set up to its end: a disk would stay mounted.
        cls.addClassCleanup(cls.exits.close)
        cls.disk = Disk(cls.exits)
        return ["--database", str(cls.disk.path / "fermata.db"), "--rate", "0"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.where = ["--database", str(cls.disk.path / "fermata.db")]

    def refused(self, *call):
        with self.assertRaises(harness.Refused) as caught:
            self.stack.call(*call)
        problem = caught.exception.problem
        self.assertEqual((caught.exception.status, problem["code"], problem["help"]), (503, "STORE_FULL", "make room on the disk"), call)

    def has_fired(self, run):
        return any(event["eventType"] == "EVENT_TYPE_TIMER_FIRED" for event in self.stack.history(run))

    def effects(self):
        """What the shop did for each run; nothing twice under one key."""
        entries = harness.journal(self.shop)
        keys = [entry["key"] for entry in entries]
        self.assertEqual(len(set(keys)), len(keys))
        return collections.Counter(entry["body"]["what"] for entry in entries)

    def check_all(self, runs):
        for run in runs:
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
            done = self.until(lambda run=run: self.stack.call("GET", f"/api/v1/runs/{run}/invocations?limit=500")["items"],
                              lambda rows: {row["status"] for row in rows} == {"SUCCEEDED"})
            self.assertEqual(len(done), EFFECTS.total())
        self.assertEqual(self.effects(), collections.Counter({what: count * len(runs) for what, count in EFFECTS.items()}))
        self.until(lambda: run_program("rebuild", *runs, "--check", "--data", self.stack.data, *self.where).stdout,
                   lambda said: said == f"{len(runs)} runs checked, 0 differences\n")

    refusals = 0

    def ask(self, path, body):
        """Until it is taken, at the latest when there is room."""
        def once():
            try:
                return self.stack.call("POST", path, body)
            except harness.Refused as refused:
                self.assertEqual((refused.status, refused.problem["code"]), (503, "STORE_FULL"))
                self.refusals += 1
                raise

        return insist(once)

    def hear(self, run):
        """Sends what the run waits for."""
        self.ask("/api/v1/events", {"eventId": f"room-{run}", "eventName": "ROOM", "correlationKey": run, "payload": {}})

    def test_runs_lag_callers_are_told_and_nothing_is_lost(self):
        self.stack.publish_definition(definition("full", steps()))
        runs = [self.stack.launch("full", {"shop": self.shop}) for _ in range(RUNS)]
        for run in runs:
            self.parked(run)
        asked = self.effects()
        self.disk.fill()
        # Reading goes on, and what would have to be written is refused before anything of it is done.
        self.refused("POST", "/api/v1/events", {"eventId": "early", "eventName": "ROOM", "correlationKey": runs[0], "payload": {}})
        self.refused("POST", "/api/v1/workflows/full/runs", {"payload": {"shop": self.shop}})
        self.refused("PUT", "/api/v1/store/default/key", {"value": 1})
        said = self.stack.cli("publish", str(self.stack.data / "full.json"), check=False)
        self.assertEqual(said.returncode, 3, said)
        self.assertIn("STORE_FULL", said.stderr)
        self.assertIn("help: make room on the disk", said.stderr)
        for run in runs:
            self.until(lambda run=run: self.has_fired(run), bool)
        self.until(self.log, lambda text: "STORE_FULL" in text)
        # Their naps are over, which no row says; and no action is done that the ledger cannot know of.
        self.assertEqual({self.stack.run(run)["status"] for run in runs}, {"WAITING"})
        self.assertEqual(self.effects(), asked)
        self.disk.make_room()
        for run in runs:
            self.until(lambda run=run: self.stack.run(run)["currentWait"], lambda wait: wait and wait["waitType"] == "event")
            self.hear(run)
        self.check_all(runs)
        listed = self.stack.call("GET", "/api/v1/runs?workflowId=full&limit=50")["items"]
        self.assertEqual(sorted(row["runId"] for row in listed), sorted(runs))
        self.stack.call("PUT", "/api/v1/store/default/key", {"value": 1})


class FullDiskOfAll(FullDisk, OnRealParts):
    """Server and worker in one process. What a worker notes on its own disk has room."""

    def log(self):
        return (self.stack.data / "dev.log").read_text()


class FullDiskOfAWorker(FullDisk, OnRealParts):
    """A worker of its own, whose own folder is on the full disk, too: what it cannot note is awaited."""

    @classmethod
    def database(cls):
        return [*super().database(), "--no-worker"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.disk.path / "worker"
        cls.worker_log = cls.stack.data / "worker.log"
        worker = harness.Process([harness.program(), "worker", "--data", str(folder), "--temporal-address", cls.stack.temporal, *cls.where,
                                  "--allow-private-http", "127.0.0.1/32"], cls.worker_log)
        cls.exits.callback(worker.stop)

    def log(self):
        return self.worker_log.read_text()


class FullDiskAgainAndAgain(FullDisk, OnRealParts):
    """Under load, at any moment."""

    TIMES, LAUNCHES = 5, 24

    def test_runs_lag_callers_are_told_and_nothing_is_lost(self):
        self.stack.publish_definition(definition("again", [step for step in steps() if step["id"] != "nap"]))
        runs, over = [], threading.Event()

        def fill_at_times():
            for _ in range(self.TIMES):
                over.wait(1.0)
                self.disk.fill()
                over.wait(0.7)
                self.disk.make_room()

        filler = threading.Thread(target=fill_at_times)
        filler.start()
        for n in range(self.LAUNCHES):
            body = {"payload": {"shop": self.shop}, "idempotencyKey": f"again-{n}"}
            runs.append(self.ask("/api/v1/workflows/again/runs", body)["runId"])
            self.hear(runs[-1])
            over.wait(0.2)
        filler.join()
        self.assertEqual(len(set(runs)), self.LAUNCHES)
        print(f"\n  {self.TIMES} times full, {self.refusals} refusals")
        self.assertGreater(self.refusals, 0)
        self.check_all(runs)


def mounts():
    """Whether this process may mount; tries it."""
    with contextlib.ExitStack() as exits, contextlib.suppress(subprocess.CalledProcessError):
        Disk(exits)
        return True
    return False


def main():
    if not mounts():
        if IN_NAMESPACE in os.environ:
            sys.exit("full_disk: a disk of its own can be mounted neither here nor in a user namespace: run it as root, or allow `unshare --user`")
        os.execvpe("unshare", ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv], dict(os.environ, **{IN_NAMESPACE: "1"}))
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
