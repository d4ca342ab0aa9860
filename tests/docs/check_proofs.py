"""Every test that docs/internals/proofs.md names is there: python3 tests/docs/check_proofs.py"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def names_of_tests():
    """Scenarios, GoogleTests as Suite.Name, Python tests as Class.test_name, and classes."""
    names = {path.stem for path in (ROOT / "tests/scenarios").glob("*.yaml")}
    for path in [*(ROOT / "src").rglob("*_test.cc"), *(ROOT / "tests").rglob("*.cc")]:
        names |= {f"{suite}.{name}" for suite, name in re.findall(r"TEST(?:_F|_P)?\((\w+), (\w+)\)", path.read_text(encoding="utf-8"))}
    for path in (ROOT / "tests").rglob("*.py"):
        for body in re.split(r"^(?=class )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name = re.match(r"class (\w+)", body)[1]
            names |= {name, *(f"{name}.{method}" for method in re.findall(r"^    def (\w+)\(", body, flags=re.MULTILINE))}
    return names


def is_there(name, names):
    if "/" in name:
        return (ROOT / name).exists()
    pattern = re.compile(re.escape(name).replace(r"\*", ".*"))
    return any(pattern.fullmatch(other) for other in names)


def main():
    text = (ROOT / "docs/internals/proofs.md").read_text(encoding="utf-8")
    claims = re.search(r"<!-- claims -->\n(.*?)<!-- /claims -->", text, flags=re.DOTALL)[1]
    rows = [line.strip("|").split("|") for line in claims.splitlines() if line.startswith("|") and not line.startswith("|--")]
    names = names_of_tests()
    gone = [(claim.strip(), name) for claim, shown in rows for name in re.findall(r"`([^`]+)`", shown) if not is_there(name, names)]
    for claim, name in gone:
        print(f"{claim}: there is no `{name}`")
    print(f"{len(rows)} claims, {len(gone)} tests are missing")
    return 1 if gone or len(rows) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
