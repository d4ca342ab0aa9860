"""A run that no worker takes, or that none can play: stuck.py PROGRAM [unittest options]."""

import contextlib
import sqlite3
import time
import unittest

from parts import LiveReader, assign, definition, harness, run_program


class Stuck(unittest.TestCase):
    def test_a_run_that_no_worker_takes_says_so_after_a_minute(self):
        with harness.Stack(worker=False) as stack:
            stack.publish_definition(definition("alone", [assign("a", x="1")]))
            run = stack.launch("alone", {})
            deadline = time.monotonic() + 2 * harness.PATIENCE_S
            while not (why := stack.call("GET", f"/api/v1/runs/{run}/diagnosis"))["isStuck"]:
                self.assertEqual([f["code"] for f in why["findings"]], ["MOVING"])
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.5)
            self.assertIn("NO_POLLER", [f["code"] for f in why["findings"]])
            self.assertEqual(run_program("runs", "diagnose", run, "--data", stack.data).returncode, 1)
            reader = LiveReader(stack, run)
            self.assertEqual(reader.read(1)[0][1], "run")
            # A worker that cannot read the definition: the run's task fails, and is tried again.
            self.rename(stack, "workflow_definition_versions", "hidden")
            worker = harness.Process([harness.program(), "worker", "--data", str(stack.data), "--temporal-address", stack.temporal],
                                     stack.data / "worker.log")
            try:
                while "TASK_FAILING" not in (codes := [f["code"] for f in stack.call("GET", f"/api/v1/runs/{run}/diagnosis")["findings"]]):
                    self.assertLess(time.monotonic(), deadline, codes)
                    time.sleep(0.2)
                self.rename(stack, "hidden", "workflow_definition_versions")
                self.assertEqual([name for _, name, _ in reader.read()][-1], "end")
                self.assertEqual(stack.run(run)["status"], "SUCCEEDED")
            finally:
                worker.stop()
                reader.cut()

    def rename(self, stack, table, to):
        with contextlib.closing(sqlite3.connect(stack.data / "fermata.db", timeout=10)) as db, db:
            db.execute(f"ALTER TABLE {table} RENAME TO {to}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
