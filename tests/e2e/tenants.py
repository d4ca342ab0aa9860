"""What each tenant sees and changes of another's, which is nothing: tenants.py PROGRAM [unittest options].

The routes come from the contract, which another test holds equal to the server's own table, so that a new one cannot be forgotten:
a parameter that this file names no value for fails the suite.
"""

import json
import unittest
import urllib.error
import urllib.request

import rows
from parts import ROOT, OnRealParts, OnRealPostgres, action, assign, definition, event_wait, expr, harness

MARK = "for-the-home-tenant-only"
ABSENT = "0190a0a0-0000-7000-8000-00000000dead"

# One body for every route: each takes what it knows.
BODY = {"reason": "a try", "payload": {"n": 1}, "response": {"ok": True}, "by": "", "source": "1", "value": {"n": 1}, "definition": {},
        "eventName": "strange.happened", "secret": {"$secret": "STRANGE"}, "type": "object", "name": "strange", "role": "viewer",
        "days": ["2027-01-01"], "path": "root", "offset": 0, "description": "strange"}
# Where that does not do.
BODIES = {"PUT /api/v1/secrets/{name}": {"value": "strange", "description": "strange"},
          "PUT /api/v1/calendars/{name}": {"holidays": ["2027-01-01"]},
          "PUT /api/v1/payload-schemas/{ref}": {"type": "object"},
          "PUT /api/v1/event-types/{name}": {"payloadSchemaRef": "payload.Any.v1"},
          "PUT /api/v1/workflows/{id}/settings": {"paused": True},
          "PUT /api/v1/run-views/{name}": {"query": {"search": "strange"}},
          "PUT /api/v1/retention": {"runsDays": 1},
          "POST /api/v1/events/batch": {"events": [{"eventName": "strange.happened", "payload": {}}]}}
# These answer by the clock.
MOVING = {"GET /api/v1/runs/{id}/diagnosis", "GET /api/v1/runs/{id}/timeline", "GET /api/v1/clocks/preview", "GET /api/v1/bundle", "GET /metrics"}
# This one answers for as long as the run goes on.
ENDLESS = {"GET /api/v1/runs/{id}/stream", "GET /api/v1/stream"}


class Tenants:
    """Two tenants of one server, on each database: neither sees or changes what is the other's, by any route."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = cls.stack
        home.call("PUT", "/api/v1/payload-schemas/payload.Marked.v1", {"type": "object", "description": MARK})
        home.call("PUT", "/api/v1/event-types/marked.happened", {"payloadSchemaRef": "payload.Marked.v1"})
        home.call("PUT", "/api/v1/calendars/marked-days", {"holidays": ["2027-05-01"]})
        home.call("PUT", "/api/v1/store/marked/key", {"value": MARK})
        home.call("PUT", "/api/v1/secrets/MARKED", {"value": MARK, "description": MARK})
        home.call("PUT", "/api/v1/webhooks/marked", {"eventName": "marked.happened", "secret": {"$secret": "MARKED"}})
        home.publish_definition(definition("marked", [
            assign("note", kept="payload.mark"),
            {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr("payload.mark")}}], description=MARK))
        home.publish_definition(definition("marked-wait", [event_wait("w", "marked.happened", '"marked-key"')]))
        run = home.launch("marked", {"mark": MARK})
        waiting = home.launch("marked-wait", {"mark": MARK})
        event = home.call("POST", "/api/v1/events", {"eventName": "marked.seen", "payload": {"mark": MARK}, "correlationKey": "marked-key"})
        cls.sql(cls, "INSERT INTO workflow_dead_letters (tenant, letter_id, source, fields, code, message, created_at)"
                f" VALUES ('default', 'marked-letter', 'redis', '{{}}', 'JSON_INVALID', '{MARK}', 1)")
        cls.key = home.call("POST", "/api/v1/api-keys", {"name": MARK, "role": "admin"})
        cls.home_admin = harness.Api(home.api, cls.key["key"], home.data)
        made = home.call("POST", "/api/v1/api-keys", {"name": "strange admin", "role": "admin", "tenant": "strange"})
        cls.strange = harness.Api(home.api, made["key"], home.data)
        for one in (run, waiting):
            cls.until(lambda one=one: home.run(one)["status"], lambda status: status == "WAITING")
        cls.home_admin.call("PUT", "/api/v1/run-views/marked-view", {"query": {"search": MARK}, "shared": True})
        job = home.call("POST", "/api/v1/bulk-jobs", {"action": "pause", "runIds": ["marked-nobody"], "reason": MARK})["jobId"]
        cls.until(lambda: home.call("GET", f"/api/v1/bulk-jobs/{job}")["state"], lambda state: state == "DONE")
        task = home.call("GET", f"/api/v1/tasks?runId={run}")["items"][0]["taskId"]
        cls.waiting = waiting
        wait = home.run(waiting)["currentWait"]["waitId"]
        cls.own = {"runs": {"id": run}, "workflows": {"id": "marked", "version": "1"}, "events": {"id": event["eventId"]},
                   "tasks": {"id": task}, "waits": {"id": wait}, "dead-letters": {"id": "marked-letter"}, "webhooks": {"name": "marked"},
                   "calendars": {"name": "marked-days"}, "payload-schemas": {"ref": "payload.Marked.v1"},
                   "event-types": {"name": "marked.happened"}, "store": {"space": "marked", "key": "key"}, "secrets": {"name": "MARKED"},
                   "api-keys": {"id": cls.key["keyId"]}, "bulk-jobs": {"id": job}, "run-views": {"name": "marked-view"}}
        cls.ids = {run, waiting, wait, event["eventId"], task, cls.key["keyId"], "marked-letter", job}
        paths = json.loads((ROOT / "contracts/openapi.json").read_text())["paths"]
        cls.routes = [(method.upper(), path) for path, methods in paths.items() for method, said in methods.items() if "x-role" in said]

    def path_of(self, pattern, absent=False):
        """The pattern with the home tenant's names in it, or with names of nothing."""
        segments = pattern.split("/")
        own = self.own.get("".join(segments[3:4]), {})
        for i, segment in enumerate(segments):
            if segment.startswith("{"):
                if segment[1:-1] not in own:
                    self.fail(f"{pattern}: tell this test what `{segment[1:-1]}` the home tenant has (Tenants.own)")
                value = own[segment[1:-1]]
                segments[i] = ("9" if value.isdigit() else "ABSENT" if value.isupper() else ABSENT) if absent else value
        return "/".join(segments)

    def asked(self, caller, method, pattern, absent=False):
        """Status and text of the answer, without what the address named."""
        path = self.path_of(pattern, absent)
        body = None if method in ("GET", "DELETE") else json.dumps(BODIES.get(f"{method} {pattern}", BODY)).encode()
        request = urllib.request.Request(caller.api + path, method=method, data=body, headers={
            "Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=harness.PATIENCE_S) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        for segment in path.split("/")[4:]:
            text = text.replace(segment, "…")
        return status, text

    def seen_at_home(self):
        """Every answer that the home tenant can look at."""
        return {f"{method} {pattern}": self.asked(self.home_admin, method, pattern) for method, pattern in self.routes
                if method == "GET" and f"{method} {pattern}" not in MOVING | ENDLESS}

    def test_no_route_shows_or_changes_what_is_another_tenants(self):
        self.assertGreater(len(self.routes), 60)
        self.seen_at_home()  # notes the use of its key
        before = self.seen_at_home()
        marked = [route for route, (status, text) in before.items() if status == 200 and MARK in text]
        self.assertGreater(len(marked), 10, marked)
        # Looks first: later the audit log repeats what the stranger asked for.
        for method, pattern in sorted(self.routes, key=lambda route: (route[0] != "GET" or "{" in route[1])):
            with self.subTest(route=f"{method} {pattern}"):
                status, text = self.asked(self.strange, method, pattern)
                self.assertNotIn(MARK, text)
                for one in self.ids:
                    self.assertNotIn(one, text)
                self.assertLess(status, 500, text)
                if "{" in pattern:
                    # What is another's is not there: no answer differs from that to a name of nothing.
                    nothing, said = self.asked(self.strange, method, pattern, absent=True)
                    self.assertEqual(status, nothing, (text, said))
                    if status >= 400:
                        self.assertEqual(json.loads(text)["code"], json.loads(said)["code"])
        after = self.seen_at_home()
        for route, answer in before.items():
            self.assertEqual(after[route], answer, route)

    def test_the_other_tenants_event_of_the_same_name_and_key_wakes_nobody(self):
        sent = self.strange.call("POST", "/api/v1/events", {"eventName": "marked.happened", "payload": {}, "correlationKey": "marked-key"})
        self.assertEqual(sent["deliveries"], [])
        self.assertEqual(self.stack.run(self.waiting)["status"], "WAITING")

    def test_the_other_tenant_has_workflows_runs_and_pairs_of_its_own(self):
        self.strange.publish_definition(definition("marked", [
            assign("a", n="payload.n"), action("keep", "store.set", {"space": "marked", "key": "key", "value": expr("payload.n")})]))
        # The test of all routes may have paused it: its own, not ours.
        self.strange.call("PUT", "/api/v1/workflows/marked/settings", {"paused": False})
        run = self.strange.launch("marked", {"n": 7})
        self.assertEqual(self.strange.wait(run)["output"]["vars"]["n"], 7)
        self.assertEqual(self.strange.call("GET", "/api/v1/store/marked/key")["value"], 7)
        self.assertEqual(self.stack.call("GET", "/api/v1/store/marked/key")["value"], MARK)
        self.assertEqual([row["runId"] for row in self.strange.call("GET", "/api/v1/runs?workflowId=marked")["items"]], [run])
        self.assertNotIn(run, json.dumps(self.stack.call("GET", "/api/v1/runs")))

    def test_an_admin_makes_keys_for_the_own_tenant_only(self):
        for tenant, caller in (("strange", self.home_admin), ("default", self.strange)):
            with self.assertRaises(harness.Refused) as refusal:
                caller.call("POST", "/api/v1/api-keys", {"name": "n", "role": "viewer", "tenant": tenant})
            self.assertEqual((refusal.exception.status, refusal.exception.problem["code"]), (403, "TENANT_FORBIDDEN"))

    def test_who_acts_on_a_task_is_who_calls(self):
        task = f"/api/v1/tasks/{self.own['tasks']['id']}"
        ada, bob = (harness.Api(self.stack.api, self.stack.call("POST", "/api/v1/api-keys", {"name": name, "role": "operator"})["key"], self.stack.data)
                    for name in ("ada", "bob"))
        self.assertEqual(ada.call("POST", task + "/claim", {})["claimedBy"], "ada")
        for verb, body, code in (("claim", {"by": "ada"}, "TASK_ACTOR"), ("claim", {}, "TASK_CLAIMED"), ("release", {}, "TASK_CLAIMED"),
                                 ("answer", {"by": "ada", "response": {}}, "TASK_ACTOR"), ("answer", {"response": {}}, "TASK_CLAIMED"),
                                 ("answer", {"response": {}, "adminOverride": True}, "TASK_ACTOR")):
            with self.assertRaises(harness.Refused) as refusal:
                bob.call("POST", f"{task}/{verb}", body)
            self.assertEqual(refusal.exception.problem["code"], code, (verb, body))
        # An admin takes it away, gives it to somebody, and takes it away again.
        self.assertIsNone(self.home_admin.call("POST", task + "/release", {})["claimedBy"])
        self.assertEqual(self.home_admin.call("POST", task + "/claim", {"by": "bob"})["claimedBy"], "bob")
        self.assertIsNone(bob.call("POST", task + "/release", {})["claimedBy"])


class TenantsOnSqlite(Tenants, OnRealParts):
    sql = rows.OnSqlite.sql


class TenantsOnPostgres(Tenants, OnRealPostgres):
    sql = rows.OnPostgres.sql


if __name__ == "__main__":
    unittest.main(verbosity=2)
