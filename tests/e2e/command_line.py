"""The command line against a server: what it prints, and how it ends: command_line.py PROGRAM [unittest options].

0 done, 1 it said no, 2 wrong usage, 3 could not.
"""

import json
import pathlib
import tempfile
import unittest

from parts import ROOT, OnRealParts, action, assign, definition, expr, run_program, wait_ms

YAML = """id: {id}
version: 1
name: {id}
payloadSchemaRef: payload.Any.v1
steps:
  - id: a
    type: transform.assign
    config:
      assign:
        vars.x: {{ $expr: "{source}" }}
  - id: {second}
    type: time.wait
    config: {{ mode: duration, durationMs: 5 }}
"""


class CommandLine(OnRealParts):
    def cli(self, *arguments):
        return self.stack.cli(*map(str, arguments), check=False)

    def done(self, *arguments):
        """What a command that must succeed prints, as JSON."""
        said = self.cli(*arguments)
        self.assertEqual(said.returncode, 0, said)
        return json.loads(said.stdout)

    def file(self, name, content):
        path = self.stack.data / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def published(self, name, steps):
        self.done("publish", self.file(f"{name}.json", definition(name, steps)))

    def test_validate_reads_both_formats(self):
        good = [self.file("good.json", definition("good", [assign("a", x="1"), wait_ms("w", 5)])),
                self.file("good.yaml", YAML.format(id="good", source="1", second="w"))]
        said = run_program("validate", *good)
        self.assertEqual((said.returncode, said.stderr), (0, ""), said)
        self.assertEqual(said.stdout.splitlines(), [f"{file}: valid, 2 steps" for file in good])
        same = [json.loads(line) for line in run_program("validate", "--json", *good).stdout.splitlines()]
        self.assertEqual([(one["valid"], one["findings"], one["hash"]) for one in same], [(True, [], same[0]["hash"])] * 2)

    def test_validate_says_all_findings_with_path_code_and_help(self):
        steps = [assign("a", x="1 +"), wait_ms("a", 5)]
        bad = [self.file("bad.json", definition("bad", steps)), self.file("bad.yaml", YAML.format(id="bad", source="1 +", second="a"))]
        said = run_program("validate", "--json", *bad)
        self.assertEqual(said.returncode, 1, said)
        first, second = (json.loads(line) for line in said.stdout.splitlines())
        self.assertEqual((first["valid"], first["findings"]), (False, second["findings"]))
        self.assertEqual({(one["path"], one["code"]) for one in first["findings"]},
                         {("root.steps[0].config/assign/vars.x", "EXPRESSION_INVALID"), ("root.steps[1].id", "DUPLICATE_STEP_ID")})
        for one in first["findings"]:
            self.assertTrue(one["message"] and one["severity"], one)
        said = run_program("validate", bad[1])
        self.assertEqual(said.returncode, 1, said)
        for one in first["findings"]:
            self.assertIn(f"{bad[1]}: {one['path']}: {one['message']} ({one['code']})\n", said.stdout)
            if one["help"]:
                self.assertIn(f"  help: {one['help']}\n", said.stdout)
        self.assertTrue(any(one["help"] for one in first["findings"]), first)
        # One that is wrong is enough, and keeps no other from being told of.
        good = self.file("good.json", definition("good", [assign("a", x="1")]))
        said = run_program("validate", bad[0], "/nothing/here.json", good)
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("FILE_UNREADABLE", said.stderr)
        self.assertIn(f"{good}: valid, 1 steps", said.stdout)

    def test_publish_makes_versions_and_says_why_it_does_not(self):
        for source, version, is_new in (("1", 1, True), ("1", 1, False), ("2", 2, True)):
            said = self.done("publish", self.file("p.yaml", YAML.format(id="p", source=source, second="w")))
            self.assertEqual((said["workflowId"], said["version"], said["isNew"]), ("p", version, is_new))
        said = self.cli("publish", self.file("p.yaml", YAML.format(id="p", source="1 +", second="a")))
        self.assertEqual((said.returncode, said.stdout), (1, ""), said)
        for part in ("DEFINITION_INVALID", "root.steps[0].config/assign/vars.x: ", "(EXPRESSION_INVALID)", "(DUPLICATE_STEP_ID)", "help: "):
            self.assertIn(part, said.stderr)
        self.assertEqual([one["version"] for one in self.stack.call("GET", "/api/v1/workflows/p/versions")["items"]], [2, 1])

    def test_run_waits_for_the_end_and_ends_as_the_run_does(self):
        self.published("ends", [
            wait_ms("w", 300), {"id": "if", "type": "control.if", "condition": expr("payload.fails"), "else": [assign("a", x="payload.n + 1")],
                                "then": [action("f", "workflow.fail", {"code": "AS_ASKED", "message": "no"})]}])
        row = self.done("run", "ends", "--wait", "--input", self.file("in.json", {"fails": False, "n": 1}))
        self.assertEqual((row["status"], row["output"]["vars"]["x"]), ("SUCCEEDED", 2))
        said = self.cli("run", "ends", "--wait", "--input", self.file("in.json", {"fails": True}))
        row = json.loads(said.stdout)
        self.assertEqual((said.returncode, row["status"], row["error"]["code"]), (1, "FAILED", "AS_ASKED"))

    def test_run_without_waiting_tells_the_id_at_once(self):
        self.published("waits-long", [wait_ms("w", 3_600_000)])
        launched = self.done("run", "waits-long")
        self.assertEqual((launched["workflowVersion"], launched["isStarted"]), (1, True))
        self.parked(launched["runId"])
        self.cli("runs", "cancel", launched["runId"])
        self.assertEqual(self.stack.wait(launched["runId"])["status"], "CANCELED")
        for wrong in (("run", "no-such-workflow"), ("run", "waits-long", "--input", self.file("in.json", "{")),
                      ("run", "waits-long", "--input", "/nothing/here.json")):
            said = self.cli(*wrong)
            self.assertEqual((said.returncode, said.stdout), (1, ""), said)
            self.assertRegex(said.stderr, r"^fermata: .*\([A-Z_]+\)\n")

    def test_runs_list_filters_and_pages(self):
        self.published("listed", [action("f", "workflow.fail", {"code": "LISTED", "message": "as asked"})])
        self.published("other", [wait_ms("w", 3_600_000)])
        ids = [self.stack.launch("listed", {}) for _ in range(5)]
        for run in ids:
            self.stack.wait(run)
        waiting = self.stack.launch("other", {})
        self.parked(waiting)

        def listed(*options):
            return [row["runId"] for row in self.done("runs", "list", *options)["items"]]

        self.assertEqual(sorted(listed("--workflow", "listed")), sorted(ids))
        self.assertEqual(listed("--workflow", "listed", "--status", "RUNNING,WAITING,PAUSED"), [])
        self.assertLessEqual({waiting, *ids}, set(listed("--status", "WAITING,FAILED", "--trigger", "api")))
        self.assertEqual(sorted(listed("--search", "LISTED")), sorted(ids))
        started = self.stack.run(waiting)["startedAt"]
        self.assertIn(waiting, listed("--from", started))
        self.assertNotIn(waiting, listed("--to", started))
        seen, cursor = [], []
        while cursor is not None:
            page = self.done("runs", "list", "--workflow", "listed", "--limit", 2, *cursor)
            self.assertLessEqual(len(page["items"]), 2)
            seen += [row["runId"] for row in page["items"]]
            cursor = ["--cursor", page["nextCursor"]] if page.get("nextCursor") else None
        self.assertEqual(sorted(seen), sorted(ids))
        said = self.cli("runs", "list", "--status", "LOST")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("QUERY_INVALID", said.stderr)

    def test_runs_show_has_every_step(self):
        run, _ = self.finished([{"id": "loop", "type": "control.forEach", "items": expr("[1..600]"), "itemVar": "i", "body": [assign("add", n="i")]}])
        shown = self.done("runs", "show", run)
        self.assertEqual((shown["runId"], shown["status"], len(shown["steps"])), (run, "SUCCEEDED", 601))
        self.assertEqual(shown["steps"], self.stack.steps(run))
        said = self.cli("runs", "show", "nobody")
        self.assertEqual((said.returncode, said.stdout), (1, ""), said)
        self.assertIn("NOT_FOUND", said.stderr)

    def test_wrong_usage_is_told_from_all_else(self):
        for wrong in ((), ("no-such-word",), ("publish",), ("run",), ("runs",), ("runs", "show"), ("runs", "list", "--limit", "0"),
                      ("runs", "list", "--limit", "many"), ("runs", "list", "--colour", "red"), ("validate",), ("dev", "--port", "high")):
            with self.subTest(arguments=wrong):
                said = self.cli(*wrong)
                self.assertEqual((said.returncode, said.stdout), (2, ""), said)
                self.assertTrue(said.stderr)
        for right in (("--help",), ("runs", "list", "--help"), ("--version",)):
            self.assertEqual(self.cli(*right).returncode, 0, right)

    def test_a_server_that_is_away_is_named_with_what_to_do(self):
        away = ("--server", "http://127.0.0.1:9", "--token", "t")
        for command in (("publish", ROOT / "examples/order-flow/definition.json"), ("run", "x"), ("run", "x", "--wait"), ("runs", "list"), ("runs", "show", "x")):
            with self.subTest(command=command):
                said = run_program(*command, *away)
                self.assertEqual((said.returncode, said.stdout), (3, ""), said)
                self.assertIn("127.0.0.1:9", said.stderr)
                self.assertIn("help: is the server running? start it with `fermata dev`", said.stderr)
        with tempfile.TemporaryDirectory() as data:
            said = run_program("runs", "list", "--data", pathlib.Path(data))
            self.assertEqual((said.returncode, said.stdout), (3, ""), said)
            self.assertIn(f"no server is known in `{data}` (SERVER_UNKNOWN)", said.stderr)
        said = run_program("runs", "list", "--server", self.stack.api, "--token", "wrong")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("TOKEN_INVALID", said.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
