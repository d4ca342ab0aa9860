"""The API against its contract: run.py PROGRAM [sqlite|postgres] [SEED].

Starts `fermata dev`, fills it with one of everything, and lets schemathesis call every operation of contracts/openapi.json with
data that fits and data that does not. No answer may be a server error, or of a status, a content type or a shape that the
contract does not name; what does not fit is not taken, and nothing is given without a token.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
os.environ["FERMATA_PROGRAM"] = sys.argv[1]
import harness  # noqa: E402

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "negative_data_rejection", "unsupported_method", "ignored_auth"]
EXAMPLES = 12


def definition(name, steps, **more):
    return {"id": name, "version": 1, "name": name, "payloadSchemaRef": "payload.Any.v1", "steps": steps, **more}


def fill(stack):
    """One of everything; gives the names that hooks.py puts into calls."""
    stack.publish_definition(definition("steps", [
        {"id": "each", "type": "control.forEach", "items": {"$expr": "[1..20]"}, "itemVar": "n", "body": [
            {"id": "log", "type": "action.call", "config": {"actionId": "log", "version": 1, "inputMapping": {"message": "hi"}}}]}]))
    stack.publish_definition(definition("failing", [
        {"id": "fail", "type": "transform.assign", "config": {"assign": {"vars.x": {"$expr": "$number('x')"}}}}]))
    stack.publish_definition(definition("asking", [
        {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": {"$expr": "'yes or no'"}}}]))
    stack.publish_definition(definition("hearing", [
        {"id": "hear", "type": "event.wait", "config": {"eventName": "ORDER_PAID", "correlationKey": {"$expr": "'order-1'"}}}]))
    stack.publish_definition(definition("yearly", [{"id": "done", "type": "control.return"}],
                                        payloadSchemaRef="payload.WorkflowClockTrigger.v1",
                                        trigger={"type": "recurring", "cron": "0 0 1 1 *", "timezone": "Europe/Berlin"}))
    ended = [stack.launch(name, {}) for name in ("steps", "failing")]
    for run in ended:
        stack.wait(run)
    open_runs = [stack.launch(name, {}) for name in ("asking", "hearing")]
    for run in open_runs:
        while stack.run(run)["status"] != "WAITING":
            time.sleep(0.05)
    stack.call("PUT", "/api/v1/secrets/HOOK", {"value": "a secret of the shop"})
    stack.call("PUT", "/api/v1/webhooks/shop", {"eventName": "ORDER_PAID", "secret": {"$secret": "HOOK"}})
    stack.call("PUT", "/api/v1/payload-schemas/payload.Order.v1", {"type": "object"})
    stack.call("PUT", "/api/v1/event-types/ORDER_PAID", {"payloadSchemaRef": "payload.Order.v1"})
    stack.call("PUT", "/api/v1/calendars/de", {"holidays": ["2026-12-25"]})
    stack.call("PUT", "/api/v1/store/default/key", {"value": 1})
    stack.call("POST", "/api/v1/api-keys", {"name": "the shop", "role": "operator"})
    event = stack.call("POST", "/api/v1/events", {"eventName": "ORDER_PAID", "correlationKey": "order-2", "payload": {}})
    task = stack.call("GET", "/api/v1/tasks")["items"][0]["taskId"]
    wait = stack.run(open_runs[1])["currentWait"]["waitId"]
    workflows = ["steps", "asking", "hearing", "yearly"]
    return {"/api/v1/workflows/{id}": {"id": workflows, "version": ["1", "draft"]}, "/api/v1/runs/{id}": {"id": ended + open_runs},
            "/api/v1/runs/{id}/stream": {"id": ended}, "/api/v1/events/{id}": {"id": [event["eventId"]]},
            "/api/v1/tasks/{id}": {"id": [task]}, "/api/v1/waits/{id}": {"id": [wait]}, "/api/v1/store/{space}": {"space": ["default"], "key": ["key"]},
            "/api/v1/hooks/{name}": {"name": ["shop"]}, "/api/v1/workflows/{id}/clock": {"id": ["yearly"]},
            "/api/v1/payload-schemas/{ref}": {"ref": ["payload.Order.v1"]},
            "/errors/{code}": {"code": ["NOT_FOUND", "STORE_BUSY"]}}


def call_everything(stack, known, seed):
    installed = subprocess.run([ROOT / "tools/fetch_python.sh", "schemathesis", "tests/contract/requirements.txt"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.strip()
    env = dict(os.environ, PYTHONPATH=f"{installed}:{ROOT / 'tests/contract'}", SCHEMATHESIS_HOOKS="hooks",
               FERMATA_CONTRACT_KNOWN=json.dumps(known))
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", f"{stack.api}/api/v1/openapi.json", "-H",
             f"Authorization: Bearer {stack.token}", "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--seed", seed,
             "--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--continue-on-failure", "--no-shrink",
             "--request-timeout", "20", "--suppress-health-check", "all", "--warnings", "off", "--no-color"],
            env=env, cwd=folder).returncode


def main():
    kind, seed = (sys.argv[2:] + ["sqlite"])[0], (sys.argv[3:] + ["1"])[0]
    if kind == "postgres":
        with harness.postgres() as database, harness.Stack("--database", database.url) as stack:
            return call_everything(stack, fill(stack), seed)
    with harness.Stack() as stack:
        return call_everything(stack, fill(stack), seed)


if __name__ == "__main__":
    sys.exit(main())
