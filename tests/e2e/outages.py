"""What workers do while a part is away, refuses, or takes no more: outages.py PROGRAM [unittest options]."""

import contextlib
import http.server
import json
import socket
import sqlite3
import threading
import time
import unittest

from parts import ROOT, OnRealParts, action, assign, expr, get, harness, run_program, until
from workers import OnWorkers, SlowShop
from workers import action as step


class LargeShop:
    """Answers at once, with a page of that many bytes."""

    def __init__(self, size):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"page": self.path, "text": "x" * size}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class LargeAnswers(OnRealParts):
    """Ends of short actions travel together in the answer to one workflow task, of which gRPC takes 4 MiB."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = LargeShop(900 * 1024)
        cls.exits.callback(cls.large.close)

    def pages(self, count):
        get_page = action("get", "http.request", {"method": "GET", "url": expr(f"'{self.large.url}/' & i")}, config={"saveAs": "vars.answer"})
        return [assign("start", seen="[]"),
                {"id": "loop", "type": "control.forEach", "items": expr(f"[1..{count}]"), "itemVar": "i",
                 "body": [get_page, assign("note", seen="$append(vars.seen, vars.answer.body.page)")]},
                assign("forget", answer="null")]

    def test_a_loop_of_large_answers_goes_on_over_several_tasks(self):
        run, row = self.finished(self.pages(12))
        self.assertEqual((row["status"], row["output"]["vars"]["seen"]), ("SUCCEEDED", [f"/{n}" for n in range(1, 13)]), row)
        self.assertNotIn("GrpcMessageTooLarge", (self.stack.data / "dev.log").read_text())
        self.assertEqual([r["attempt"] for r in self.stack.call("GET", f"/api/v1/runs/{run}/invocations")["items"]], [1] * 12)

    def test_one_that_is_paused_and_canceled_meanwhile_hears_of_it(self):
        run = self.launch(self.pages(200))
        self.until(lambda: len(self.stack.steps(run)), lambda count: count > 10)
        self.stack.call("POST", f"/api/v1/runs/{run}/pause", {"reason": "lunch"})
        self.until(lambda: self.stack.run(run)["status"], lambda status: status == "PAUSED")
        self.stack.call("POST", f"/api/v1/runs/{run}/resume", {"reason": "fed"})
        seen = len(self.stack.steps(run))
        self.until(lambda: len(self.stack.steps(run)), lambda count: count > seen + 10)
        self.stack.call("POST", f"/api/v1/runs/{run}/cancel", {"reason": "enough"})
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")


class Outages(OnWorkers):
    def test_a_worker_that_temporal_refuses_says_so_and_ends(self):
        shut = self.stack.data / "shut"
        gate = harness.Process(["node", str(ROOT / "tests/e2e/grpc_front.mjs"), "gate", self.stack.temporal, str(shut)], self.stack.data / "gate.log")
        self.addCleanup(gate.stop)
        port = gate.first_line(lambda line: line.rsplit(" ", 1)[-1] if line.startswith("listening on ") else None)
        # Its histories are read from the server itself.
        self.addCleanup(setattr, self.stack, "temporal", self.stack.temporal)
        self.stack.temporal = f"127.0.0.1:{port}"
        shop = SlowShop()
        self.addCleanup(shop.close)
        workers = [self.start("worker"), self.start("domain-worker", "--queue", "side")]
        # It lives until what it has begun is done.
        run = self.launch([step("ask", "http.request", {"method": "POST", "url": shop.url, "body": {}}, timeoutMs=200_000)])
        self.assertTrue(shop.asked.acquire(timeout=harness.PATIENCE_S))
        shut.touch()
        (worker, health), (domain, _) = workers
        self.assertEqual(domain.child.wait(timeout=harness.PATIENCE_S), 3)
        status, text = until(lambda: get(health + "/readyz"), lambda seen: seen[0] == 503)
        self.assertIn("no more work", json.loads(text)["checks"]["worker"], text)
        shop.go_on.set()
        self.assertEqual(worker.child.wait(timeout=harness.PATIENCE_S), 3)
        for log in ("worker-1.log", "domain-worker-2.log"):
            self.assertIn('"message":"the worker has ended"', (self.stack.data / log).read_text())
        shut.unlink()
        self.start("worker")
        self.assertEqual((self.stack.wait(run)["status"], shop.count), ("SUCCEEDED", 1))

    def test_an_action_under_way_while_the_database_is_locked_is_asked_for_once(self):
        """For longer than the lease, the heartbeat's timeout and our patience with the database."""
        shop = SlowShop()
        self.addCleanup(shop.close)
        _, health = self.start("worker")
        run = self.launch([step("ask", "http.request", {"method": "POST", "url": shop.url, "body": {}}, timeoutMs=200_000) | {"execution": "durable"},
                           {"id": "then", "type": "transform.assign", "config": {"assign": {"vars.x": expr("1")}}}])
        self.assertTrue(shop.asked.acquire(timeout=harness.PATIENCE_S))
        with contextlib.closing(sqlite3.connect(self.stack.data / "fermata.db", timeout=harness.PATIENCE_S, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(20)
            shop.go_on.set()
            kinds = until(lambda: [event["eventType"] for event in self.stack.history(run)], lambda kinds: kinds[-1] == "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED")
            self.assertNotIn("EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT", kinds)
            self.assertEqual(self.metrics(health)["fermata_projection_lagging_runs"], 1)
            other.execute("ROLLBACK")
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        until(lambda: self.metrics(health)["fermata_projection_lagging_runs"], lambda count: count == 0)
        until(lambda: run_program("rebuild", "--all", "--check", "--data", self.stack.data).stdout, lambda said: said.endswith(" 0 differences\n"))
        kept = self.stack.call("GET", f"/api/v1/runs/{run}/invocations")["items"]
        self.assertEqual(([(row["status"], row["attempt"]) for row in kept], shop.count), ([("SUCCEEDED", 1)], 1))

    def test_a_lagging_run_that_temporal_does_not_know_is_given_up(self):
        (self.stack.data / "lagging-1").write_text("ghost\n")
        _, health = self.start("worker")
        until(lambda: self.metrics(health)["fermata_projection_lagging_runs"], lambda count: count == 0)
        said = [json.loads(line) for line in (self.stack.data / "worker-1.log").read_text().splitlines() if '"run_id":"ghost"' in line]
        self.assertEqual([(line["level"], line["code"]) for line in said], [("error", "TEMPORAL_NOT_FOUND")])

    def test_a_server_of_temporal_that_says_nothing_is_told_in_time(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            began = time.monotonic()
            said = run_program("worker", "--data", self.stack.data, "--temporal-address", f"127.0.0.1:{silent.getsockname()[1]}", limit_s=harness.PATIENCE_S)
        self.assertEqual(said.returncode, 3, said.stderr)
        self.assertIn("TEMPORAL_UNAVAILABLE", said.stderr)
        self.assertLess(time.monotonic() - began, 60)


if __name__ == "__main__":
    unittest.main()
