"""What people and the studio ask about runs: runs_api.py PROGRAM [unittest options]."""

import csv
import json
import unittest
import urllib.parse

from parts import LiveReader, OnRealParts, OnRealPostgres, TopicReader, action, assign, definition, event_wait, expr, harness, wait_ms


class RunsApi:
    """What people and the studio ask about runs; on each database."""

    def get(self, path):
        return self.stack.call("GET", "/api/v1" + path)

    def post(self, path, body):
        return self.stack.call("POST", "/api/v1" + path, body)

    def refused(self, method, path, body=None):
        with self.assertRaises(harness.Refused) as refused:
            self.stack.call(method, "/api/v1" + path, body)
        return refused.exception.status, refused.exception.problem["code"]

    def test_lists_filter_page_and_count(self):
        fail = [action("f", "workflow.fail", {"code": "LIST_NO", "message": "as asked"})]
        failed, _ = self.finished(fail)
        name = self.own_name()
        ids = [failed] + [self.stack.launch(name, {}) for _ in range(4)]
        for run in ids:
            self.stack.wait(run)
        self.stack.publish_definition(definition("other-list", [wait_ms("w", 3_600_000)]))
        waiting = self.stack.launch("other-list", {})
        self.parked(waiting)
        listed, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/runs?workflowId={name}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
            self.stack.launch("other-list", {})
            listed += [row["runId"] for row in page["items"]]
            cursor = page.get("nextCursor")
        self.assertEqual(sorted(listed), sorted(ids))
        self.assertNotIn("input", page["items"][0] if page["items"] else {})
        of = lambda query: {row["runId"] for row in self.get(f"/runs?limit=100&{query}")["items"]}  # noqa: E731
        self.assertEqual(of("search=LIST_NO"), set(ids))
        self.assertEqual(of(f"search={failed}"), {failed})
        self.assertEqual(of(f"workflowId={name}&status=RUNNING,WAITING"), set())
        self.assertIn(waiting, of("status=WAITING,FAILED&triggerType=api"))
        started = self.get(f"/runs/{waiting}")["startedAt"]
        self.assertIn(waiting, of(f"from={started}"))
        self.assertNotIn(waiting, of(f"to={started}"))
        counts = self.get(f"/run-counts?workflowId={name}")
        self.assertEqual((counts["total"], counts["isTotalExact"], counts["byStatus"]["FAILED"]["total"]), (5, True, 5))
        self.assertEqual(self.get(f"/runs?workflowId={name}&count=1&limit=1")["total"], 5)
        for query in ("status=LOST", "from=yesterday", "cursor=x", "limit=0"):
            self.assertEqual(self.refused("GET", f"/runs?{query}"), (400, "QUERY_INVALID"), query)

    def test_one_run_tells_its_steps_wait_and_children(self):
        self.stack.publish_definition(definition("api-child", [event_wait("e", "CHILD_GO", '"child"')]))
        run = self.launch([assign("a", x="1"), {"id": "call", "type": "control.callWorkflow", "workflowId": "api-child", "workflowVersion": 1,
                                                "inputMapping": {}}])
        children = self.until(lambda: self.get(f"/runs/{run}")["children"], lambda rows: rows and rows[0]["status"] == "WAITING")
        row = self.get(f"/runs/{run}")
        self.assertEqual((row["stepCounts"], row["currentStep"]["definitionStepId"]), ({"SUCCEEDED": 1, "STARTED": 1}, "call"))
        child = self.get(f"/runs/{children[0]['runId']}")
        self.assertEqual((child["currentWait"]["eventName"], child["rootRunId"]), ("CHILD_GO", run))
        below = self.get(f"/runs?rootRunId={run}")["items"]
        self.assertEqual({r["runId"] for r in below}, {run, child["runId"]})
        why = self.get(f"/runs/{child['runId']}/diagnosis")
        self.assertEqual((why["isStuck"], why["findings"][0]["code"]), (False, "WAITS_FOR_EVENT"))
        why = self.get(f"/runs/{run}/diagnosis")
        self.assertFalse(why["isStuck"])
        self.post("/events", {"eventName": "CHILD_GO", "payload": {}, "correlationKey": "child"})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual([f["code"] for f in self.get(f"/runs/{run}/diagnosis")["findings"]], ["ENDED"])

    def test_a_long_run_is_seen_through_windows_sums_and_a_timeline(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..1500]"), "itemVar": "i", "onItemError": "continue", "body": [
            assign("add", n="i"), {"id": "if", "type": "control.if", "condition": expr("i % 500 = 7"),
                                   "then": [action("f", "workflow.fail", {"code": "SEVEN", "message": "as asked"})], "else": []}]}
        run, row = self.finished([loop])
        self.assertEqual(row["status"], "SUCCEEDED")
        sums = {s["stepPath"]: s for s in self.get(f"/runs/{run}/aggregates")["items"]}
        body = sums["root.steps[0].body.steps[0]"]
        self.assertEqual((body["total"], body["byStatus"]), (1500, {"SUCCEEDED": 1500}))
        self.assertLessEqual(body["minMs"], body["p50Ms"])
        self.assertLessEqual(body["p50Ms"], body["maxMs"])
        bad = sums["root.steps[0].body.steps[1].then.steps[0]"]
        failed = self.get(f"/runs/{run}/steps?path={bad['stepPath']}&limit=2")
        self.assertEqual((bad["total"], [s["iteration"] for s in failed["items"]][0]), (3, bad["firstFailedIteration"]))
        rest = self.get(f"/runs/{run}/steps?path={bad['stepPath']}&limit=2&after={failed['nextCursor']}")["items"]
        self.assertEqual(len(rest), 1)
        self.assertEqual(len(self.get(f"/runs/{run}/steps?path=root.steps[0].body.steps[0]&status=SUCCEEDED&limit=500")["items"]), 500)
        whole = self.get(f"/runs/{run}/timeline?px=50")
        self.assertGreater(whole["steps"], 2_000)
        self.assertEqual(sum(whole["buckets"]["n"]), whole["steps"])
        few = self.get(f"/runs/{run}/timeline?from={row['startedAt']}&to={self.get(f'/runs/{run}/steps?limit=1&after=100')['items'][0]['startedAt']}")
        self.assertEqual(few["steps"], len(few.get("rows", {}).get("t0", range(few["steps"]))))

    def test_a_cut_stream_loses_and_repeats_nothing(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..40]"), "itemVar": "i",
                "body": [wait_ms("w", 20), assign("add", n="i")]}
        run = self.launch([loop])
        seen, known = [], None
        for most in (1, 7, 30, None):
            reader = LiveReader(self.stack, run, known)
            self.assertEqual(reader.answer.headers["Content-Type"], "text/event-stream")
            events = reader.read(most)
            reader.cut()
            seen += events
            known = max(number for number, _, _ in seen)
        self.assertEqual(seen[-1][1], "end")
        numbers = [number for number, name, _ in seen if name != "end"]
        self.assertEqual(numbers, sorted(set(numbers)))
        latest = {row["stepNumber"]: row for _, name, row in seen if name == "step"}
        self.assertEqual([latest[n] for n in sorted(latest)], self.stack.steps(run))
        waits = {row["waitId"]: row for _, name, row in seen if name == "wait"}
        self.assertEqual(sorted(waits), sorted(w["waitId"] for w in self.get(f"/runs/{run}/waits")["items"]))
        self.assertEqual([row for _, name, row in seen if name == "run"][-1]["status"], "SUCCEEDED")
        # Later readers get the rows as they are in the end, and the end.
        after = LiveReader(self.stack, run)
        events = after.read()
        after.cut()
        self.assertEqual([row for _, name, row in events if name == "step"], sorted(self.stack.steps(run), key=lambda s: max(
            n for n, name, row in events if name == "step" and row["stepNumber"] == s["stepNumber"])))
        again = LiveReader(self.stack, run, numbers[-1])
        self.assertEqual([name for _, name, _ in again.read()], ["end"])
        again.cut()
        self.assertEqual(self.refused("GET", "/runs/nobody/stream"), (404, "NOT_FOUND"))

    def test_the_log_of_a_run_tells_what_its_author_its_steps_and_operators_did(self):
        steps = [action("hello", "log", {"level": "warn", "message": expr("'hi ' & payload.name"), "data": {"password": "p", "n": 1}}),
                 wait_ms("w", 300),
                 {"id": "try", "type": "control.tryCatch", "catch": [], "try": [
                     action("bad", "workflow.fail", {"code": "LOG_NO", "message": "as asked"})]},
                 action("away", "http.request", {"url": "http://127.0.0.1:1/"}, retry={"maxAttempts": 2, "backoffMs": 1},
                        onError={"policy": "continue"}),
                 event_wait("e", "LOG_GO", '"log"'), assign("last", x="1")]
        run = self.launch(steps, {"name": "Ann"})
        self.parked(run)
        self.until(lambda: self.stack.run(run)["nodePath"], lambda path: path == "root.steps[4]")
        self.post(f"/runs/{run}/pause", {"reason": "lunch"})
        self.post("/events", {"eventName": "LOG_GO", "payload": {}, "correlationKey": "log"})
        self.until(lambda: self.stack.run(run)["status"], lambda status: status == "PAUSED")
        self.post(f"/runs/{run}/resume", {"reason": "fed"})
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        lines = self.get(f"/runs/{run}/logs?limit=500")["items"]
        told = [(r["level"], r["source"], r["message"]) for r in lines]
        self.assertEqual(told[0], ("INFO", "run", "run launched by api"))
        self.assertEqual(told[-1], ("INFO", "run", "run succeeded"))
        self.assertIn(("WARN", "author", "hi Ann"), told)
        self.assertIn(("ERROR", "step", "failed LOG_NO: as asked"), told)
        self.assertEqual([(r["level"], r["stepPath"]) for r in lines if r["source"] == "retry"], [("WARN", "root.steps[3]")])
        self.assertEqual([r["level"] for r in lines if r["message"].startswith("handled ")], ["WARN"])
        self.assertIn(("INFO", "run", "run paused: lunch"), told)
        self.assertIn(("INFO", "operator", "runs.pause by server: lunch"), told)
        author = next(r for r in lines if r["source"] == "author")
        self.assertEqual((author["stepPath"], author["data"]), ("root.steps[0]", {"password": "[REDACTED]", "n": 1}))
        self.assertEqual([r["at"] for r in lines], sorted(r["at"] for r in lines))
        paged, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/runs/{run}/logs?limit=2" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
            paged += page["items"]
            cursor = page.get("nextCursor")
        self.assertEqual(paged, lines)
        self.assertEqual([r["stepPath"] for r in self.get(f"/runs/{run}/logs?source=author,step&level=WARN")["items"]],
                         ["root.steps[0]", "root.steps[3]"])
        self.assertEqual(self.get(f"/runs/{run}/logs?order=newest&limit=1")["items"], lines[-1:])
        followed = self.stack.cli("runs", "logs", run, "--follow", "--json").stdout.splitlines()
        self.assertEqual([json.loads(line) for line in followed], lines)
        self.assertIn("hi Ann", self.stack.cli("runs", "logs", run).stdout)
        exported = json.loads(self.stack.cli("runs", "export", run).stdout)
        self.assertEqual([r["logId"] for r in exported["logs"]], [r["logId"] for r in lines])
        self.assertIn("hi Ann", self.stack.cli("runs", "export", run, "--format", "csv").stdout)
        for query in ("level=LOUD", "cursor=x", "order=any"):
            self.assertEqual(self.refused("GET", f"/runs/{run}/logs?{query}")[0], 400, query)

    def test_bulk_jobs_do_what_is_asked_of_many_runs_once(self):
        steps = [event_wait("e", "BULK_GO", "payload.key")]
        self.launch(steps, {"key": "0"})
        name = self.own_name()
        for i in range(1, 8):
            self.stack.launch(name, {"key": str(i)})
        ids = {r["runId"] for r in self.until(lambda: self.get(f"/runs?workflowId={name}&status=WAITING")["items"], lambda rows: len(rows) == 8)}
        facets = self.get(f"/run-facets?workflowId={name}")
        self.assertEqual((facets["total"], facets["status"]), (8, [{"value": "WAITING", "count": 8}]))
        paused = json.loads(self.stack.cli("runs", "bulk", "pause", "--workflow", name, "--reason", "many", "--wait").stdout)
        self.assertEqual((paused["state"], paused["byOutcome"]["DONE"]), ("DONE", 8))
        pauses = self.get(f"/audit?action=runs.pause&targetId={sorted(ids)[0]}")["items"]
        self.assertEqual([r["outcome"] for r in pauses], ["DONE"])
        some = sorted(ids)[:2]
        body = {"action": "cancel", "runIds": [*some, "nobody"], "reason": "three", "idempotencyKey": name}
        job = self.post("/bulk-jobs", body)
        self.assertEqual(self.post("/bulk-jobs", body)["jobId"], job["jobId"])
        done = self.until(lambda: self.get(f"/bulk-jobs/{job['jobId']}"), lambda j: j["state"] == "DONE")
        self.assertEqual(done["byOutcome"], {"DONE": 2, "FAILED": 1, "SKIPPED": 0})
        outcomes = {r["runId"]: (r["outcome"], r["code"]) for r in self.get(f"/bulk-jobs/{job['jobId']}/outcomes")["items"]}
        self.assertEqual(outcomes, {some[0]: ("DONE", ""), some[1]: ("DONE", ""), "nobody": ("FAILED", "NOT_FOUND")})
        for run in some:
            self.assertEqual(self.stack.wait(run)["status"], "CANCELED")
            audit = self.get(f"/audit?targetId={run}&action=runs.cancel")["items"]
            self.assertEqual([(r["outcome"], r["reason"]) for r in audit], [("DONE", f"bulk job {job['jobId']}: three")])
        again = json.loads(self.stack.cli("runs", "bulk", "replay", *some, "--wait").stdout)
        made = [r["createdId"] for r in self.get(f"/bulk-jobs/{again['jobId']}/outcomes")["items"]]
        self.assertEqual(sorted(self.get(f"/runs/{run}")["triggerMetadata"]["replayOfRunId"] for run in made), some)
        slow = self.post("/bulk-jobs", {"action": "cancel", "filter": {"workflowId": name}, "ratePerSecond": 1})
        self.until(lambda: self.get(f"/bulk-jobs/{slow['jobId']}")["through"], lambda n: n >= 1)
        self.post(f"/bulk-jobs/{slow['jobId']}/stop", {})
        stopped = self.until(lambda: self.get(f"/bulk-jobs/{slow['jobId']}"), lambda j: j["state"] == "STOPPED")
        self.assertLess(stopped["through"], 8)
        self.stack.cli("runs", "bulk", "cancel", "--workflow", name, "--status", "RUNNING,WAITING,PAUSED", "--wait")
        self.until(lambda: self.get(f"/runs?workflowId={name}&status=RUNNING,WAITING,PAUSED")["items"], lambda rows: not rows)
        for wrong in ({"action": "cancel"}, {"action": "cancel", "filter": {}}, {"action": "cancel", "filter": {"search": "x"}, "runIds": ["r"]}):
            self.assertEqual(self.refused("POST", "/bulk-jobs", wrong), (400, "BULK_INVALID"), wrong)
        self.assertEqual(self.refused("GET", "/bulk-jobs/nobody"), (404, "NOT_FOUND"))

    def test_filters_are_saved_under_names(self):
        name = self.id().split(".")[-1]
        self.stack.call("PUT", f"/api/v1/run-views/{name}", {"query": {"status": ["FAILED"], "search": "NO"}, "shared": True})
        mine = [v for v in self.get("/run-views")["items"] if v["name"] == name]
        self.assertEqual([(v["query"], v["isOwn"], v["shared"]) for v in mine], [({"status": ["FAILED"], "search": "NO"}, True, True)])
        self.assertEqual(self.refused("PUT", f"/run-views/{name}", {"query": {"status": ["LOST"]}})[0], 400)
        self.stack.call("DELETE", f"/api/v1/run-views/{name}")
        self.assertEqual(self.refused("DELETE", f"/run-views/{name}"), (404, "NOT_FOUND"))

    def test_a_workflow_whose_runs_fail_pauses_itself(self):
        fail = [action("f", "workflow.fail", {"code": "PAUSE_NO", "message": "as asked"})]
        self.finished(fail)
        name = self.own_name()
        put = lambda body: self.stack.call("PUT", f"/api/v1/workflows/{name}/settings", body)  # noqa: E731
        self.assertFalse(self.get(f"/workflows/{name}/settings")["autoPauseOnFailure"])
        put({"autoPauseOnFailure": True, "failureRateThreshold": 0.5, "failureRateMinRuns": 2})
        for _ in range(2):
            self.stack.wait(self.stack.launch(name, {}))
        self.until(lambda: self.get(f"/workflows/{name}/settings")["paused"], bool)
        self.assertEqual(self.refused("POST", f"/workflows/{name}/runs", {"payload": {}}), (409, "WORKFLOW_PAUSED"))
        self.assertEqual([r["actor"] for r in self.get(f"/audit?action=workflows.auto-pause&targetId={name}")["items"]], ["fermata"])
        self.assertFalse(put({"paused": False})["paused"])
        self.stack.wait(self.stack.launch(name, {}))

    def test_one_stream_tells_of_many_topics_and_goes_on_where_it_was_cut(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..60]"), "itemVar": "i",
                "body": [wait_ms("w", 30), assign("add", n="i")]}
        run = self.launch([loop])
        steps, numbers, waits, known, listed = {}, [], {}, None, set()
        for most in (1, 3, None):
            reader = TopicReader(self.stack, f"run:{run},runs,tasks,system", known)
            for number, topic in reader.read(most, until=lambda t: t.get("end")):
                known = number
                if topic["topic"] == f"run:{run}":
                    numbers.append(int(topic["seq"]))
                    steps |= {row["stepNumber"]: row for row in topic.get("steps", [])}
                    waits |= {row["waitId"]: row for row in topic.get("waits", [])}
                    self.assertNotIn("dirty", topic)
                if topic["topic"] == "runs" and "rows" in topic:
                    listed |= {(row["runId"], row["status"]) for row in topic["rows"]}
            reader.cut()
        self.assertEqual(numbers, sorted(numbers))
        self.assertEqual([steps[n] for n in sorted(steps)], self.stack.steps(run))
        self.assertEqual(sorted(waits), sorted(w["waitId"] for w in self.get(f"/runs/{run}/waits")["items"]))
        whole = TopicReader(self.stack, f"run:{run}")
        self.assertTrue(any(topic.get("end") for _, topic in whole.read(None)))
        whole.cut()
        system = TopicReader(self.stack, "system")
        self.assertEqual([row["store"] for _, topic in system.read(1) for row in topic["rows"]], ["ok"])
        system.cut()
        changes = TopicReader(self.stack, "runs")
        self.assertTrue(next(iter(changes.read(1)))[1]["dirty"])
        later = self.stack.launch(self.own_name(), {})
        seen = [row["runId"] for _, topic in changes.read(None, until=lambda t: any(r["runId"] == later for r in t.get("rows", []))) for row in topic["rows"]]
        self.assertIn(later, seen)
        changes.cut()
        self.assertEqual(self.refused("GET", "/stream?topics=run:nobody"), (404, "NOT_FOUND"))
        for query in ("", "topics=moon", "topics=runs&after=x"):
            self.assertEqual(self.refused("GET", f"/stream?{query}")[0], 400, query)

    def test_of_a_run_that_is_too_fast_the_stream_tells_sums_and_where_to_look(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..1500]"), "itemVar": "i", "body": [assign("add", n="i")]}
        run, _ = self.finished([loop])
        reader = TopicReader(self.stack, f"run:{run}")
        topics = [topic for _, topic in reader.read(None)]
        reader.cut()
        self.assertEqual((topics[0]["dirty"], topics[0]["aggregates"][-1]["total"]), ({"fromStep": 1, "toStep": 1501}, 1500))
        self.assertTrue(topics[-1]["end"])

    def test_a_replay_takes_the_original_input_or_another(self):
        secret = {"password": "hidden", "n": 20}
        steps = [assign("a", size="$length(payload.password)", n="payload.n + 1")]
        run, row = self.finished(steps, secret)
        self.assertNotIn("hidden", json.dumps(self.get(f"/runs/{run}")))
        again = self.post(f"/runs/{run}/replay", {"reason": "once more"})
        self.assertEqual((again["replayOfRunId"], again["workflowVersion"]), (run, 1))
        self.assertNotEqual(again["runId"], run)
        replayed = self.stack.wait(again["runId"])
        self.assertEqual((replayed["output"]["vars"], replayed["triggerType"], replayed["triggerMetadata"]),
                         (row["output"]["vars"], "replay", {"replayOfRunId": run, "reason": "once more", "isEdited": False}))
        name = self.own_name()
        self.stack.publish_definition(definition(name, [assign("a", n="payload.n + 100")]))
        edited = json.loads(self.stack.cli("runs", "replay", run, "--payload", str(self.file("edited.json", {"n": 1})), "--latest").stdout)
        self.assertEqual(edited["workflowVersion"], 2)
        self.assertEqual(self.stack.wait(edited["runId"])["output"]["vars"]["n"], 101)
        empty = self.post(f"/runs/{run}/replay", {"payload": {}})
        self.assertEqual(self.stack.wait(empty["runId"])["status"], "FAILED")
        self.assertEqual(self.refused("POST", f"/runs/{run}/replay", {"version": 3}), (400, "BODY_INVALID"))
        self.assertEqual(self.refused("POST", f"/runs/{run}/replay", {"version": "third"}), (400, "BODY_INVALID"))
        self.assertEqual(self.refused("POST", "/runs/nobody/replay", {}), (404, "NOT_FOUND"))

    def file(self, name, value):
        path = self.stack.data / name
        path.write_text(json.dumps(value))
        return path

    def test_every_operator_action_is_in_the_audit_log(self):
        run, _ = self.finished([assign("a", x="1")])
        self.assertEqual(self.refused("POST", f"/runs/{run}/cancel", {"reason": "too late"})[0], 409)
        again = self.post(f"/runs/{run}/replay", {"reason": "for the log"})["runId"]
        log = self.get(f"/audit?targetId={run}")["items"]
        self.assertEqual([(r["action"], r["outcome"], r["code"], r["reason"], r["createdId"]) for r in log],
                         [("runs.replay", "DONE", "", "for the log", again), ("runs.cancel", "REFUSED", "RUN_NOT_ACTIVE", "too late", "")])
        self.assertTrue(all(r["actor"] == "server" and self.stack.token not in json.dumps(r) for r in log))
        name = self.own_name()
        self.assertEqual([r["action"] for r in self.get(f"/audit?targetId={name}")["items"]], ["workflows.create"])
        self.assertEqual([r["targetId"] for r in self.get(f"/audit?action=runs.replay&targetId={again}")["items"]], [run])
        first = self.get("/audit?limit=1")
        self.assertNotEqual(self.get(f"/audit?limit=1&cursor={first['nextCursor']}")["items"], first["items"])

    def test_an_export_has_every_row(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("[1..600]"), "itemVar": "i", "body": [assign("add", n="i")]}
        run, row = self.finished([loop, wait_ms("w", 20), action("note", "http.request", {"method": "GET", "url": f"{self.shop}/journal"})],
                                 {"token": "hidden", "formula": "=1+1"})
        whole = json.loads(self.stack.cli("runs", "export", run).stdout)
        self.assertEqual((whole["run"]["runId"], len(whole["steps"]), len(whole["waits"]), len(whole["invocations"])), (run, 603, 1, 1))
        self.assertEqual(whole["steps"], self.stack.steps(run))
        text = self.stack.cli("runs", "export", run, "--format", "csv").stdout
        lines = list(csv.DictReader(text.splitlines()))
        self.assertEqual([sum(line["kind"] == kind for line in lines) for kind in ("run", "step", "wait", "invocation")], [1, 603, 1, 1])
        self.assertNotIn("hidden", json.dumps(whole) + text)
        self.assertEqual(self.refused("GET", f"/runs/{run}/export?format=xml"), (400, "QUERY_INVALID"))

    def test_expressions_are_tried_on_the_data_of_a_run(self):
        loop = {"id": "loop", "type": "control.forEach", "items": expr("payload.names"), "itemVar": "who",
                "body": [assign("a", last="who"), event_wait("e", "NEVER", '"x"')]}
        run = self.launch([loop], {"names": ["ann", "bob"], "apiKey": "hidden"})
        self.parked(run)
        ask = lambda source, **more: self.post(f"/runs/{run}/evaluate", {"source": source, **more})  # noqa: E731
        self.assertEqual(ask("who & ' of ' & $count(payload.names)")["value"], "ann of 2")
        self.assertEqual(ask("vars.last")["currentStepPath"], "root.steps[0].body.steps[1]")
        self.assertFalse(ask("vars.nothing")["hasValue"])
        self.assertNotIn("hidden", json.dumps(ask("payload")))
        self.assertEqual([f["code"] for f in ask("who", path="root.steps[0]")["findings"]], ["NOT_AT_PATH"])
        self.assertFalse(ask("1 +")["hasValue"])
        self.assertTrue(ask("1 +")["findings"])
        self.assertEqual(self.refused("POST", f"/runs/{run}/evaluate", {}), (400, "EXPRESSION_INVALID"))
        self.post(f"/runs/{run}/cancel", {"reason": "over"})
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")


class RunsApiOnSqlite(RunsApi, OnRealParts):
    pass


class RunsApiOnPostgres(RunsApi, OnRealPostgres):
    pass


if __name__ == "__main__":
    unittest.main(verbosity=2)
