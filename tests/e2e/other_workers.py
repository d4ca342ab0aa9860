"""Activities of a worker in another language: other_workers.py PROGRAM [unittest options]."""

import os
import subprocess
import sys
import unittest

from parts import ROOT, OnRealParts, action, expr, harness


class OtherWorkers(OnRealParts):
    """Activities of a worker in Python, on a queue of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sdk = subprocess.run([ROOT / "tools/fetch_python.sh", "python-sdk", "tests/e2e/requirements.txt"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
        worker = harness.Process([sys.executable, str(ROOT / "tests/e2e/activities.py"), cls.stack.temporal, "stock"],
                                 cls.stack.data / "activities.log", env=dict(os.environ, PYTHONPATH=sdk))
        cls.exits.callback(worker.stop)
        worker.first_line(lambda line: line or None)

    @staticmethod
    def activity(activity_type, arguments, queue="stock", **more):
        return action("call", "temporal.activity", {"taskQueue": queue, "activityType": activity_type, "arguments": arguments}, **more)

    def test_its_result_is_the_steps_output(self):
        run, row = self.finished([self.activity("reserve", [expr("payload.sku"), 3], config={"saveAs": "vars.got"})], {"sku": "A-1"})
        self.assertEqual(row["status"], "SUCCEEDED", row)
        got = row["output"]["vars"]["got"]
        self.assertEqual((got["sku"], got["count"]), ("A-1", 3))
        self.assertRegex(got["key"], "^[0-9a-f]{64}$")
        # One activity, in the queue's own words: no local activity and no other try.
        scheduled = [event["activityTaskScheduledEventAttributes"] for event in self.stack.history(run)
                     if event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"]
        self.assertEqual([(one["taskQueue"]["name"], one["activityType"]["name"]) for one in scheduled], [("stock", "reserve")])

    def test_its_error_type_can_be_caught_as_a_code(self):
        _, row = self.finished([{"id": "guard", "type": "control.tryCatch", "captureErrorAs": "why", "catchOn": ["NoStock"],
                                 "try": [self.activity("reserve", ["A-1", 11])], "catch": []}])
        self.assertEqual(row["status"], "SUCCEEDED", row)
        why = row["output"]["vars"]["why"]
        self.assertEqual((why["category"], why["code"], why["message"], why["details"]),
                         ("ActionError", "NoStock", "not enough in stock", {"left": 10}))

    def test_it_is_tried_again_as_the_step_says(self):
        _, row = self.finished([self.activity("flaky", ["a"], retry={"maxAttempts": 2, "backoffMs": 10, "retryOn": ["Busy"]},
                                              config={"saveAs": "vars.calls"})])
        self.assertEqual((row["status"], row["output"]["vars"]["calls"]), ("SUCCEEDED", 2), row)

    def test_a_queue_that_nobody_polls_is_a_timeout(self):
        _, row = self.finished([self.activity("reserve", [], queue="nobody", config={"timeoutMs": 500})])
        self.assertEqual((row["status"], row["error"]["category"]), ("FAILED", "TimeoutError"), row)

    def test_our_own_queue_is_refused(self):
        _, row = self.finished([self.activity("fermata.action", [], queue="workflow-runtime-v2")])
        self.assertEqual((row["status"], row["error"]["code"]), ("FAILED", "QUEUE_RESERVED"), row)

    def test_a_canceled_run_does_not_wait_for_it(self):
        run = self.launch([action("call", "temporal.activity", {"taskQueue": "stock", "activityType": "endless", "heartbeatTimeoutMs": 2_000},
                                  config={"timeoutMs": 60_000})])
        self.until(lambda: self.stack.history(run),
                   lambda events: any(event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED" for event in events))
        self.stack.cli("runs", "cancel", run)
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")


if __name__ == "__main__":
    unittest.main(verbosity=2)
