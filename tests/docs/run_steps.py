"""Runs the example of every step type's page: python3 tests/docs/run_steps.py FERMATA

A page shows one step (the first `json` block) and what must come of it (the block behind `<!-- case -->`, a case of `fermata test`).
Every type of contracts/step_types.json needs a page with both.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_page(program, page, step_type, folder):
    """What is wrong with the page; empty when nothing is."""
    text = page.read_text(encoding="utf-8")
    step = re.search(r"```json\n(.*?)```", text, flags=re.DOTALL)
    case = re.search(r"<!-- case -->\n```yaml\n(.*?)```", text, flags=re.DOTALL)
    if not step or not case:
        return "it shows no step or no case"
    step = json.loads(step[1])
    if step["type"] != step_type:
        return f"it shows a {step['type']}"
    definition = {"id": page.stem, "version": 1, "name": page.stem, "payloadSchemaRef": "payload.Any.v1", "steps": [step]}
    (folder / f"{page.stem}.json").write_text(json.dumps(definition), encoding="utf-8")
    test = folder / f"{page.stem}.test.yaml"
    test.write_text("cases:\n  - name: example\n" + re.sub(r"^", "    ", case[1].rstrip(), flags=re.MULTILINE) + "\n", encoding="utf-8")
    done = subprocess.run([program, "test", str(test)], capture_output=True, text=True, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    types = json.loads((ROOT / "contracts/step_types.json").read_text(encoding="utf-8"))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for entry in types:
            page = ROOT / "docs/reference" / entry["page"]
            wrong = run_page(program, page, entry["type"], pathlib.Path(folder))
            failed += bool(wrong)
            if wrong:
                print(f"{page.name}: {wrong}")
    print(f"{len(types)} step types, {failed} failed")
    return 1 if failed or not types else 0


if __name__ == "__main__":
    sys.exit(main())
