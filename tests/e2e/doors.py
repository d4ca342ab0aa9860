"""Events through Redis and webhooks, and tasks that are claimed and told of: doors.py PROGRAM [unittest options]."""

import base64
import contextlib
import datetime
import hmac
import http.server
import json
import os
import threading
import time
import unittest
import urllib.error
import urllib.request

from parts import OnRealParts, assign, definition, event_wait, expr, harness


class Doors(OnRealParts):
    """Events through Redis and through signed webhooks, and people who claim tasks and are told."""

    SECRET = "whsec_" + base64.b64encode(b"a secret of the shop").decode()

    @classmethod
    def setUpClass(cls):
        cls.told = []
        class Told(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                cls.told.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass
        cls.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
        threading.Thread(target=cls.hook.serve_forever, daemon=True).start()
        os.environ["FERMATA_SECRET_SHOP_HOOK"] = cls.SECRET
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.hook.shutdown()

    @classmethod
    def database(cls):
        cls.redis = cls.exits.enter_context(harness.redis())
        return ["--redis", cls.redis.url, "--redis-claim-ms", "500", "--task-hook", f"http://127.0.0.1:{cls.hook.server_port}/told"]

    def event(self, event_id):
        with contextlib.suppress(harness.Refused):
            return self.stack.call("GET", f"/api/v1/events/{event_id}")
        return None

    def test_an_event_from_the_stream_launches_and_resumes(self):
        self.stack.call("PUT", "/api/v1/event-types/STREAM_ORDERED", {"payloadSchemaRef": "payload.Any.v1", "correlationPath": "order"})
        self.stack.publish_definition(definition("from-stream", [event_wait("w", "STREAM_PAID", "payload.order", lookbackMs=60_000)], trigger={
            "type": "event", "eventName": "STREAM_ORDERED"}))
        self.redis.add({"eventId": "so-1", "eventName": "STREAM_ORDERED", "payload": {"order": "S1"}})
        row = self.until(lambda: self.stack.call("GET", "/api/v1/runs?workflowId=from-stream")["items"], lambda rows: len(rows) == 1)[0]
        for _ in range(2):
            self.redis.call("XADD", "fermata:events", "*", "event_id", "sp-1", "event_type", "STREAM_PAID", "workflow_correlation_key", "S1",
                            "payload", '{"amount": 3}')
        self.assertEqual(self.stack.wait(row["runId"])["status"], "SUCCEEDED")
        self.until(self.redis.pending, lambda count: count == 0)
        self.assertEqual([d["outcome"] for d in self.event("sp-1")["deliveries"]], ["SIGNALED"])

    def test_a_dead_letter_is_listed_mended_and_let_in(self):
        letter = "redis:fermata:events:" + self.redis.add({"eventId": "mend-me", "eventName": "MEND", "payload": {"n": 1}, "payloadSchemaRef": "payload.Mend.v1"})
        self.redis.call("XADD", "fermata:events", "*", "payload", "{")
        self.redis.add({"eventId": "behind-it", "eventName": "MEND"})
        self.until(lambda: self.event("behind-it"), bool)
        listed = json.loads(self.stack.cli("events", "dead-letters").stdout)["items"]
        self.assertEqual({(i["letterId"] == letter, i["code"]) for i in listed}, {(True, "SCHEMA_UNKNOWN"), (False, "JSON_INVALID")})
        self.stack.call("PUT", "/api/v1/payload-schemas/payload.Mend.v1", {"type": "object"})
        done = json.loads(self.stack.cli("events", "reprocess", letter).stdout)
        self.assertEqual((done["eventId"], done["isNew"]), ("mend-me", True))
        self.assertEqual(self.event("mend-me")["payload"], {"n": 1})
        self.assertNotEqual(self.stack.cli("events", "reprocess", check=False).returncode, 0)
        self.assertEqual(len(json.loads(self.stack.cli("events", "dead-letters").stdout)["items"]), 1)

    def post_hook(self, name, message_id, body, at=None, secret=b"a secret of the shop"):
        at = str(int(time.time() if at is None else at))
        signature = base64.b64encode(hmac.new(secret, f"{message_id}.{at}.{body}".encode(), "sha256").digest()).decode()
        request = urllib.request.Request(f"{self.stack.api}/api/v1/hooks/{name}", method="POST", data=body.encode(), headers={
            "Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def test_a_signed_webhook_is_an_event_once_and_a_stale_or_forged_one_is_none(self):
        self.stack.call("PUT", "/api/v1/webhooks/shop", {"eventName": "HOOKED", "secret": {"$secret": "SHOP_HOOK"}, "toleranceMs": 60_000})
        status, said = self.post_hook("shop", "m1", '{"correlationKey": "h"}')
        self.assertEqual((status, said), (202, {"eventId": "hook:shop:m1", "isNew": True}))
        self.assertEqual(self.post_hook("shop", "m1", '{"correlationKey": "h"}'), (202, {"eventId": "hook:shop:m1", "isNew": False}))
        for wrong in [dict(at=time.time() - 61), dict(at=time.time() + 62), dict(secret=b"another")]:
            status, said = self.post_hook("shop", "m2", "{}", **wrong)
            self.assertEqual((status, said["code"]), (401, "WEBHOOK_REFUSED"))
        self.assertEqual(self.post_hook("no-such", "m2", "{}")[0], 401)
        self.assertIsNone(self.event("hook:shop:m2"))
        self.stack.call("DELETE", "/api/v1/webhooks/shop")
        self.assertEqual(self.post_hook("shop", "m3", "{}")[0], 401)

    def test_a_task_is_claimed_by_one_told_of_and_escalated_when_it_is_overdue(self):
        self.stack.publish_definition(definition("when-overdue", [assign("a", task="payload.taskId")], payloadSchemaRef="payload.HumanTaskOverdue.v1", trigger={
            "type": "event", "eventName": "HUMAN_TASK_OVERDUE"}))
        due = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
        run = self.launch([{"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr('"T"'), "dueAt": expr("payload.due")}}], {"due": due})
        self.parked(run)
        task = self.stack.call("GET", f"/api/v1/tasks?runId={run}")["items"][0]["taskId"]
        claimed = json.loads(self.stack.cli("tasks", "claim", task, "--by", "ada").stdout)
        self.assertEqual(claimed["claimedBy"], "ada")
        for path, body in [("claim", {"by": "bob"}), ("answer", {"by": "bob", "response": {}}), ("release", {"by": "bob"})]:
            with self.assertRaises(harness.Refused) as caught:
                self.stack.call("POST", f"/api/v1/tasks/{task}/{path}", body)
            self.assertEqual(caught.exception.problem["code"], "TASK_CLAIMED")
        mine = self.stack.call("GET", "/api/v1/tasks?claimedBy=ada")["items"]
        self.assertEqual([(t["taskId"], t["dueAt"][:19]) for t in mine], [(task, due[:19])])
        escalated = self.until(lambda: self.stack.call("GET", f"/api/v1/tasks/{task}"), lambda t: t["escalatedAt"])
        self.assertIsNone(escalated["claimedBy"])
        # The hook is told after the row says so.
        told = self.until(lambda: [(i, m["title"]) for i, m in self.told if m["taskId"] == task], lambda seen: len(seen) > 1)
        self.assertEqual(told, [(f"task.opened:{task}", "T"), (f"task.overdue:{task}", "T")])
        row = self.until(lambda: self.stack.call("GET", "/api/v1/runs?workflowId=when-overdue")["items"], lambda rows: len(rows) == 1)[0]
        self.assertEqual(self.stack.wait(row["runId"])["output"]["vars"]["task"], task)
        self.stack.cli("tasks", "claim", task, "--by", "bob")
        self.stack.call("POST", f"/api/v1/tasks/{task}/answer", {"by": "bob", "response": {"fine": True}})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")


if __name__ == "__main__":
    unittest.main(verbosity=2)
