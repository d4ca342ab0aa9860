"""What goes on after a restart: restart.py PROGRAM [unittest options]."""

import contextlib
import sqlite3
import tempfile
import unittest

from parts import OnRealParts, OnRealPostgres, assign, definition, event_wait, harness, until, wait_ms


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
                until(lambda: stack.run(run)["status"], lambda status: status == "WAITING")
            with harness.Stack(data=data) as stack:
                row = stack.wait(run)
                self.assertEqual((row["status"], row["output"]["vars"]["x"]), ("SUCCEEDED", 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
