"""Histories that are played again, and one that went another way: histories.py PROGRAM [unittest options]."""

import base64
import json
import pathlib
import tempfile
import unittest

from parts import OnRealParts, action, expr, run_program, wait_ms


class Replay(OnRealParts):
    def test_a_history_that_went_another_way_is_named_by_its_step(self):
        steps = [{"id": "choice", "type": "control.if", "condition": expr("payload.waits"),
                  "then": [wait_ms("short-wait", 50)],
                  "else": [action("note", "log", {"level": "debug", "message": "no wait"})]}]
        run = self.launch(steps, {"waits": True})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            saved = run_program("replay-check", "--data", self.stack.data, "--save", folder)
            self.assertEqual(saved.returncode, 0, saved)
            file = next(f for f in folder.iterdir() if run in f.read_text())
            source = self.stack.data / "test-a-history-that-went-another-way-is-named-by-its-step.json"
            same = run_program("replay-check", file, "--definition", source)
            self.assertEqual((same.returncode, same.stdout), (0, "1 replayed, 0 diverged\n"), same)
            history = json.loads(file.read_text())
            data = history["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]
            data["data"] = base64.b64encode(base64.b64decode(data["data"]).replace(b'"waits":true', b'"waits":false')).decode()
            other = folder / "other.json"
            other.write_text(json.dumps(history))
            diverged = run_program("replay-check", file, other, "--definition", source)
            self.assertEqual(diverged.returncode, 1, diverged)
            self.assertIn("root.steps[0].else.steps[0] (step `note`)", diverged.stdout)
            self.assertTrue(diverged.stdout.endswith("2 replayed, 1 diverged\n"), diverged)
            unknown = run_program("replay-check", file)
            self.assertEqual(unknown.returncode, 1, unknown)
            self.assertIn("--definition", unknown.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
