"""`./dev demo events`: an event starts a run, the run waits, a second event resumes it; a third run asks a person.

On both databases. Each event is sent twice, and acts once. Exit 0 only if all of it held; the last line is
`demo events: ok …` with the figures.
"""

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


def play(stack, database):
    print(f"{database}: fermata at {stack.api}")
    prepare(stack)
    answered(stack)
    escalated(stack)
    runs = stack.call("GET", "/api/v1/runs?workflowId=ticket-escalation")["items"]
    check(len(runs) == 2, f"{len(runs)} runs were launched by 2 tickets")
    return len(stack.call("GET", "/api/v1/events")["items"])


def main():
    with harness.Stack() as stack:
        events = play(stack, "SQLite")
    with harness.postgres() as database, harness.Stack("--database", database.url) as stack:
        events += play(stack, "PostgreSQL")
    print(f"demo events: ok {events} events, each sent twice, launched 4 runs, resumed 2 and escalated 2")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as failure:
        sys.exit(f"demo events: failed: {failure}")
