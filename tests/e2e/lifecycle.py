"""Drafts, versions, launches, pairs, secrets and bundles: lifecycle.py PROGRAM [unittest options]."""

import json
import subprocess
import unittest

from parts import OnRealParts, action, assign, definition, expr, harness


class Lifecycle(OnRealParts):
    def refused(self, status, code, method, path, body=None):
        with self.assertRaises(harness.Refused) as refusal:
            self.stack.call(method, path, body)
        self.assertEqual((refusal.exception.status, refusal.exception.problem["code"]), (status, code))
        return refusal.exception.problem

    def test_a_draft_is_checked_published_compared_archived_and_deleted(self):
        path = "/api/v1/workflows/draft-life"
        first = definition("draft-life", [assign("a", x="1"), assign("b", y="2")])
        saved = self.stack.call("PUT", path + "/draft", {"definition": first | {"oops": 1}, "expectedDraftVersion": 0})
        self.assertEqual((saved["draftVersion"], saved["valid"]), (1, False))
        self.refused(409, "DRAFT_CONFLICT", "PUT", path + "/draft", {"definition": first, "expectedDraftVersion": 0})
        self.refused(422, "DEFINITION_INVALID", "POST", path + "/publish", {"expectedDraftVersion": 1})
        self.refused(409, "WORKFLOW_NOT_PUBLISHED", "POST", path + "/runs", {"payload": {}})
        self.stack.call("PUT", path + "/draft", {"definition": first, "expectedDraftVersion": 1})
        self.refused(409, "DRAFT_CONFLICT", "POST", path + "/publish", {"expectedDraftVersion": 1})
        self.assertEqual(self.stack.call("POST", path + "/publish", {"expectedDraftVersion": 2, "message": "begun"})["version"], 1)
        second = definition("draft-life", [assign("b", y="3"), assign("c", z="4"), assign("a", x="1")])
        self.stack.publish_definition(second)
        diff = self.stack.call("GET", path + "/diff?from=1&to=2")
        self.assertEqual([(s["stepId"], s["kind"]) for s in diff["steps"]], [("b", "changed"), ("c", "added"), ("a", "changed")])
        self.assertEqual(diff["steps"][0]["fields"], [{"pointer": "/config/assign/vars.y/$expr", "before": "2", "after": "3"}])
        self.assertTrue(self.stack.call("GET", path + "/diff?from=2")["same"])
        versions = self.stack.call("GET", path + "/versions")["items"]
        self.assertEqual([v["version"] for v in versions], [2, 1])
        self.assertEqual(versions[1]["notes"]["message"], "begun")
        self.assertEqual(self.stack.call("GET", path + "/versions/1")["definition"]["steps"], first["steps"])
        self.refused(409, "WORKFLOW_IN_USE", "DELETE", path)
        self.assertIsNotNone(self.stack.call("POST", path + "/archive")["archivedAt"])
        self.refused(409, "WORKFLOW_ARCHIVED", "POST", path + "/runs", {"payload": {}})
        self.assertNotIn("draft-life", [w["workflowId"] for w in self.stack.call("GET", "/api/v1/workflows")["items"]])
        self.stack.call("DELETE", path)
        self.refused(404, "NOT_FOUND", "GET", path)

    def test_a_launch_that_is_asked_for_again_is_one_run(self):
        """D24."""
        self.stack.publish_definition(definition("asked", [assign("a", x="payload.n")]))
        path = "/api/v1/workflows/asked/runs"
        said = [self.stack.call("POST", path, {"payload": {"n": n}, "idempotencyKey": key}) for n, key in ((1, "k"), (2, "k"), (3, "other"))]
        self.assertNotEqual(said[0]["runId"], said[2]["runId"])
        self.assertEqual(said[0]["runId"], said[1]["runId"])
        self.assertEqual([self.stack.wait(s["runId"])["output"]["vars"]["x"] for s in said], [1, 1, 3])
        self.refused(400, "BODY_INVALID", "POST", path, {"payload": {}, "idempotencyKey": "k" * 513})
        self.stack.cli("workflows", "limit", "asked", "1")
        self.assertEqual(self.stack.call("POST", path, {"payload": {}, "idempotencyKey": "k"})["runId"], said[0]["runId"])

    def test_runs_share_pairs_by_revision(self):
        add = {"id": "try", "type": "control.tryCatch", "try": [
            action("get", "store.get", {"key": "count"}, config={"saveAs": "vars.seen"}),
            action("set", "store.set", {"key": "count", "value": expr("(vars.seen.value ? vars.seen.value : 0) + payload.add"),
                                        "expectedRevision": expr("vars.seen.revision")}, config={"saveAs": "vars.set"})],
            "catch": [assign("lost", lost="true")]}
        run, row = self.finished([add, action("list", "store.list", {"prefix": "cou"}, config={"saveAs": "vars.all"})], {"add": 5})
        self.assertEqual((row["status"], row["output"]["vars"]["all"]["items"]), ("SUCCEEDED", [{"key": "count", "value": 5, "revision": 1}]))
        pair = self.stack.call("GET", "/api/v1/store/default/count")
        self.assertEqual((pair["value"], pair["revision"]), (5, 1))
        self.refused(409, "KEY_CONFLICT", "PUT", "/api/v1/store/default/count", {"value": 6, "expectedRevision": 7})
        self.assertEqual(self.stack.call("PUT", "/api/v1/store/default/count", {"value": 6, "expectedRevision": 1})["revision"], 2)
        stale = [action("set", "store.set", {"key": "count", "value": 9, "expectedRevision": 1})]
        self.stack.publish_definition(definition("stale", stale))
        row = self.stack.wait(self.stack.launch("stale", {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "KEY_CONFLICT"))
        self.assertEqual(json.loads(self.stack.cli("kv", "get", "count").stdout)["value"], 6)
        self.stack.cli("kv", "delete", "count", "--expect", "2")
        self.refused(404, "NOT_FOUND", "GET", "/api/v1/store/default/count")

    def test_a_secret_reaches_the_action_and_nothing_else(self):
        value = "s3cr3t-\u00e9-value"
        done = subprocess.run([harness.program(), "secrets", "set", "SHOP_KEY", "--server", self.stack.api, "--token", self.stack.token],
                              input=value, text=True, capture_output=True, check=True, timeout=harness.PATIENCE_S)
        self.assertNotIn(value, done.stdout)
        listed = self.stack.call("GET", "/api/v1/secrets")
        self.assertEqual([s["name"] for s in listed["items"]], ["SHOP_KEY"])
        self.assertNotIn("value", listed["items"][0])
        run, row = self.finished([action("w", "log", {"message": {"$secret": "SHOP_KEY"}})])
        self.assertEqual(row["status"], "SUCCEEDED")
        everything = json.dumps([row, self.stack.steps(run), self.stack.history(run)], ensure_ascii=False)
        self.assertNotIn(value, everything)
        for file in self.stack.data.glob("*.db*"):
            if file.name.startswith("fermata"):
                self.assertNotIn(value.encode(), file.read_bytes(), file.name)
        self.stack.call("DELETE", "/api/v1/secrets/SHOP_KEY")
        row = self.stack.wait(self.stack.launch(self.own_name(), {}))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "SECRET_UNKNOWN"))

    def test_a_bundle_goes_to_another_server(self):
        self.stack.publish_definition(definition("called", [assign("a", x="1")]))
        self.stack.publish_definition(definition("caller", [
            {"id": "c", "type": "control.callWorkflow", "workflowId": "called", "workflowVersion": 1, "inputMapping": {}},
            action("n", "log", {"message": {"$secret": "NOT_THERE"}})]))
        bundle = json.loads(self.stack.cli("export", "caller").stdout)
        self.assertEqual([w["workflowId"] for w in bundle["workflows"]], ["called", "caller"])
        self.assertEqual(bundle["requires"]["secrets"], ["NOT_THERE"])
        file = self.stack.data / "bundle.json"
        file.write_text(json.dumps(bundle))
        with harness.Stack("--no-worker") as other:
            said = json.loads(other.cli("import", str(file)).stdout)
            self.assertEqual((said["workflowsNew"], said["versionsNew"], said["missing"]["secrets"]), (2, 2, ["NOT_THERE"]))
            said = json.loads(other.cli("import", str(file)).stdout)
            self.assertEqual((said["workflowsNew"], said["versionsNew"], said["versionsKept"]), (0, 0, 2))
            there = other.call("GET", "/api/v1/workflows/caller/versions/1")
        self.assertEqual(there["hash"], self.stack.call("GET", "/api/v1/workflows/caller/versions/1")["hash"])

    def test_an_archived_workflow_has_no_clock(self):
        self.stack.publish_definition(definition(
            "yearly", [assign("a", x="1")], payloadSchemaRef="payload.WorkflowClockTrigger.v1",
            trigger={"type": "recurring", "cron": "0 3 1 1 *", "timezone": "UTC"}))
        schedules = lambda: subprocess.run(
            [harness.temporal_cli(), "schedule", "list", "--address", self.stack.temporal, "--namespace", self.stack.namespace],
            text=True, capture_output=True, check=True, timeout=harness.PATIENCE_S).stdout
        self.until(schedules, lambda said: "yearly" in said)
        self.stack.call("POST", "/api/v1/workflows/yearly/archive")
        self.until(schedules, lambda said: "yearly" not in said)
        self.stack.call("POST", "/api/v1/workflows/yearly/unarchive")
        self.until(schedules, lambda said: "yearly" in said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
