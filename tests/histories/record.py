"""Records a history of each definition of the gallery on the real parts: record.py PROGRAM SEMANTICS.

Writes tests/histories/SEMANTICS/NAME.json (NAME-2.json and on for further histories of one run) and the definitions beside them.
What is stored is never changed: a new semantics version gets a folder of its own, and all of them are replayed for ever.
"""

import json
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e")]
semantics = sys.argv.pop(2)
from gallery import CHILDREN, GALLERY, Feeder  # noqa: E402
from parts import definition, harness, run_program  # noqa: E402


def without_identities(value):
    """Who polled and who asked is of no use here."""
    if isinstance(value, dict):
        return {k: "someone" if k == "identity" else without_identities(v) for k, v in value.items()}
    return [without_identities(v) for v in value] if isinstance(value, list) else value


def play(stack, shop, target):
    for name, steps in CHILDREN.items():
        stack.publish_definition(definition(name, steps))
    runs = {}
    for name, member in GALLERY.items():
        stack.publish_definition(definition(name, member["steps"], **member["more"]))
        runs[name] = stack.launch(name, {"shop": shop, "n": 2})
    for name in [*CHILDREN, *GALLERY]:
        (target / f"{name}.definition.json").write_text((stack.data / f"{name}.json").read_text() + "\n")
    feeder, waiting = Feeder(stack), dict(runs)
    while waiting:
        for name in [n for n, r in waiting.items() if feeder.feed(r, GALLERY[n]["feed"])]:
            del waiting[name]
        time.sleep(0.05)
    for name, run in runs.items():
        if stack.run(run)["status"] != GALLERY[name]["status"]:
            sys.exit(f"{name} ended {stack.run(run)['status']}")


def store(stack, target):
    names = {item["runId"]: item["workflowId"] for item in stack.call("GET", "/api/v1/runs?limit=500")["items"]}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        saved = run_program("replay-check", "--data", stack.data, "--recent", "1000", "--save", folder)
        if saved.returncode != 0:
            sys.exit(saved.stdout + saved.stderr)
        for file in pathlib.Path(folder).iterdir():
            history = json.loads(file.read_text())
            start = history["events"][0]["workflowExecutionStartedEventAttributes"]
            name = names[start["workflowId"].split(":")[-1]]
            found.setdefault(name, []).append((history["events"][0]["eventTime"], history))
    for name, histories in found.items():
        for number, (_, history) in enumerate(sorted(histories, key=lambda h: h[0]), 1):
            file = target / (f"{name}.json" if number == 1 else f"{name}-{number}.json")
            file.write_text(json.dumps(without_identities(history), indent=1) + "\n")
    print(f"{sum(map(len, found.values()))} histories of {len(found)} definitions")


def main():
    target = ROOT / "tests/histories" / semantics
    target.mkdir(exist_ok=True)
    with harness.Stack("--allow-private-http", "127.0.0.1/32") as stack, harness.shop(stack.data) as shop:
        play(stack, shop, target)
        store(stack, target)


if __name__ == "__main__":
    main()
