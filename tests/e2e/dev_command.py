"""`fermata dev`: one Ctrl-C, and a Temporal that does not come or goes away: dev_command.py PROGRAM [unittest options]."""

import json
import os
import pathlib
import signal
import tempfile
import time
import unittest
import uuid

from parts import assign, definition, harness, until, wait_ms

# From the signal to the end. It takes one or two; this is what a loaded machine with sanitizers may add.
END_S = 30


class Dev:
    """`fermata dev` as a shell starts it: in a process group of its own. All that it starts is known by a mark."""

    def __init__(self, data, path=None):
        self.mark = f"FERMATA_TEST_MARK={uuid.uuid4()}"
        name, value = self.mark.split("=")
        env = dict(os.environ, **{name: value})
        if path:
            env["PATH"] = f"{path}:{env['PATH']}"
        self.log = data / f"dev-{value}.log"
        self.process = harness.Process([harness.program(), "dev", "--data", str(data), "--port", "0", "--print-json"], self.log, env=env, process_group=0)
        self.pid = self.process.child.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()

    def api(self, data):
        ready = self.process.first_line(lambda line: json.loads(line) if line.startswith("{") else None)
        return harness.Api(ready["api"], ready["token"], data)

    def said(self):
        return self.log.read_text(errors="replace")

    def says(self, text):
        return until(self.said, lambda said: text in said)

    def others(self):
        """The processes that it started and that go on, and those that they started."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (process / "environ").read_bytes()
            except OSError:
                continue
            if marked and int(process.name) != self.pid and harness.lives(process.name):
                found.append(int(process.name))
        return found

    def press_ctrl_c(self):
        """As a terminal does: to the whole group."""
        os.killpg(self.pid, signal.SIGINT)

    def ended(self):
        """The exit code, and that it came soon and that nothing is left."""
        begun = time.monotonic()
        code = self.process.child.wait(timeout=harness.PATIENCE_S)
        took_s = time.monotonic() - begun
        print(f"  {took_s:.1f} s to the end", flush=True)
        if took_s > END_S:
            raise AssertionError(f"{took_s:.0f} s to the end:\n{self.process.tail()}")
        if left := self.others():
            raise AssertionError(f"{left} are left:\n{self.process.tail()}")
        return code


class DevCommand(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="fermata-")))

    def started(self, path=None):
        return self.enterContext(Dev(self.data, path))

    def in_place_of_temporal(self, script):
        """A folder for PATH with a `temporal` that does this."""
        folder = self.data / "programs"
        folder.mkdir()
        (folder / "temporal").write_text("#!/bin/sh\n" + script)
        (folder / "temporal").chmod(0o755)
        return folder

    def waiting_run(self, api):
        api.publish_definition(definition("sleeps", [wait_ms("w", 3_000), assign("a", x="payload.x")]))
        run = api.launch("sleeps", {"x": 7})
        until(lambda: api.run(run)["status"], lambda status: status == "WAITING")
        return run

    def goes_on(self, run):
        """After the next start, on what the one before left."""
        dev = self.started()
        row = dev.api(self.data).wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["x"]), ("SUCCEEDED", 7))
        dev.press_ctrl_c()
        self.assertEqual(dev.ended(), 0, dev.said())

    def test_one_ctrl_c_ends_everything_and_keeps_the_data(self):
        dev = self.started()
        run = self.waiting_run(dev.api(self.data))
        self.assertTrue(dev.others(), "Temporal is a process of its own")
        dev.press_ctrl_c()
        self.assertEqual(dev.ended(), 0, dev.said())
        self.goes_on(run)

    def test_ctrl_c_at_any_moment_of_the_start(self):
        for late_s in (0, 0.2, 0.4, 0.8):
            dev = self.started()
            dev.says("starting Temporal")
            time.sleep(late_s)
            dev.press_ctrl_c()
            self.assertEqual(dev.ended(), 0, dev.said())
        dev = self.started()
        self.assertEqual(dev.api(self.data).call("GET", "/api/v1/runs")["items"], [])
        dev.press_ctrl_c()
        self.assertEqual(dev.ended(), 0, dev.said())

    def test_a_temporal_that_does_not_come_is_told_of_and_ended(self):
        dev = self.started(self.in_place_of_temporal("exec sleep 600\n"))
        dev.says("Temporal is still starting after 5 s")
        self.assertTrue(dev.others())
        dev.press_ctrl_c()
        self.assertEqual(dev.ended(), 0, dev.said())
        self.assertIn("stopped before Temporal was there", dev.said())

    def test_a_temporal_that_cannot_start_says_why(self):
        dev = self.started(self.in_place_of_temporal("echo no such disk\nexit 7\n"))
        self.assertEqual(dev.ended(), 3, dev.said())
        self.assertIn("ended at once: exit code 7", dev.said())
        self.assertIn("no such disk", (self.data / "temporal.log").read_text())
        self.assertIn(str(self.data / "temporal.log"), dev.said())

    def test_a_temporal_that_ends_by_itself_ends_dev(self):
        dev = self.started()
        run = self.waiting_run(dev.api(self.data))
        [temporal] = dev.others()
        os.kill(temporal, signal.SIGKILL)
        self.assertEqual(dev.ended(), 3, dev.said())
        self.assertIn("Temporal ended while it was needed: signal 9 (TEMPORAL_DEV_SERVER)", dev.said())
        self.goes_on(run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
