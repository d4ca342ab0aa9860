"""Rows that are made again of Temporal's histories, on each database, and databases that are away: rows.py PROGRAM [unittest options]."""

import datetime
import os
import sqlite3
import time
import unittest

import language
import lifecycle
from parts import OnRealParts, OnRealPostgres, action, assign, definition, event_wait, expr, run_program, wait_ms


class Rebuilds:
    """Rows from Temporal alone; on each database."""

    def rebuild(self, *arguments):
        done = run_program("rebuild", *arguments, "--data", self.stack.data, *self.options)
        return done.returncode, done.stdout

    def test_lost_and_wrong_rows_are_found_and_made_again(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..300]"), "itemVar": "i", "body": [assign("add", n="i")]}
        done, _ = self.finished([wait_ms("w", 20), loop, action("note", "log", {"level": "info", "message": "done"})], {"secret": "no"})
        self.stack.publish_definition(definition("parked", [assign("a", x="1"), wait_ms("w", 3_600_000)]))
        parked = self.stack.launch("parked", {})
        self.parked(parked)
        self.assertEqual(self.rebuild(done, parked, "--check"), (0, "2 runs checked, 0 differences\n"))
        before = self.stack.run(done), self.stack.steps(done), self.stack.run(parked)
        self.sql(f"DELETE FROM workflow_run_steps WHERE run_id = '{done}' AND step_number > 5 AND step_number < 290")
        self.sql(f"UPDATE workflow_runs SET status = 'FAILED', node_path = 'nowhere' WHERE run_id = '{done}'")
        self.sql(f"DELETE FROM workflow_run_waits WHERE run_id = '{parked}'")
        self.sql(f"DELETE FROM workflow_runs WHERE run_id = '{parked}'")
        code, said = self.rebuild(done, parked, "--check")
        self.assertEqual(code, 1)
        for line in ("run: status is `FAILED`, expected `SUCCEEDED`", "step 6 is missing", f"{parked}: run is missing"):
            self.assertIn(line, said)
        self.assertEqual(self.rebuild(done, parked), (0, "2 runs rebuilt\n"))
        self.assertEqual(self.rebuild(done, parked, "--check"), (0, "2 runs checked, 0 differences\n"))
        self.assertEqual((self.stack.run(done), self.stack.steps(done), self.stack.run(parked)), before)

    def test_a_row_that_temporal_does_not_know_is_found(self):
        self.sql("INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, trigger_type, temporal_workflow_id,"
                 " temporal_run_id, definition_hash, runtime_semantics_version, root_run_id, started_at, updated_at)"
                 " VALUES ('ghost', 'default', 'w', 1, 'RUNNING', 'api', 'x', 'y', '', 1, 'ghost', 1, 1)")
        code, said = self.rebuild("--all", "--check")
        self.sql("DELETE FROM workflow_runs WHERE run_id = 'ghost'")
        self.assertEqual(code, 1)
        self.assertIn("ghost: the run is RUNNING, and Temporal does not know it", said)


class OnSqlite(Rebuilds, OnRealParts):
    def sql(self, statement):
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            db.execute(statement)


class OnPostgres(Rebuilds, OnRealPostgres):
    """What touches the database most, on the other one."""

    def sql(self, statement):
        self.postgres.query(statement)

    test_long_loop = language.Language.test_long_loop_continues_as_new_from_its_depth
    test_children = language.Language.test_child_runs_are_linked_and_their_errors_wrapped
    test_cancel = language.Language.test_cancel_closes_waits_children_and_rows
    test_ledger = language.Language.test_durable_action_and_finally
    refused = lifecycle.Lifecycle.refused
    test_drafts = lifecycle.Lifecycle.test_a_draft_is_checked_published_compared_archived_and_deleted
    test_pairs = lifecycle.Lifecycle.test_runs_share_pairs_by_revision

    def test_rows_are_there_and_not_in_a_file(self):
        run, row = self.finished([assign("a", x="1"), wait_ms("w", 20)])
        self.assertEqual(row["status"], "SUCCEEDED")
        self.assertEqual(self.postgres.query(f"SELECT count(*) FROM workflow_run_steps WHERE run_id = '{run}'"), [["2"]])
        self.assertFalse((self.stack.data / "fermata.db").exists())

    def test_runs_go_on_while_the_database_is_away(self):
        """D14: a database that is away fails no run."""
        """Nothing is asked of the database for as long as it is away; afterwards every row is there."""
        away_s = float(os.environ.get("FERMATA_E2E_AWAY_S", "8"))
        steps = [{"id": "loop", "type": "control.forEach", "items": expr(f"[1..{int(away_s / 2)}]"), "itemVar": "i",
                  "body": [wait_ms("w", 100), assign("add", n="i")]}, assign("end", at="nowIso()")]
        runs = [self.launch(steps)]
        name = self.own_name()
        runs += [self.stack.launch(name, {}) for _ in range(4)]
        waiting = self.launch_other("away-waiting", [wait_ms("w", 1_500), event_wait("e", "BACK", '"away"')])
        for run in runs:
            self.parked(run)
        self.postgres.stop()
        gone_at = time.time()
        time.sleep(away_s)
        back_at = time.time()
        self.postgres.start()
        self.until(lambda: self.stack.run(waiting)["status"] == "WAITING" and self.stack.call("GET", f"/api/v1/runs/{waiting}/waits")["items"],
                   lambda waits: waits and any(w["waitType"] == "event" and w["status"] == "WAITING" for w in waits))
        self.stack.call("POST", "/api/v1/events", {"eventName": "BACK", "payload": {}, "correlationKey": "away"})
        for run in runs + [waiting]:
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        ended = [datetime.datetime.fromisoformat(self.stack.run(run)["output"]["vars"]["at"]).timestamp() for run in runs]
        print(f"\n  away {back_at - gone_at:.1f} s; {sum(gone_at < e < back_at for e in ended)} of {len(ended)} runs ended meanwhile")
        self.assertGreater(sum(gone_at < e < back_at for e in ended), 0)
        self.until(lambda: self.rebuild(*runs, waiting, "--check"), lambda said: said == (0, f"{len(runs) + 1} runs checked, 0 differences\n"))

    def launch_other(self, name, steps):
        self.stack.publish_definition(definition(name, steps))
        return self.stack.launch(name, {})

    def test_a_restarted_database_delays_and_loses_nothing(self):
        run = self.launch([wait_ms("w", 1_000), assign("a", x="1")])
        self.parked(run)
        self.postgres.stop()
        time.sleep(2)
        self.postgres.start()
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([s["status"] for s in self.stack.steps(run)], ["SUCCEEDED", "SUCCEEDED"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
