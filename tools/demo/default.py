"""`./dev demo`: from nothing to finished runs of the order flow, on the real parts, with proof.

1. The order flow runs on real input against the example shop; its steps are printed, its rows are held against
   those that Temporal's history gives by itself, the shop's journal against the ledger.
2. A second, longer order loses its worker (SIGKILL) in the middle of the loop. A new worker continues it; in the end every
   line was reserved exactly once, the ledger says the same, and so do the rows that its history gives.

Exit 0 only if all of it held. The last line is `demo: ok …` with the figures.
"""

import collections
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness  # noqa: E402

LINES = 40
LOCAL = ("--allow-private-http", "127.0.0.1/32")


def check(condition, words):
    if not condition:
        raise AssertionError(words)


def print_steps(steps):
    print("  path\titeration\tstatus\tattempt\tms")
    for step in steps:
        duration = step.get("durationMs")
        print(f"  {step['stepPath']}\t{step['iteration'] or '-'}\t{step['status']}\t{step['attempt']}\t{duration}")


def check_rows(stack, run, row):
    """The rows say what Temporal says, and are those that its history gives."""
    events, transitions, status = stack.describe(run)
    check(status.endswith("COMPLETED"), f"Temporal says {status}")
    check(row["status"] == "SUCCEEDED", f"row says {row['status']}")
    history = stack.history(run)
    kinds = collections.Counter(event["eventType"] for event in history)
    markers = kinds["EVENT_TYPE_MARKER_RECORDED"]
    activities = kinds["EVENT_TYPE_ACTIVITY_TASK_COMPLETED"]
    steps = stack.steps(run)
    check(all(step["status"] in ("SUCCEEDED", "HANDLED") for step in steps), "a step row is not final")
    attempts = sum(step["attempt"] for step in steps if step["stepType"] == "action.call")
    check(attempts == markers + activities,
          f"{attempts} action attempts in rows, {markers} local activities and {activities} activities in history")
    waits = stack.call("GET", f"/api/v1/runs/{run}/waits")["items"]
    timers = kinds["EVENT_TYPE_TIMER_STARTED"]
    check(len(waits) == timers, f"{len(waits)} waits in rows, {timers} timers in history")
    check(all(wait["status"] == "RESOLVED" for wait in waits), "a wait row is still open")
    check_rebuilt(stack, run)
    return steps, events, transitions


def check_rebuilt(stack, run):
    """All rows of the run, made again from its history alone, are the ones that are there."""
    said = stack.cli("rebuild", run, "--check", "--data", str(stack.data), check=False)
    check(said.returncode == 0 and said.stdout == "1 run checked, 0 differences\n", f"rebuild says {said.stdout}{said.stderr}")
    print(f"run {run}: its rows are those that Temporal's history gives")


def check_ledger(stack, run, entries):
    """Every side effect that the shop did is one succeeded invocation, and the other way round."""
    invocations = stack.call("GET", f"/api/v1/runs/{run}/invocations?limit=500")["items"]
    check(all(row["status"] == "SUCCEEDED" for row in invocations), "an invocation did not succeed")
    keys = [row["idempotencyKey"] for row in invocations]
    check(len(set(keys)) == len(keys), "two invocations share a key")
    done = [entry["key"] for entry in entries]
    check(len(set(done)) == len(done), "the shop did something twice")
    check(sorted(done) == sorted(keys), f"the shop did {len(done)} things, the ledger knows {len(keys)}")
    return len(keys)


def first_run(stack, address):
    payload = json.loads((harness.ROOT / "examples/order-flow/input.json").read_text())
    payload["shopUrl"] = address
    run = stack.launch("order-flow", payload)
    row = stack.wait(run)
    print(f"run {run}: {row['status']}")
    steps, events, transitions = check_rows(stack, run, row)
    print_steps(steps)
    entries = [entry for entry in harness.journal(address) if entry["body"].get("orderId") == payload["orderId"]]
    kinds = collections.Counter(entry["kind"] for entry in entries)
    check(kinds == {"reservation": 3, "payment": 1, "shipment": 1}, f"the shop did {dict(kinds)}")
    retried = [step for step in steps if step["definitionStepId"] == "reserve" and step["attempt"] > 1]
    check(len(retried) == 1, "the flaky line was not retried exactly once")
    check_ledger(stack, run, entries)
    return len(steps), events, transitions


def declined_run(stack, address):
    """The payment fails: the error is caught, what was reserved is given back."""
    payload = {"orderId": "order-declined", "card": "declined", "shopUrl": address,
               "lines": [{"sku": "desk", "quantity": 1, "unitPrice": 249}, {"sku": "chair", "quantity": 2, "unitPrice": 89.5}]}
    run = stack.launch("order-flow", payload)
    row = stack.wait(run)
    check(row["status"] == "SUCCEEDED", f"row says {row['status']}")
    pay = [step for step in stack.steps(run) if step["definitionStepId"] == "pay"]
    check(len(pay) == 1 and pay[0]["status"] in ("FAILED", "HANDLED"), f"payment step is {pay}")
    released = [entry for entry in harness.journal(address) if entry["kind"] == "release"]
    check(len(released) == 2, f"{len(released)} reservations were given back")
    print(f"run {run}: payment declined, error caught, 2 reservations given back")


def other_examples(stack, address):
    """A loop over timers, and a loop that goes on when an item fails."""
    payload = json.loads((harness.ROOT / "examples/payment-reminder/input.json").read_text()) | {"shopUrl": address}
    row = stack.wait(stack.launch("payment-reminder", payload))
    check(row["status"] == "SUCCEEDED" and row["output"]["vars"]["sent"] == 2, f"payment-reminder: {row}")
    print(f"run {row['runId']}: reminded twice, then gave the case away")
    pages = {"goodMin": 1, "pages": [f"{address}/journal", f"{address}/nothing-here"]}
    row = stack.wait(stack.launch("site-check", pages))
    check(row["status"] == "SUCCEEDED" and row["output"]["meta"]["state"] == "HEALTHY", f"site-check: {row}")
    print(f"run {row['runId']}: one page of two failed, the loop went on")


def killed_run(stack, address):
    payload = {"orderId": "order-killed", "card": "visa", "shopUrl": address,
               "lines": [{"sku": f"item-{i}", "quantity": 1, "unitPrice": 10} for i in range(LINES)]}
    with harness.Worker(stack, *LOCAL) as worker:
        run = stack.launch("order-flow", payload)
        deadline = time.monotonic() + harness.PATIENCE_S
        while reserved(address) < LINES // 3:
            check(time.monotonic() < deadline, "the loop did not start")
            time.sleep(0.01)
        worker.kill()
    at_kill = reserved(address)
    check(at_kill < LINES, "the worker was killed too late to prove anything")
    print(f"run {run}: worker killed after {at_kill} of {LINES} lines")
    with harness.Worker(stack, *LOCAL):
        row = stack.wait(run)
        check(row["status"] == "SUCCEEDED", f"row says {row['status']}: {row.get('error')}")
        entries = [e for e in harness.journal(address)
                   if e["body"].get("orderId") == payload["orderId"]]
        kinds = collections.Counter(entry["kind"] for entry in entries)
        check(kinds == {"reservation": LINES, "payment": 1, "shipment": 1}, f"the shop did {dict(kinds)}")
        effects = check_ledger(stack, run, entries)
        print(f"run {run}: {row['status']}, {effects} side effects, each done once")
        check_rebuilt(stack, run)
    return at_kill, effects


def reserved(address):
    return sum(1 for entry in harness.journal(address)
               if entry["kind"] == "reservation" and entry["body"].get("orderId") == "order-killed")


def main():
    with harness.Stack(*LOCAL) as stack, harness.shop(stack.data) as address:
        print(f"fermata at {stack.api}, shop at {address}")
        for example in ("order-flow/definition.json", "payment-reminder/definition.yaml", "site-check/definition.yaml"):
            stack.publish(harness.ROOT / "examples" / example)
        steps, events, transitions = first_run(stack, address)
        declined_run(stack, address)
        other_examples(stack, address)
    with harness.Stack(worker=False) as stack, harness.shop(stack.data, "--delay-ms", "40") as address:
        stack.publish(harness.ROOT / "examples/order-flow/definition.json")
        at_kill, effects = killed_run(stack, address)
    print(f"demo: ok {steps} steps in {events} events and {transitions} transitions; "
          f"killed after {at_kill} lines, {effects} side effects done once each")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as failure:
        sys.exit(f"demo: failed: {failure}")
