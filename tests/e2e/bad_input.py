"""Bad input and bad surroundings: bad_input.py PROGRAM [unittest options]."""

import json
import sqlite3
import tempfile
import time
import unittest

from parts import ROOT, OnRealParts, action, assign, definition, harness, run_program, wait_ms


class BadInput(OnRealParts):
    def refused(self, body, status=400):
        with self.assertRaises(harness.Refused) as caught:
            self.stack.call("POST", "/api/v1/workflows", body)
        self.assertEqual(caught.exception.status, status, caught.exception.problem)
        return caught.exception.problem

    def codes(self, steps):
        problem = self.refused(definition("bad", steps), 422)
        for finding in problem["findings"]:
            self.assertTrue(finding["path"] and finding["message"] and "help" in finding, finding)
        return {finding["code"] for finding in problem["findings"]}

    def validate(self, text, suffix):
        with tempfile.NamedTemporaryFile("w", suffix=suffix) as file:
            file.write(text)
            file.flush()
            return run_program("validate", file.name)

    def test_broken_json_and_yaml_say_where(self):
        said = self.validate('{"id": "x",\n "steps": [}', ".json")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("line 2", said.stdout + said.stderr)
        said = self.validate("id: x\nsteps: [\n", ".yaml")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("YAML", said.stdout + said.stderr)

    def test_all_findings_come_at_once(self):
        codes = self.codes([
            assign("a", x="1 +"), assign("a", y="2"), {"id": "u", "type": "control.unknown"},
            action("n", "no.such_action", {})])
        self.assertLessEqual({"EXPRESSION_INVALID", "DUPLICATE_STEP_ID", "UNKNOWN_NODE_TYPE", "UNKNOWN_ACTION"}, codes)

    def test_50_megabytes_are_refused_at_the_door(self):
        with self.assertRaises((harness.Refused, OSError)) as caught:
            self.stack.call("POST", "/api/v1/workflows", {"id": "x" * 50_000_000})
        if isinstance(caught.exception, harness.Refused):
            self.assertEqual(caught.exception.status, 413)
        said = self.validate(json.dumps(definition("big", [assign("a", x='"' + "x" * 50_000_000 + '"')])), ".json")
        self.assertNotEqual(said.returncode, 0)
        self.assertIn("bytes", said.stdout + said.stderr)

    def test_10000_nested_ifs_are_refused(self):
        text = "".join('{"id":"s%d","type":"control.if","condition":{"$expr":"true"},"then":[' % i for i in range(10_000))
        text = '{"id":"deep","version":1,"name":"d","payloadSchemaRef":"payload.Any.v1","steps":[' + text + "]}" * 10_000 + "]}"
        said = self.validate(text, ".json")
        self.assertEqual(said.returncode, 1, said.stderr[:300])
        self.assertIn("deep", (said.stdout + said.stderr).lower())

    def test_a_definition_changed_behind_its_hash_fails_the_run(self):
        """D14: and its row says so."""
        self.stack.publish_definition(definition("tampered", [assign("a", x="1")]))
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            changed = db.execute("UPDATE workflow_definition_versions SET definition_json = replace(definition_json, '\"1\"', '\"2\"')"
                                 " WHERE workflow_id = 'tampered'").rowcount
        self.assertEqual(changed, 1)
        row = self.stack.wait(self.stack.launch("tampered", {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "DEFINITION_HASH_MISMATCH"))

    def test_a_locked_database_delays_and_loses_nothing(self):
        """D13: what cannot be written for a while is no error of the author's."""
        run = self.launch([wait_ms("w", 500), assign("a", x="1")])
        self.parked(run)
        db = sqlite3.connect(self.stack.data / "fermata.db", timeout=10, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        time.sleep(2)
        db.execute("ROLLBACK")
        db.close()
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([s["status"] for s in self.stack.steps(run)], ["SUCCEEDED", "SUCCEEDED"])

    def test_an_absent_server_is_named_with_help(self):
        said = run_program("publish", "--server", "http://127.0.0.1:9", "--token", "t", ROOT / "examples/order-flow/definition.json")
        self.assertEqual(said.returncode, 3, said)
        self.assertIn("fermata dev", said.stderr)
        with tempfile.TemporaryDirectory() as data:
            said = run_program("worker", "--data", data, "--temporal-address", "127.0.0.1:9")
        self.assertEqual(said.returncode, 3, said)
        self.assertIn("TEMPORAL_UNAVAILABLE", said.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
