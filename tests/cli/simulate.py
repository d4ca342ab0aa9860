"""The commands simulate and test as a tool sees them: python3 tests/cli/simulate.py FERMATA"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
FORM = {"type": "object", "required": ["approved"], "additionalProperties": False, "properties": {"approved": {"type": "boolean"}}}
TASK = {"id": "ok", "type": "human.task", "config": {"taskType": "t", "title": {"$expr": "\"T\""}, "formSchema": FORM}}
CALL = {"id": "call", "type": "action.call", "retry": {"maxAttempts": 2, "backoffMs": 100, "jitter": False},
        "config": {"actionId": "http.request", "version": 1, "inputMapping": {"method": "GET", "url": {"$expr": "payload.url"}},
                   "saveAs": "vars.page"}}


def definition(*steps):
    return {"id": "w", "version": 1, "name": "w", "payloadSchemaRef": "payload.Any.v1", "steps": list(steps)}


class Folder(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)

    def write(self, name, document):
        (self.folder / name).write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return name

    def run_program(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def simulate(self, document, payload=None, fixtures=None):
        arguments = ["simulate", self.write("d.json", document), "--json"]
        if payload is not None:
            arguments += ["--input", self.write("p.json", payload)]
        if fixtures is not None:
            arguments += ["--fixtures", self.write("f.json", fixtures)]
        code, out, err = self.run_program(*arguments)
        return code, json.loads(out) if out else None, err


class Simulate(Folder):
    def test_gives_the_stable_form(self):
        code, result, _ = self.simulate(definition(CALL), {"url": "http://a.example"}, {
            "startAt": "2026-03-01T00:00:00Z",
            "actions": {"http.request@1": [{"delayMs": 5, "error": {"category": "TransientError", "code": "BUSY", "message": "no"}},
                                           {"delayMs": 7, "result": {"status": 200}}]}})
        self.assertEqual(code, 0)
        self.assertEqual(result["status"], "SUCCEEDED")
        self.assertIsNone(result["error"])
        self.assertEqual(result["scopes"]["vars"], {"page": {"status": 200}})
        step = {key: result["steps"][0][key] for key in ("path", "status", "attempt", "startedAtMs", "finishedAtMs")}
        self.assertEqual(step, {"path": "root.steps[0]", "status": "SUCCEEDED", "attempt": 2, "startedAtMs": 0, "finishedAtMs": 112})
        effects = [{key: e[key] for key in ("path", "action", "attempt", "input")} for e in result["sideEffects"]]
        request = {"method": "GET", "url": "http://a.example"}
        self.assertEqual(effects, [{"path": "root.steps[0]", "action": "http.request@1", "attempt": n, "input": request} for n in (1, 2)])
        self.assertEqual([w["type"] for w in result["waits"]], ["retry"])

    def test_counts_in_the_scale_of_a_start_in_milliseconds(self):
        wait = {"id": "e", "type": "event.wait", "config": {"eventName": "E", "correlationKey": {"$expr": "\"k\""}}}
        start = 1_700_000_000_000
        for at in (start + 50, 50):
            _, result, _ = self.simulate(definition(wait), {}, {"startAt": start, "events": [
                {"atMs": at, "eventId": "1", "eventName": "E", "correlationKey": "k", "payload": {}}]})
            self.assertEqual(result["steps"][0]["startedAtMs"], start)
            self.assertEqual(result["steps"][0]["finishedAtMs"], start + 50)

    def test_stops_before_a_step(self):
        self.write("d.json", definition({"id": "a", "type": "transform.assign", "config": {"assign": {"vars.x": {"$expr": "1"}}}}, CALL))
        code, out, _ = self.run_program("simulate", "d.json", "--json", "--up-to", "root.steps[1]")
        result = json.loads(out)
        self.assertEqual((code, result["status"], result["scopes"]["vars"], len(result["steps"])), (0, "STOPPED", {"x": 1}, 1))
        code, _, err = self.run_program("simulate", "d.json", "--up-to", "root.steps[7]")
        self.assertEqual(code, 1)
        self.assertIn("NOT_FOUND", err)

    def test_refuses_a_definition_with_all_its_findings(self):
        code, result, _ = self.simulate(definition({"id": "a", "type": "nothing"}, {"id": "a", "type": "control.return"}))
        self.assertEqual(code, 1)
        self.assertEqual(result["status"], "INVALID")
        self.assertLessEqual({"UNKNOWN_NODE_TYPE", "DUPLICATE_STEP_ID"}, {f["code"] for f in result["findings"]})
        for finding in result["findings"]:
            self.assertEqual(set(finding), {"code", "severity", "path", "message", "help"})

    def test_says_which_action_has_no_answer(self):
        code, result, _ = self.simulate(definition(CALL), {"url": "http://a.example"})
        self.assertEqual((code, result["status"], result["error"]["code"]), (0, "FAILED", "ACTION_NOT_MOCKED"))
        self.assertIn("http.request@1", result["error"]["message"])

    def test_checks_answers_against_the_form(self):
        answers = [{"atMs": 10, "stepPath": "root.steps[0]", "response": {"approved": "yes"}},
                   {"atMs": 20, "stepPath": "root.steps[0]", "response": {"approved": True}}]
        _, result, _ = self.simulate(definition(TASK), {}, {"answers": answers})
        self.assertEqual((result["status"], result["steps"][0]["finishedAtMs"]), ("SUCCEEDED", 20))
        self.assertIn("/approved", result["warnings"][0])
        _, result, _ = self.simulate(definition(TASK), {}, {"answers": answers[:1]})
        self.assertEqual((result["status"], result["waits"][0]["status"]), ("WAITING", "WAITING"))

    def test_names_every_mistake_in_the_fixtures(self):
        code, _, err = self.simulate(definition(CALL), {}, {"acts": {}, "events": [{}]})
        self.assertEqual(code, 1)
        self.assertIn("fixtures.acts: unknown field", err)
        self.assertIn("fixtures.events[0].eventName: missing", err)

    def test_prints_a_timeline_for_people(self):
        self.write("d.json", definition({"id": "nap", "type": "time.wait", "config": {"mode": "duration", "durationMs": 90_061_001}}))
        code, out, _ = self.run_program("simulate", "d.json")
        self.assertEqual(code, 0)
        self.assertIn("nap  waits for time until 1d 01:01:01.001", out)
        self.assertIn("w@1 SUCCEEDED after 1d 01:01:01.001: 1 steps, 0 side effects", out)


class Test(Folder):
    CASES = {"cases": [{"name": "fails", "input": {"url": "http://a.example"}, "actions": {"http.request@1": {"result": 1}},
                        "snapshot": True, "expect": {"status": "SUCCEEDED", "outputs": {"vars": {"page": 2}}}},
                       {"name": "passes", "expect": {"status": "FAILED"}}]}

    def test_prints_what_is_wrong_and_the_sum(self):
        self.write("d.json", definition(CALL))
        code, out, _ = self.run_program("test", self.write("d.test.json", self.CASES))
        self.assertEqual(code, 1)
        self.assertIn("outputs.vars.page is 1, expected 2", out)
        self.assertIn("there is no snapshot yet", out)
        self.assertIn("1 of 1 steps, 0 of 0 branches", out)
        self.assertEqual(out.splitlines()[-1], "1 passed, 1 failed")

    def test_writes_and_compares_snapshots(self):
        self.write("d.json", definition(CALL))
        self.write("d.test.json", {"cases": [dict(self.CASES["cases"][0], expect={"status": "SUCCEEDED"})]})
        self.assertEqual(self.run_program("test", "--update", "d.test.json")[0], 0)
        self.assertEqual(self.run_program("test", "d.test.json")[1].splitlines()[-1], "1 passed, 0 failed")
        file = self.folder / "d.timelines.txt"
        file.write_text(file.read_text(encoding="utf-8").replace("calls", "asks"), encoding="utf-8")
        code, out, _ = self.run_program("test", "d.test.json")
        self.assertEqual(code, 1)
        self.assertIn("the timeline is not the one in d.timelines.txt", out)

    def test_reports_a_file_that_is_no_test_file(self):
        code, out, err = self.run_program("test", self.write("d.json", definition(CALL)))
        self.assertEqual(code, 1)
        self.assertIn("TEST_FILE_INVALID", err)
        self.assertEqual(out.splitlines()[-1], "0 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
