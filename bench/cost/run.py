"""`./dev bench cost`: what each construct costs in Temporal's currency, on a real server, as exact equality.

Each construct is measured by difference: a run with it N times against a run without it, divided by N. The worker is a process
of its own, as deployed; where it shares the launcher's process, a run's first task comes with its start and spares a transition.
Prints a table, tab-separated: construct, events, transitions. Fails unless it equals EXPECTED.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import harness  # noqa: E402

BESIDE = "run start + finish in one process"
# The table of the design, as events and transitions per use. A durable action starts eagerly with the task that asks for
# it, which saves one of the four transitions that the table allows it.
EXPECTED = {
    "run start + finish": (5, 3),
    BESIDE: (5, 2),
    "if": (0, 0),
    "assign": (0, 0),
    "loop iteration": (0, 0),
    "try": (0, 0),
    "catch": (0, 0),
    "pure action": (0, 0),
    "short action": (1, 0),
    "durable action": (6, 3),
    "timer": (5, 3),
    # A signal and its workflow task; with a timeout also a timer and its cancellation.
    "event wait": (4, 3),
    "event wait with timeout": (6, 3),
}


WAITS = 3
# Temporal repeats a workflow task that took longer than its timeout, as on a machine that others keep busy. What that costs is
# not the construct's: such a run is not counted.
STALLED = {"EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT", "EVENT_TYPE_WORKFLOW_TASK_FAILED"}
ATTEMPTS = 5
# The row is committed before the workflow task is acknowledged: an event in between would share the task. This lets the task end.
SETTLE_S = 0.3


def expr(source):
    return {"$expr": source}


def state(name, label="X"):
    return {"id": name, "type": "state.set", "config": {"state": label}}


def assign(name):
    return {"id": name, "type": "transform.assign", "config": {"assign": {"vars.x": expr("1 + 1")}}}


def action(name, action_id, mapping, **more):
    return {"id": name, "type": "action.call", "config": {"actionId": action_id, "version": 1, "inputMapping": mapping}, **more}


LOG = {"level": "debug", "message": "bench"}


def constructs():
    """name -> (how many uses, steps)"""
    yield "if", 3, [
        {"id": f"if{i}", "type": "control.if", "condition": expr("true"), "then": [assign(f"a{i}")]} for i in range(3)]
    yield "assign", 3, [assign(f"a{i}") for i in range(3)]
    yield "loop iteration", 100, [
        {"id": "loop", "type": "control.forEach", "items": expr("[1..100]"), "itemVar": "n", "body": [assign("a")]}]
    yield "try", 1, [{"id": "t", "type": "control.tryCatch", "try": [assign("a")], "catch": []}]
    yield "catch", 1, [{
        "id": "t", "type": "control.tryCatch", "captureErrorAs": "why", "catch": [assign("a")],
        "try": [action("f", "workflow.fail", {"code": "BENCH", "message": "raised on purpose"})]}]
    yield "pure action", 3, [action(f"p{i}", "transform.merge", {"objects": [{"a": 1}, {"b": i}]}) for i in range(3)]
    yield "short action", 10, [action(f"s{i}", "log", LOG) for i in range(10)]
    yield "durable action", 3, [action(f"d{i}", "log", LOG, execution="durable") for i in range(3)]
    yield "event wait", WAITS, event_waits(WAITS)
    yield "event wait with timeout", WAITS, event_waits(WAITS, timeoutMs=3_600_000)
    yield "timer", 3, [
        {"id": f"w{i}", "type": "time.wait", "config": {"mode": "duration", "durationMs": 200}} for i in range(3)]


def event_waits(count, **config):
    return [{"id": f"e{i}", "type": "event.wait",
             "config": {"eventName": "COST", "correlationKey": expr(f'payload.run & ":{i}"'), **config}} for i in range(count)]


def feed(stack, run, key):
    """Sends each wait its event once the wait is there, so that none comes early."""
    for number in range(WAITS):
        deadline = time.monotonic() + harness.PATIENCE_S
        while True:
            waits = stack.call("GET", f"/api/v1/runs/{run}/waits")["items"]
            if len(waits) > number:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"wait {number} of run {run} was not opened")
            time.sleep(0.02)
        time.sleep(SETTLE_S)
        stack.call("POST", "/api/v1/events", {"eventName": "COST", "correlationKey": f"{key}:{number}", "payload": {}})


def cost(stack, name, steps):
    workflow = "cost-" + name.replace(" ", "-").replace("+", "and")
    stack.publish_definition({"id": workflow, "version": 1, "name": name, "payloadSchemaRef": "payload.Any.v1",
                              "steps": [state("first")] + steps})
    for attempt in range(ATTEMPTS):
        key = f"{name} {attempt}"
        run = stack.launch(workflow, {"run": key})
        if name.startswith("event wait"):
            feed(stack, run, key)
        row = stack.wait(run)
        if row["status"] != "SUCCEEDED":
            raise RuntimeError(f"{name}: run {run} ended {row['status']}: {row.get('error')}")
        kinds = {event["eventType"] for event in stack.history(run)}
        if not kinds & STALLED:
            events, transitions, _ = stack.describe(run)
            return events, transitions
        print(f"{name}: the machine stalled and Temporal repeated a task; measured again", file=sys.stderr)
    raise RuntimeError(f"{name}: the machine stalled {ATTEMPTS} times")


def main():
    measured = {}
    with harness.Stack() as stack:
        measured[BESIDE] = cost(stack, BESIDE, [])
    with harness.Stack(worker=False) as stack, harness.Worker(stack):
        base = cost(stack, "run start + finish", [])
        measured["run start + finish"] = base
        for name, uses, steps in constructs():
            events, transitions = cost(stack, name, steps)
            measured[name] = ((events - base[0]) / uses, (transitions - base[1]) / uses)
    print("construct\tevents\ttransitions")
    wrong = []
    for name, expected in EXPECTED.items():
        events, transitions = measured[name]
        print(f"{name}\t{events:g}\t{transitions:g}")
        if (events, transitions) != expected:
            wrong.append(f"{name}: expected {expected[0]} events and {expected[1]} transitions")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
