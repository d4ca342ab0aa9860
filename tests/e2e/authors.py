"""What authors and people who look into runs ask of the server: authors.py PROGRAM [unittest options]."""

import json
import math
import time
import unittest

import parts
import runs_api
from parts import action, assign, definition, event_wait, expr


class Authors:
    """On each database."""

    get = runs_api.RunsApi.get
    post = runs_api.RunsApi.post
    refused = runs_api.RunsApi.refused

    def test_functions_are_listed_as_the_engine_has_them(self):
        functions = {f["name"]: f for f in self.get("/expressions/functions")["items"]}
        for name in ("$sum", "$nowIso", "$coalesce", "$formatNumber"):
            self.assertTrue(functions[name]["isAllowed"], name)
        refused = {name for name, f in functions.items() if not f["isAllowed"]}
        self.assertEqual(refused, {"$eval", "$random", "$shuffle"})
        self.assertIn("replayed", functions["$random"]["refusal"])
        self.assertTrue(all(f["summary"] and f["signature"] for f in functions.values()))
        for name in refused:
            self.assertTrue(self.post("/expressions/evaluate", {"source": f"{name}()"})["findings"], name)

    def test_an_expression_is_tried_on_data(self):
        ask = lambda source, **more: self.post("/expressions/evaluate", {"source": source, **more})  # noqa: E731
        data = {"payload": {"total": 21, "apiKey": "k"}, "vars": {"order": {"id": "o1"}}}
        self.assertEqual(ask("payload.total * 2 & order.id", data=data)["value"], "42o1")
        self.assertEqual(ask("who", data={"vars": {"who": 1}, "layers": [{"who": 2}, {"who": 3}]})["value"], 2)
        self.assertEqual(ask("$sum($)", data=[1, 2, 3])["value"], 6)
        self.assertEqual(ask("payload", data=data)["value"]["apiKey"], "[REDACTED]")
        shown = ask("payload.total + vars.order.id", data=data)
        self.assertEqual((shown["hasValue"], shown["findings"][0]["code"]), (False, "T2002"))
        self.assertEqual([n["name"] for n in shown["names"]], ["payload.total", "vars.order.id"])
        wrong = ask("1 + $nosuch(2)")["findings"][0]
        self.assertEqual((wrong["code"], wrong["span"]), ("U1008", {"from": 4, "to": 11}))
        self.assertEqual(ask("($f := function($n) { $f($n) }; $f(1))")["findings"][0]["code"][0], "U")
        self.assertEqual(self.refused("POST", "/expressions/evaluate", {"source": "1" * 70_000}), (400, "EXPRESSION_INVALID"))
        event = self.post("/events", {"eventName": "TRIED", "payload": {"n": 5, "password": "p"}, "correlationKey": "k"})["eventId"]
        self.assertEqual(ask("event.payload.n & event.correlationKey", eventId=event)["value"], "5k")
        self.assertEqual(ask("{'x': event.payload.password}", eventId=event)["value"], {"x": "[REDACTED]"})
        self.assertEqual(self.refused("POST", "/expressions/evaluate", {"source": "1", "eventId": "none"}), (404, "NOT_FOUND"))

    def test_expressions_of_a_definition_are_checked_and_renamed(self):
        draft = definition("draft", [assign("a", total="payload.n"), assign("b", double="vars.total * 2 & ' total'"),
                                     {"id": "i", "type": "control.if", "condition": expr("vars.toal"), "then": []}])
        items = self.post("/expressions/check", {"definition": draft})["items"]
        self.assertEqual([(i["path"], i["role"]) for i in items], [("root.steps[0].config/assign/vars.total", "assigned"),
                         ("root.steps[1].config/assign/vars.double", "assigned"), ("root.steps[2].condition", "condition")])
        self.assertEqual(items[2]["wanted"], "a boolean")
        unknown = next(f for f in items[2]["findings"] if f["code"] == "UNKNOWN_NAME")
        self.assertEqual((unknown["span"], unknown["help"]), ({"from": 5, "to": 9}, "did you mean `total`?"))
        made = self.post("/definitions/rename", {"definition": draft, "kind": "variable", "from": "total", "to": "sum"})
        self.assertEqual(made["definition"]["steps"][1]["config"]["assign"]["vars.double"], expr("vars.sum * 2 & ' total'"))
        self.assertEqual([(e["pointer"], e["isKey"]) for e in made["edits"]],
                         [("/steps/0/config/assign/vars.total", True), ("/steps/1/config/assign/vars.double/$expr", False)])
        taken = self.post("/definitions/rename", {"definition": draft, "kind": "variable", "from": "total", "to": "double"})
        self.assertEqual((taken["valid"], taken["edits"], [f["code"] for f in taken["findings"]]), (False, [], ["NAME_TAKEN"]))

    def test_questions_of_an_editor_are_answered_at_once(self):
        source = "(" + "; ".join(f"$v{i} := payload.items[price > {i}].name & ' {i}'" for i in range(80)) + "; $v1)"
        source += " " * (4_096 - len(source))
        draft = definition("large", [assign("a", x=source)])
        data = {"payload": {"items": [{"price": i, "name": f"n{i}"} for i in range(50)]}}
        times = {}
        for route, body in {"/expressions/evaluate": {"source": source, "data": data}, "/expressions/check": {"definition": draft},
                            "/definitions/rename": {"definition": draft, "kind": "variable", "from": "x", "to": "y"},
                            "/expressions/functions": None}.items():
            took = []
            for _ in range(40):
                begun = time.monotonic()
                self.get(route) if body is None else self.post(route, body)
                took.append((time.monotonic() - begun) * 1_000)
            times[route] = sorted(took)[math.ceil(len(took) * 0.95) - 1]
        print(f"{type(self).__name__}: p95 in ms for 4 KB: " + ", ".join(f"{r} {ms:.1f}" for r, ms in times.items()))
        # 50 ms are promised; this is with room for a program under sanitizers on a busy machine.
        self.assertTrue(all(ms < 1_500 for ms in times.values()), times)

    def test_a_definition_is_simulated_up_to_a_step(self):
        child = definition("sim-child", [assign("a", y="payload.x * 2")])
        self.stack.publish_definition(child)
        steps = [action("call", "http.request", {"url": "http://nowhere/", "method": "GET"}, config={"saveAs": "vars.answer"},
                        retry={"maxAttempts": 2, "backoffMs": 1_000}),
                 {"id": "below", "type": "control.callWorkflow", "workflowId": "sim-child", "workflowVersion": 1,
                  "inputMapping": {"x": expr("vars.answer.n")}, "outputMapping": {"vars.y": expr("childRun.vars.y")}},
                 {"id": "loop", "type": "control.forEach", "items": expr("payload.names"), "itemVar": "who", "body": [assign("b", last="who & vars.y")]},
                 event_wait("w", "SIMULATED", "payload.key")]
        ask = {"definition": definition("sim", steps), "payload": {"names": ["ann"], "key": "k", "password": "p"}, "fixtures": {
            "actions": {"http.request@1": [{"error": {"category": "TransientError", "code": "HTTP_503"}}, {"result": {"n": 4, "token": "t"}}]},
            "events": [{"atMs": 5_000, "eventId": "e", "eventName": "SIMULATED", "correlationKey": "k", "payload": {}}]}}
        whole = self.post("/simulations", ask)
        self.assertEqual((whole["status"], whole["scopes"]["vars"]["y"], whole["scopes"]["vars"]["last"]), ("SUCCEEDED", 8, "ann8"))
        self.assertEqual([e.get("error", {}).get("code", "fine") for e in whole["sideEffects"]], ["HTTP_503", "fine"])
        self.assertEqual((whole["scopes"]["payload"]["password"], whole["sideEffects"][1]["output"]["token"]), ("[REDACTED]", "[REDACTED]"))
        self.assertEqual(self.get("/runs?workflowId=sim")["items"], [])
        stopped = self.post("/simulations", {**ask, "upTo": "root.steps[2].body.steps[0]"})
        self.assertEqual((stopped["status"], stopped["steps"][-1]["id"], stopped["waits"][-1]["type"]), ("STOPPED", "loop", "retry"))
        self.assertEqual(self.post("/expressions/evaluate", {"source": "who & y", "data": stopped["scopes"]})["value"], "ann8")
        missing = self.post("/simulations", {"definition": ask["definition"], "payload": ask["payload"]})
        self.assertEqual((missing["status"], missing["error"]["code"], missing["error"]["nodePath"]), ("FAILED", "ACTION_NOT_MOCKED", "root.steps[0]"))
        endless = definition("sim-long", [{"id": "l", "type": "control.forEach", "items": expr("[1..50000]"), "itemVar": "i", "body": [assign("a", x="i")]}])
        self.assertEqual(self.post("/simulations", {"definition": endless})["error"]["code"], "SIMULATION_TOO_LONG")
        self.assertEqual(self.post("/simulations", {"workflowId": "sim-child", "payload": {"x": 3}})["scopes"]["vars"], {"y": 6})
        invalid = self.post("/simulations", {"definition": {"id": "x"}})
        self.assertEqual((invalid["status"], bool(invalid["findings"])), ("INVALID", True))
        self.assertEqual(self.refused("POST", "/simulations", {**ask, "upTo": "root.steps[9]"}), (404, "NOT_FOUND"))
        self.assertEqual(self.refused("POST", "/simulations", {**ask, "fixtures": {"actoins": {}}}), (400, "FIXTURES_INVALID"))
        self.assertEqual(self.refused("POST", "/simulations", {}), (400, "FIELD_MISSING"))

    def test_large_values_are_shown_by_their_head_and_searched(self):
        payload = {"list": [{"id": i, "note": "x" * 100} for i in range(1_000)], "deep": {"a": {"b": {"c": {"d": {"e": 1}}}}}, "password": "hidden"}
        run = self.launch([action("keep", "store.set", {"key": "large", "value": {"note": expr("payload.list[7].note"), "token": "hidden"}}),
                           event_wait("w", "LOOKED", '"k"'), event_wait("never", "NEVER", '"k"')], payload)
        self.parked(run)
        sent = self.post("/events", {"eventName": "LOOKED", "correlationKey": "k", "payload": {"seen": True, "password": "hidden"}})
        self.until(lambda: self.get(f"/runs/{run}")["currentStep"], lambda step: step and step["definitionStepId"] == "never")
        head = self.get(f"/runs/{run}/value?of=input&bytes=2000")
        self.assertGreater(head["bytes"], 100_000)
        self.assertLess(len(json.dumps(head["value"])), 3_500)
        cuts = {cut["pointer"]: cut for cut in head["cuts"]}
        self.assertEqual((cuts["/list"]["count"], cuts["/list"]["shown"]), (1_000, len(head["value"]["list"])))
        self.assertEqual(cuts["/deep/a/b/c"]["shown"], 0)
        self.assertEqual(head["value"]["password"], "[REDACTED]")
        deep = self.get(f"/runs/{run}/value?of=payload&pointer=/deep/a/b")
        self.assertEqual((deep["value"], deep["cuts"], deep["bytes"]), ({"c": {"d": {"e": 1}}}, [], 19))
        found = self.get(f"/runs/{run}/value/search?of=payload&text=999")
        self.assertEqual(([m["pointer"] for m in found["items"]], found["hasMore"]), (["/list/999/id"], False))
        self.assertEqual(len(self.get(f"/runs/{run}/value/search?text=NOTE&limit=10")["items"]), 10)
        self.assertEqual(self.get(f"/runs/{run}/value/search?text=hidden")["items"], [])
        self.assertEqual(self.get(f"/runs/{run}/value?of=vars&pointer=/eventName")["value"], "LOOKED")
        steps = {s["definitionStepId"]: s["stepNumber"] for s in self.get(f"/runs/{run}/steps")["items"]}
        given = self.get(f"/runs/{run}/value?of=stepInput&step={steps['keep']}&pointer=/value")["value"]
        self.assertEqual(given, {"note": "x" * 100, "token": "[REDACTED]"})
        self.assertEqual(self.get(f"/runs/{run}/value?of=stepOutput&step={steps['w']}")["value"], {"seen": True, "password": "[REDACTED]"})
        self.assertTrue(sent["eventId"])
        for query, refusal in {"of=stepInput": (400, "QUERY_INVALID"), f"of=stepInput&step={steps['w']}": (404, "NOT_FOUND"),
                               "of=stepInput&step=99": (404, "NOT_FOUND"), "pointer=/none": (404, "NOT_FOUND"), "of=secrets": (400, "QUERY_INVALID"),
                               "bytes=1": (400, "QUERY_INVALID")}.items():
            self.assertEqual(self.refused("GET", f"/runs/{run}/value?{query}"), refusal, query)
        self.post(f"/runs/{run}/cancel", {"reason": "over"})

    def test_a_wait_tells_which_events_nearly_met_it(self):
        send = lambda key, **payload: self.post("/events", {"eventName": "REPLIED", "payload": payload,  # noqa: E731
                                                            **({"correlationKey": key} if key else {})})["eventId"]
        early = send("TCK-7", status="open")
        time.sleep(0.01)
        run = self.launch([event_wait("w", "REPLIED", '"TCK-7"', filters=[{"path": "status", "op": "=", "value": "open"},
                                                                         {"path": "secretLevel", "op": "<", "value": 5}])])
        self.parked(run)
        other, closed, unkeyed = send("TCK-8", status="open"), send("TCK-7", status="closed"), send(None, status="open")
        hidden = send("TCK-7", status="open", secretLevel=7)
        wait = self.get(f"/runs/{run}")["currentWait"]["waitId"]
        near = self.get(f"/waits/{wait}/near-misses")
        why = {item["eventId"]: item for item in near["items"]}
        self.assertEqual({e: why[e]["reason"] for e in (early, other, closed, unkeyed, hidden)},
                         {early: "TOO_EARLY", other: "OTHER_KEY", closed: "FILTER", unkeyed: "NO_KEY", hidden: "FILTER"})
        self.assertEqual(why[closed]["filter"], {"path": "status", "op": "=", "value": "open", "actual": "closed", "isMissing": False})
        self.assertEqual((why[hidden]["filter"]["path"], why[hidden]["filter"]["actual"]), ("secretLevel", "[REDACTED]"))
        self.assertIn("an event `REPLIED` with the key `TCK-7`", near["wakes"])
        diagnosis = json.loads(self.stack.cli("runs", "diagnose", run).stdout)
        self.assertEqual((diagnosis["isStuck"], diagnosis["waits"][0]["waitId"]), (False, wait))
        self.assertEqual({item["reason"] for item in diagnosis["waits"][0]["nearMisses"]}, {"TOO_EARLY", "OTHER_KEY", "FILTER", "NO_KEY"})
        self.assertIn("an event `REPLIED`", diagnosis["findings"][0]["message"])
        explained = json.loads(self.stack.cli("events", "explain", closed).stdout)
        of_run = lambda explained: next(w for w in explained["waits"] if w["runId"] == run)  # noqa: E731
        self.assertEqual((of_run(explained)["reason"], of_run(explained)["filter"]["actual"]), ("FILTER", "closed"))
        self.assertEqual(of_run(self.get(f"/events/{other}/explain"))["reason"], "OTHER_KEY")
        self.assertEqual(of_run(self.get(f"/events/{unkeyed}/explain"))["reason"], "NO_KEY")
        right = send("TCK-7", status="open", secretLevel=1)
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        late = send("TCK-7", status="open", secretLevel=1)
        over = {item["eventId"]: item["reason"] for item in self.get(f"/waits/{wait}/near-misses")["items"]}
        self.assertEqual((over[right], over[late], over[closed]), ("TAKEN", "TOO_LATE", "FILTER"))
        self.assertEqual(self.refused("GET", "/waits/none/near-misses"), (404, "NOT_FOUND"))

    def test_an_event_explains_its_schema_key_and_triggers(self):
        self.stack.call("PUT", "/api/v1/payload-schemas/payload.Explained.v1", {"type": "object", "required": ["order"]})
        self.stack.call("PUT", "/api/v1/event-types/EXPLAINED", {"payloadSchemaRef": "payload.Explained.v1", "correlationPath": "order.id"})
        self.stack.publish_definition(definition("on-explained", [assign("a", x="1")], payloadSchemaRef="payload.Explained.v1",
                                                 trigger={"type": "event", "eventName": "EXPLAINED"}))
        self.post("/events", {"eventId": "explained-1", "eventName": "EXPLAINED", "payload": {"order": {"id": "o1"}}})
        explained = json.loads(self.stack.cli("events", "explain", "explained-1").stdout)
        self.assertEqual(explained["schema"], {"ref": "payload.Explained.v1", "verdict": "FITS", "message": ""})
        self.assertEqual(explained["key"], {"value": "o1", "source": "path order.id", "path": "order.id"})
        self.assertEqual([(t["workflowId"], t["outcome"]) for t in explained["triggers"]], [("on-explained", "LAUNCHED")])
        self.stack.wait(explained["triggers"][0]["details"]["runId"])
        self.post("/events", {"eventId": "explained-2", "eventName": "EXPLAINED", "payload": {"order": {}}})
        key = self.get("/events/explained-2/explain")["key"]
        self.assertEqual(key, {"value": None, "source": "nothing at the path order.id", "path": "order.id"})
        self.post("/events", {"eventId": "explained-3", "eventName": "EXPLAINED_NOT", "payload": {"workflowCorrelationKey": "w"}})
        plain = self.get("/events/explained-3/explain")
        self.assertEqual((plain["schema"]["verdict"], plain["key"]["source"], plain["triggers"]), ("NONE", "payload.workflowCorrelationKey", []))


class AuthorsOnSqlite(Authors, parts.OnRealParts):
    pass


class AuthorsOnPostgres(Authors, parts.OnRealPostgres):
    pass


if __name__ == "__main__":
    unittest.main(verbosity=2)
