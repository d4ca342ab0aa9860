"""Twenty-four small definitions that take every step type and every way out of one, with what each needs from outside and how
it must end. The proofs of crashes play them; tests/histories keeps one recorded history of each.

A member is {"steps", "payload", "status", "output" (a part of the variables), "orders" (what the shop must have done), "feed"}.
`feed` says what the run gets when it waits: events by key, answers, or a control call.
"""

from parts import action, assign, event_wait, expr, wait_ms


def order(step_id, what, **more):
    """A side effect: the shop notes it once for each idempotency key."""
    return action(step_id, "http.request", {"method": "POST", "url": expr('payload.shop & "/shipments"'), "body": {"what": what}}, **more)


def fails(step_id, code="BROKEN"):
    return action(step_id, "workflow.fail", {"code": code, "message": "on purpose"})


def each(items, body, **more):
    return {"id": "each", "type": "control.forEach", "items": expr(items), "itemVar": "item", "body": body, **more}


def guard(body, caught, **more):
    return {"id": "guard", "type": "control.tryCatch", "captureErrorAs": "why", "try": body, "catch": caught, **more}


def when(condition, then, otherwise=()):
    return {"id": "when", "type": "control.if", "condition": expr(condition), "then": then, "else": list(otherwise)}


def task(step_id, **config):
    return {"id": step_id, "type": "human.task", "config": {"taskType": "approval", "title": expr('"Approve?"'), **config}}


def call(workflow, **more):
    return {"id": "call", "type": "control.callWorkflow", "workflowId": workflow, "workflowVersion": 1,
            "inputMapping": {"shop": expr("payload.shop"), "n": expr("payload.n")}, **more}


RETRY = {"maxAttempts": 3, "backoffMs": 50, "jitter": False}
FLAKY = {"method": "POST", "url": expr('payload.shop & "/reservations"'),
         "body": {"orderId": expr("system.runId"), "sku": "flaky-cup", "quantity": 1}}

# What others call.
CHILDREN = {
    "gallery-child": [order("ship", "child"), assign("out", out="payload.n * 2")],
    "gallery-child-fails": [fails("f", "NO_LUCK")],
    "gallery-child-waits": [event_wait("w", "NEVER", '"never"')],
}


def member(steps, status="SUCCEEDED", orders=0, output=None, feed=None, **more):
    return {"steps": steps, "status": status, "orders": orders, "output": output or {}, "feed": feed or {}, "more": more}


GALLERY = {
    "assign-and-state": member([assign("a", x="1", y="vars.x + 1"), {"id": "s", "type": "state.set", "config": {"state": "DONE"}}], output={"y": 2}),
    "if-and-orders": member([when("payload.n > 1", [order("yes", "then")], [order("no", "else")]), order("after", "after")], orders=2),
    "loop-of-orders": member([each("[1..3]", [order("o", expr("item")), wait_ms("w", 20), assign("a", sum="coalesce(vars.sum, 0) + item")])], orders=3, output={"sum": 6}),
    "loop-in-loop": member([each("[1..2]", [{"id": "inner", "type": "control.forEach", "items": expr("[item, item * 10]"), "itemVar": "deep",
                                             "body": [order("o", expr("deep")), wait_ms("w", 20), assign("a", seen="append(coalesce(vars.seen, []), deep)")]}])],
                           orders=4, output={"seen": [1, 10, 2, 20]}),
    "loop-goes-on": member([each("[1..3]", [when("item = 2", [fails("f")]), order("o", expr("item"))], onItemError="continue")], orders=2),
    "try-catches": member([guard([order("o", "try"), fails("f")], [assign("c", code="vars.why.code"), order("p", "catch")])],
                          orders=2, output={"code": "BROKEN"}),
    "finally-after-return": member([guard([order("o", "try"), {"id": "r", "type": "control.return"}], [], **{"finally": [order("f", "finally")]}),
                                    order("never", "never")], orders=2),
    "finally-that-waits": member([guard([fails("f")], [assign("c", c="1")], **{"finally": [wait_ms("w", 150), order("o", "finally")]})], orders=1, output={"c": 1}),
    "retried-action": member([action("r", "http.request", FLAKY, retry=RETRY, config={"saveAs": "vars.out"})], orders=1),
    "action-goes-on": member([action("a", "http.request", {"method": "GET", "url": expr('payload.shop & "/nowhere"')}, onError={"policy": "continue"}),
                              assign("s", code="error.code"), order("o", "after")], orders=1),
    "durable-action": member([order("d", "durable", execution="durable"), order("s", "short")], orders=2),
    "pure-actions": member([action("m", "transform.merge", {"objects": [{"a": 1}, {"b": expr("payload.n")}]}, config={"saveAs": "vars.m"}),
                            action("l", "log", {"level": "debug", "message": "gallery"})], output={"m": {"a": 1, "b": 2}}),
    "time-waits": member([wait_ms("w", 150), order("o", "between"),
                          {"id": "due", "type": "time.wait", "config": {"mode": "until", "until": expr('"2020-01-01T00:00:00Z"')}}, wait_ms("x", 100)], orders=1),
    "event-wait": member([event_wait("w", "GALLERY", 'system.runId & ":1"', assign={"vars.got": expr("vars.event.n")}), order("o", "after")],
                         orders=1, output={"got": 1}, feed={"events": {":1": 1}}),
    "event-wait-filtered": member([event_wait("w", "GALLERY", 'system.runId & ":1"', timeoutMs=3_600_000,
                                              filters=[{"path": "n", "op": ">", "value": 5}], assign={"vars.got": expr("vars.event.n")}),
                                   event_wait("x", "GALLERY", 'system.runId & ":2"', timeoutMs=3_600_000)],
                                  output={"got": 7}, feed={"events": {":1": 7, ":2": 1}, "noise": True}),
    "event-wait-times-out": member([guard([event_wait("w", "NEVER", '"k"', timeoutMs=200)], [assign("c", code="vars.why.code"), order("o", "late")])],
                                   orders=1, output={"code": "EVENT_TIMEOUT"}),
    "human-task": member([task("ask", formSchema={"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}},
                               assign={"vars.ok": expr("vars.event.ok")}), order("o", "approved")], orders=1, output={"ok": True}, feed={"answer": {"ok": True}}),
    "human-task-expires": member([guard([task("ask", timeoutMs=250)], [order("o", "expired")])], orders=1),
    "child-run": member([call("gallery-child", outputMapping={"vars.out": expr("childRun.vars.out")}), order("o", "parent")], orders=2, output={"out": 4}),
    "child-fails": member([guard([call("gallery-child-fails")], [assign("c", cause="vars.why.details.cause.code"), order("o", "caught")])],
                          orders=1, output={"cause": "NO_LUCK"}),
    "long-loop": member([each("[1..300]", [assign("a", n="coalesce(vars.n, 0) + item")]), order("o", "after")], orders=1, output={"n": 45150}),
    "canceled": member([order("o", "before"), guard([call("gallery-child-waits")], [order("c", "never")])], status="CANCELED", orders=1, feed={"control": "cancel"}),
    "paused": member([event_wait("w", "GALLERY", 'system.runId & ":1"'), order("o", "after")], orders=1, feed={"control": "pause", "events": {":1": 1}}),
    "run-times-out": member([order("o", "before"), wait_ms("w", 3_600_000)], status="FAILED", orders=1, runTimeoutMs=25_000),
}


class Feeder:
    """Gives each run what it waits for, as often as it is asked: events twice under one id, one answer, one control call."""

    def __init__(self, stack):
        self.stack = stack
        self.done = set()

    def once(self, key, act):
        if key not in self.done:
            act()
            self.done.add(key)

    def feed(self, run, feed):
        """True when the run has ended."""
        row = self.stack.run(run)
        if row["status"] in ("SUCCEEDED", "FAILED", "CANCELED"):
            return True
        control = feed.get("control")
        if row["status"] == "PAUSED":
            self.once((run, "resume"), lambda: self.stack.call("POST", f"/api/v1/runs/{run}/resume", {}))
        waits = [w for w in self.stack.call("GET", f"/api/v1/runs/{run}/waits")["items"] if w["status"] == "WAITING"]
        if control == "cancel" and len(self.stack.steps(run)) > 1:
            self.once((run, "cancel"), lambda: self.stack.call("POST", f"/api/v1/runs/{run}/cancel", {"reason": "gallery"}))
        for wait in waits:
            if control == "pause" and wait["waitType"] == "event":
                self.once((run, "pause"), lambda: self.stack.call("POST", f"/api/v1/runs/{run}/pause", {"reason": "gallery"}))
            if wait["waitType"] == "event":
                for suffix, number in feed.get("events", {}).items():
                    if wait.get("correlationKey") == run + suffix:
                        self.once((run, suffix), lambda s=suffix, n=number: self.send(run, s, n, feed))
            if wait["waitType"] == "human" and "answer" in feed:
                self.once((run, "answer"), lambda w=wait: self.stack.call("POST", f"/api/v1/tasks/{w['taskId']}/answer", {"response": feed["answer"]}))
        return False

    def send(self, run, suffix, number, feed):
        sent = ({"eventId": f"{run}{suffix}:small", "n": 1},) if feed.get("noise") and number > 5 else ()
        for event in (*sent, {"eventId": run + suffix, "n": number}, {"eventId": run + suffix, "n": number}):
            self.stack.call("POST", "/api/v1/events", {"eventName": "GALLERY", "eventId": event["eventId"], "correlationKey": run + suffix,
                                                       "payload": {"n": event["n"]}})
