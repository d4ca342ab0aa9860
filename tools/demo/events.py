"""`./dev demo events`: an event starts a run, the run waits, a second event resumes it; a third run asks a person.

On both databases, over HTTP and over a Redis stream. Each event is sent twice, and acts once. Meanwhile a schedule fires at
two real minutes, one after the other. Exit 0 only if all of it held; the last line is `demo events: ok …` with the figures.
"""

import datetime
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness  # noqa: E402

EXAMPLE = harness.ROOT / "examples/ticket-escalation"
EVENT_NAMES = ("TICKET_OPENED", "TICKET_ANSWERED")


def check(condition, words):
    if not condition:
        raise AssertionError(words)


def prepare(stack):
    for name in EVENT_NAMES:
        stack.call("PUT", f"/api/v1/event-types/{name}", {"payloadSchemaRef": "payload.Any.v1", "correlationPath": "ticketId"})
    stack.publish(EXAMPLE / "definition.yaml")


def stream_twice(redis, stack, event_id, name, payload):
    for _ in range(2):
        redis.add({"eventId": event_id, "eventName": name, "payload": payload})
    deadline = time.monotonic() + harness.PATIENCE_S
    while True:
        try:
            shown = stack.call("GET", f"/api/v1/events/{event_id}")
            # Of two who route the same event at once, the one that found it launched may write first, without the run's id.
            is_known = all(d["outcome"] != "LAUNCHED" or "runId" in d["details"] for d in shown["deliveries"])
            if redis.pending() == 0 and shown["deliveries"] and is_known:
                return shown
        except harness.Refused:
            pass
        check(time.monotonic() < deadline, f"event {event_id} did not come out of the stream")
        time.sleep(0.02)


def streamed(stack, redis):
    sent = stream_twice(redis, stack, "open-T-3", "TICKET_OPENED", {"ticketId": "T-3", "subject": "help"})
    run = sent["deliveries"][0]["details"]["runId"]
    until(stack, run, "WAITING")
    stream_twice(redis, stack, "answer-T-3", "TICKET_ANSWERED", {"ticketId": "T-3", "agent": "Lin", "isInternal": False})
    row = stack.wait(run)
    check(row["status"] == "SUCCEEDED" and row["output"]["vars"]["answeredBy"] == "Lin", f"row says {row}")
    print(f"  run {run}: started and resumed by events out of a Redis stream")


def schedule(stack):
    """Two minutes of the real clock, the next ones that can still be met."""
    first = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=75)
    times = [first, first + datetime.timedelta(minutes=1)]
    minutes, hours = (",".join(str(n) for n in sorted({getattr(t, unit) for t in times})) for unit in ("minute", "hour"))
    stack.publish_definition({
        "id": "every-minute", "version": 1, "name": "every minute", "payloadSchemaRef": "payload.WorkflowClockTrigger.v1",
        "trigger": {"type": "recurring", "cron": f"{minutes} {hours} * * *", "timezone": "UTC"},
        "steps": [{"id": "note", "type": "transform.assign", "config": {"assign": {"vars.at": {"$expr": "payload.scheduledFor"}}}}]})
    return [t.strftime("%Y-%m-%dT%H:%M:00Z") for t in times]


def fired(stack, times):
    deadline = time.monotonic() + 3 * harness.PATIENCE_S
    while True:
        runs = stack.call("GET", "/api/v1/runs?workflowId=every-minute")["items"]
        if len(runs) == 2 and {r["status"] for r in runs} == {"SUCCEEDED"}:
            break
        check(len(runs) <= 2 and time.monotonic() < deadline, f"the schedule launched {len(runs)} runs")
        time.sleep(0.5)
    seen = sorted(stack.run(r["runId"])["output"]["vars"]["at"] for r in runs)
    check(seen == times, f"the schedule fired at {seen}, not at {times}")
    fires = stack.call("GET", "/api/v1/workflows/every-minute/fires")["items"]
    check([f["outcome"] for f in fires] == ["LAUNCHED"] * 2, f"its rows say {fires}")
    print(f"  a schedule fired at {times[0]} and {times[1]}, once each")


def send_twice(stack, event_id, name, payload):
    first = stack.call("POST", "/api/v1/events", {"eventId": event_id, "eventName": name, "payload": payload})
    again = stack.call("POST", "/api/v1/events", {"eventId": event_id, "eventName": name, "payload": payload})
    check(first["isNew"] and not again["isNew"], "the second sending was taken for another event")
    return first


def open_ticket(stack, ticket):
    sent = send_twice(stack, f"open-{ticket}", "TICKET_OPENED", {"ticketId": ticket, "subject": f"help with {ticket}"})
    check([d["outcome"] for d in sent["deliveries"]] == ["LAUNCHED"], f"the event did {sent['deliveries']}")
    return sent["deliveries"][0]["details"]["runId"]


def answered(stack):
    run = open_ticket(stack, "T-1")
    until(stack, run, "WAITING")
    send_twice(stack, "internal-T-1", "TICKET_ANSWERED", {"ticketId": "T-1", "agent": "Bob", "isInternal": True})
    send_twice(stack, "answer-T-1", "TICKET_ANSWERED", {"ticketId": "T-1", "agent": "Ada", "isInternal": False})
    row = stack.wait(run)
    check(row["status"] == "SUCCEEDED" and row["output"]["meta"]["state"] == "ANSWERED", f"row says {row}")
    check(row["output"]["vars"]["answeredBy"] == "Ada", "the filter let the internal answer through")
    events, transitions, _ = stack.describe(run)
    print(f"  run {run}: started by an event, resumed by another, {events} events, {transitions} transitions")


def escalated(stack):
    run = open_ticket(stack, "T-2")
    task = until_task(stack, run)
    try:
        stack.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"agent": ""}})
        raise AssertionError("a wrong answer was taken")
    except harness.Refused as refused:
        check(refused.problem["code"] == "ANSWER_INVALID", f"the wrong answer met {refused.problem}")
    stack.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"agent": "Grace"}})
    row = stack.wait(run)
    check(row["output"]["meta"]["state"] == "ESCALATED" and row["output"]["vars"]["answeredBy"] == "Grace", f"row says {row}")
    print(f"  run {run}: nobody answered in time, a person was asked, the wrong answer was turned away")


def until(stack, run, status):
    deadline = time.monotonic() + harness.PATIENCE_S
    while stack.run(run)["status"] != status:
        check(time.monotonic() < deadline, f"run {run} is not {status}")
        time.sleep(0.02)


def until_task(stack, run):
    deadline = time.monotonic() + harness.PATIENCE_S
    while True:
        tasks = [t for t in stack.call("GET", "/api/v1/tasks")["items"] if t["runId"] == run]
        if tasks:
            return tasks[0]["taskId"]
        check(time.monotonic() < deadline, "no task was opened")
        time.sleep(0.02)


def play(stack, redis, database):
    print(f"{database}: fermata at {stack.api}")
    prepare(stack)
    answered(stack)
    escalated(stack)
    streamed(stack, redis)
    runs = stack.call("GET", "/api/v1/runs?workflowId=ticket-escalation")["items"]
    check(len(runs) == 3, f"{len(runs)} runs were launched by 3 tickets")
    return len(stack.call("GET", "/api/v1/events")["items"])


def main():
    with harness.redis() as redis, harness.Stack("--redis", redis.url) as stack:
        events = play(stack, redis, "SQLite")
    with harness.redis() as redis, harness.postgres() as database, \
            harness.Stack("--redis", redis.url, "--database", database.url) as stack:
        times = schedule(stack)
        events += play(stack, redis, "PostgreSQL")
        fired(stack, times)
    print(f"demo events: ok {events} events over HTTP and Redis, each sent twice, launched 6 runs, resumed 4 and escalated 2; a schedule fired twice")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as failure:
        sys.exit(f"demo events: failed: {failure}")
