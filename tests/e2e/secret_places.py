"""A secret goes where the definition says it, and nowhere else: secret_places.py PROGRAM [unittest options]."""

import http.server
import json
import threading
import unittest

from parts import OnRealParts, action, definition, event_wait, expr, harness

SECRET = "of-the-vault-5f1c"
# What whoever sends data writes, in the hope that it is opened on its way.
REFERENCE = {"$secret": "PLACED"}


class Shop(http.server.ThreadingHTTPServer):
    """Keeps what it is sent, and answers with a reference of its own."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ShopHandler)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class ShopHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.headers["X-Key"], body))
        answer = json.dumps({"key": REFERENCE}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class SecretPlaces(OnRealParts):
    has_side = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop_of_data = Shop()
        cls.exits.callback(cls.shop_of_data.shutdown)
        cls.stack.call("PUT", "/api/v1/secrets/PLACED", {"value": SECRET})

    def setUp(self):
        self.shop_of_data.asked.clear()

    def post(self, step_id, body, **config):
        """The definition's own secret in a header, and data in the body."""
        return action(step_id, "http.request", {"url": self.shop_of_data.url, "method": "POST", "headers": {"X-Key": REFERENCE}, "body": expr(body)},
                      config=config)

    def sent(self, run):
        """What came, each with the definition's secret; the data is as it was."""
        row = self.stack.wait(run)
        self.assertEqual(row["status"], "SUCCEEDED", row)
        self.assertTrue(self.shop_of_data.asked)
        for key, body in self.shop_of_data.asked:
            self.assertEqual(key, SECRET)
            self.assertNotIn(SECRET, body)
        return [json.loads(body) for _, body in self.shop_of_data.asked]

    def test_a_reference_in_a_launch_is_data(self):
        post = self.post("pay", "payload")
        post["config"]["inputMapping"]["url"] = expr("payload.shopUrl")
        payload = {"shopUrl": self.shop_of_data.url, "card": REFERENCE, "list": [REFERENCE]}
        run = self.launch([post], payload)
        self.assertEqual(self.sent(run), [payload])
        kept = self.stack.call("GET", f"/api/v1/runs/{run}/invocations")["items"][0]["input"]
        self.assertEqual((kept["headers"], kept["body"]["card"]), ({"X-Key": REFERENCE}, REFERENCE))

    def test_it_is_for_a_durable_action_and_for_one_that_an_expression_makes(self):
        run = self.launch([self.post("pay", "payload") | {"execution": "durable"}, self.post("again", '{"made": {"$secret": "PLACED"}}')], {"card": REFERENCE})
        self.assertEqual(self.sent(run), [{"card": REFERENCE}, {"made": REFERENCE}])

    def test_a_reference_in_an_event_is_data(self):
        run = self.launch([event_wait("w", "PAID", '"k"'), self.post("pay", "vars.event")])
        self.parked(run)
        self.stack.call("POST", "/api/v1/events", {"eventName": "PAID", "correlationKey": "k", "payload": {"card": REFERENCE}})
        self.assertEqual(self.sent(run), [{"card": REFERENCE}])

    def test_a_reference_in_an_event_that_launches_is_data_and_a_mapping_takes_none(self):
        name = self.own_name()
        trigger = {"type": "event", "eventName": "ORDERED", "sourcePayloadSchemaRef": "payload.Any.v1", "payloadMapping": {"order": expr("event.payload.order")}}
        self.stack.publish_definition(definition(name, [self.post("pay", "payload")], trigger=trigger))
        event = self.stack.call("POST", "/api/v1/events", {"eventName": "ORDERED", "payload": {"order": {"card": REFERENCE}}})["eventId"]
        told = self.stack.call("GET", f"/api/v1/events/{event}/explain")["triggers"][0]
        self.assertEqual(told["outcome"], "LAUNCHED", told)
        self.assertEqual(self.sent(told["details"]["runId"]), [{"order": {"card": REFERENCE}}])
        trigger["payloadMapping"]["key"] = REFERENCE
        refused = self.stack.call("POST", "/api/v1/definitions/validate", definition(name, [self.post("pay", "payload")], trigger=trigger))
        self.assertEqual([f["code"] for f in refused["findings"] if f["severity"] == "error"], ["SECRET_IN_PAYLOAD"])

    def test_a_reference_in_an_answer_of_people_is_data(self):
        run = self.launch([{"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr('"T"'), "assign": {"vars.said": expr("vars.event")}}},
                           self.post("pay", "vars.said")])
        task = self.until(lambda: self.stack.call("GET", f"/api/v1/tasks?runId={run}")["items"])[0]["taskId"]
        self.stack.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"card": REFERENCE}})
        self.assertEqual(self.sent(run), [{"card": REFERENCE}])

    def test_a_reference_in_what_a_child_is_given_is_data(self):
        self.stack.publish_definition(definition("pays-below", [self.post("pay", "payload")]))
        run = self.launch([{"id": "below", "type": "control.callWorkflow", "workflowId": "pays-below", "workflowVersion": 1,
                            "inputMapping": {"card": expr("payload.card")}}], {"card": REFERENCE})
        self.assertEqual(self.sent(run), [{"card": REFERENCE}])

    def test_a_reference_in_an_answer_of_a_service_is_data(self):
        run = self.launch([self.post("ask", "{}", saveAs="vars.said"), self.post("pay", "vars.said.body")])
        self.assertEqual(self.sent(run), [{}, {"key": REFERENCE}])

    def on_the_side(self, activity_type, argument, **more):
        """A step that a domain worker acts for."""
        if not self.has_side:
            type(self).has_side = True
            worker = harness.Process([harness.program(), "domain-worker", "--queue", "side", "--data", str(self.stack.data), "--temporal-address",
                                      self.stack.temporal, "--allow-private-http", "127.0.0.1/32", *self.where], self.stack.data / "side.log")
            self.exits.callback(worker.stop)
        return action("pay", "temporal.activity", {"taskQueue": "side", "activityType": activity_type, "arguments": [argument]}, **more)

    def test_a_domain_worker_opens_what_the_step_says(self):
        asked = {"url": self.shop_of_data.url, "method": "POST", "headers": {"X-Key": REFERENCE}, "body": expr("payload")}
        run = self.launch([self.on_the_side("http.request", asked)], {"card": REFERENCE})
        self.assertEqual(self.sent(run), [{"card": REFERENCE}])

    def test_a_domain_worker_takes_no_argument_of_ours_from_data(self):
        asked = {"tenant": "default", "runId": "r", "path": "root.steps[0]", "actionId": "http.request", "version": 1, "key": "k", "timeoutMs": 5_000,
                 "secretPlaces": ["/body"], "input": {"url": self.shop_of_data.url, "method": "POST", "body": REFERENCE}}
        row = self.stack.wait(self.launch([self.on_the_side("fermata.action", expr("payload"))], asked))
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "ACTION_UNKNOWN"), row)
        self.assertEqual(self.shop_of_data.asked, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
