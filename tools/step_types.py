#!/usr/bin/env python3
"""Carries src/definition/step_types.def into contracts/step_types.json, docs/reference/steps.md and the heads of the
pages in docs/reference/steps/. With --check it writes nothing and exits 1 when a file is not up to date."""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINE = re.compile(r'^X\((\w+), "([\w.]+)", (true|false), (\d+), "(.*)"\)$')
# Authored types that compile to calls of pure actions (src/definition/parse/action.cc).
ALIASES = [
    ("email.parseBody", "splits the newest reply from an email's text or HTML"),
    ("email.renderCommentBlocks", "turns an email's HTML or text into comment blocks"),
]
BRANCHES = {
    "control.if": ["then", "else"],
    "control.forEach": ["body"],
    "control.tryCatch": ["try", "catch", "finally"],
}
BEGIN, END = "<!-- head: made by tools/step_types.py -->", "<!-- /head -->"


def step_types() -> list[dict]:
    types = []
    for line in (ROOT / "src/definition/step_types.def").read_text().splitlines():
        found = LINE.match(line)
        if found:
            kind, name, parks, since, sentence = found.groups()
            types.append({"type": name, "kind": kind, "parks": parks == "true", "since": int(since), "summary": sentence})
    for name, sentence in ALIASES:
        types.append({"type": name, "kind": "ActionCall", "parks": False, "since": 1, "summary": sentence})
    for entry in types:
        entry["branches"] = BRANCHES.get(entry["type"], [])
        entry["page"] = f"steps/{slug(entry['type'])}.md"
    return types


def slug(name: str) -> str:
    words = re.sub(r"([A-Z])", r"-\1", name.split(".", 1)[1]).lower()
    return f"{name.split('.', 1)[0]}-{words}"


def contract(types: list[dict]) -> str:
    return "[\n" + ",\n".join("  " + json.dumps(entry) for entry in types) + "\n]\n"


def head(entry: dict) -> str:
    facts = ["may park: the run can wait here" if entry["parks"] else "never parks"]
    facts.append(f"since semantics version {entry['since']}")
    if entry["branches"]:
        facts.append("branches: " + ", ".join(f"`{name}`" for name in entry["branches"]))
    return f"{BEGIN}\n{entry['summary'][0].upper()}{entry['summary'][1:]}.\n\n{'; '.join(facts)}.\n{END}"


def table(types: list[dict]) -> str:
    rows = [f"| [`{e['type']}`]({e['page']}) | {e['summary']} |" for e in types]
    return "\n".join([BEGIN, "| type | what it does |", "|---|---|", *rows, END])


def with_head(text: str, new: str) -> str:
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.S)
    if not pattern.search(text):
        raise SystemExit(f"no generated head in: {text[:60]!r}")
    return pattern.sub(lambda _: new, text, count=1)


def outputs() -> dict[pathlib.Path, str]:
    types = step_types()
    files = {ROOT / "contracts/step_types.json": contract(types)}
    overview = ROOT / "docs/reference/steps.md"
    files[overview] = with_head(overview.read_text(), table(types))
    for entry in types:
        page = ROOT / "docs/reference" / entry["page"]
        files[page] = with_head(page.read_text(), head(entry))
    return files


def main() -> None:
    stale = [path for path, text in outputs().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: not up to date, run tools/step_types.py")
        raise SystemExit(1 if stale else 0)
    for path, text in outputs().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
