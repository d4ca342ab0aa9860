"""Server and worker before a Temporal that lets not everybody in: deployed.py PROGRAM [unittest options]."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import unittest

from parts import ROOT, action, definition, harness, run_program, until, wait_ms
import replays  # of tools, as harness is


class Deployed(unittest.TestCase):
    """Server and worker as processes of their own, before a Temporal that wants TLS, client certificates and a key."""

    KEY = "front-door-key-7"

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.addClassCleanup(cls.exits.close)
        cls.temporal = cls.exits.enter_context(harness.Stack(worker=False))
        cls.folder = pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory(prefix="fermata-")))
        for name in ("authority", "stranger"):
            cls.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                        "-keyout", f"{name}.key", "-out", f"{name}.pem")
        for name in ("front", "client"):
            cls.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                        "-keyout", f"{name}.key", "-out", f"{name}.csr")
            (cls.folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}.test\nbasicConstraints=CA:FALSE\n")
            cls.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2",
                        "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        (cls.folder / "key").write_text(cls.KEY + "\n")
        (cls.folder / "wrong").write_text("another-key\n")
        cls.front = cls.node("proxy", cls.temporal.temporal, *(cls.folder / name for name in ("front.pem", "front.key", "authority.pem")), cls.KEY)
        cls.collected = cls.folder / "collected"
        cls.collector = cls.node("collector", cls.collected)

    @classmethod
    def tearDownClass(cls):
        with cls.exits:
            replays.replay(cls.temporal.temporal, cls.folder / "data", cls.folder / "data" / "fermata.db")

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *arguments], cwd=cls.folder, check=True, capture_output=True, text=True)

    @classmethod
    def node(cls, *arguments):
        """The address that a test end in Node listens on."""
        end = harness.Process(["node", str(ROOT / "tests/e2e/grpc_front.mjs"), *map(str, arguments)], cls.folder / "node.log")
        cls.exits.callback(end.stop)
        return "127.0.0.1:" + end.first_line(lambda line: line.split()[-1] if line.startswith("listening on") else None)

    def connection(self, **changes):
        files = {"api-key-file": "key", "tls-ca": "authority.pem", "tls-cert": "client.pem", "tls-key": "client.key", **changes}
        options = ["--temporal-address", self.front, "--temporal-tls-name", "front.test", "--data", str(self.folder / "data")]
        for flag, name in files.items():
            options += [] if name is None else [f"--temporal-{flag}", str(self.folder / name)]
        return options

    def test_runs_work_through_the_front_door_and_are_measured(self):
        with contextlib.ExitStack() as ends:
            server = harness.Process([harness.program(), "server", "--port", "0", "--print-json", "--metrics-address", "127.0.0.1:0",
                                      *self.connection()], self.folder / "server.log")
            ends.callback(server.stop)
            ready = server.first_line(lambda line: json.loads(line) if line.startswith("{") else None)
            worker = harness.Process([harness.program(), "worker", "--otlp-url", f"http://{self.collector}", *self.connection()],
                                     self.folder / "worker.log")
            ends.callback(worker.stop)
            stack = harness.Api(ready["api"], ready["token"], self.folder)
            stack.publish_definition(definition("deployed", [action("a", "log", {"message": "hello"}), wait_ms("w", 200)]))
            self.assertEqual(stack.wait(stack.launch("deployed", {}))["status"], "SUCCEEDED")
            until(lambda: self.collected.exists() and b"temporal_workflow_task" in self.collected.read_bytes())

    def refused(self, **changes):
        said = run_program("worker", *self.connection(**changes))
        self.assertIn(said.returncode, (1, 3), said.stderr)
        return said.stderr

    def test_who_is_not_let_in_is_told_so(self):
        self.assertIn("TEMPORAL_DENIED", self.refused(**{"api-key-file": "wrong"}))
        self.assertIn("TEMPORAL_UNAVAILABLE", self.refused(**{"tls-ca": "stranger.pem"}))
        self.assertIn("TEMPORAL_UNAVAILABLE", self.refused(**{"tls-cert": None, "tls-key": None}))
        self.assertIn("FILE_UNREADABLE", self.refused(**{"tls-ca": "absent.pem"}))


if __name__ == "__main__":
    unittest.main(verbosity=2)
