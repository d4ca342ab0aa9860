"""Replays every stored history against the program, and one that was changed: check.py PROGRAM."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent
PROGRAM = sys.argv.pop(1)


def replay(files, folder):
    definitions = [word for file in sorted(folder.glob("*.definition.json")) for word in ("--definition", str(file))]
    return subprocess.run([PROGRAM, "replay-check", *map(str, files), *definitions], text=True, capture_output=True, timeout=300, check=False)


class Histories(unittest.TestCase):
    def test_every_stored_history_still_agrees(self):
        for folder in sorted(path for path in ROOT.iterdir() if path.is_dir() and path.name.isdigit()):
            files = [file for file in sorted(folder.glob("*.json")) if not file.name.endswith(".definition.json")]
            self.assertGreater(len(files), 25)
            said = replay(files, folder)
            self.assertEqual((said.returncode, said.stdout), (0, f"{len(files)} replayed, 0 diverged\n"), said)

    def changed(self, name):
        """What is said of a history whose activity is a timer."""
        folder = ROOT / "1"
        history = json.loads((folder / name).read_text())
        event = next(e for e in history["events"] if e["eventType"].endswith("ACTIVITY_TASK_SCHEDULED"))
        event["eventType"] = "EVENT_TYPE_TIMER_STARTED"
        event["timerStartedEventAttributes"] = {"timerId": "1", "startToFireTimeout": "1s",
                                                "workflowTaskCompletedEventId": event.pop("activityTaskScheduledEventAttributes")["workflowTaskCompletedEventId"]}
        with tempfile.TemporaryDirectory() as made:
            file = pathlib.Path(made) / "changed.json"
            file.write_text(json.dumps(history))
            said = replay([file], folder)
        self.assertEqual(said.returncode, 1, said)
        self.assertTrue(said.stdout.endswith("1 replayed, 1 diverged\n"), said)
        return said.stdout

    def test_a_changed_history_diverges_in_the_authors_words(self):
        self.assertIn("root.steps[0] (step `d`)", self.changed("durable-action.json"))

    def test_what_a_schedule_started_is_held_against_the_program_too(self):
        self.assertIn("changed.json: ", self.changed("fire.json"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
