"""The house rules as a test: python3 tests/tidy/tidy.py [--only docs,paths]

Each rule is a function from the tree to a list of complaints. test_tidy.py shows each of them something wrong.
"""

import ast
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import includes  # noqa: E402

# Layers 0 to 5 must give the same result on every machine and in every replay.
BANS = [
    (r"#include <(thread|mutex|condition_variable|random|filesystem|iostream|fstream)>", "input and effects instead"),
    (r"std::chrono::(system|steady|high_resolution)_clock", "the time that comes in with the input"),
    (r"\b(std::)?(getenv|rand|srand|time)\(", "a value that comes in with the input"),
    (r"std::locale|setlocale", "json/number.h"),
    (r"unordered_(map|set)", "std::map or a sorted vector"),
    (r"\blong double\b", "double"),
]
LINES_MAX, HEART_LINES_MAX, FUNCTION_LINES_MAX = 500, 400, 70


class Tree:
    """Tracked files and their text (`names` has also those that nobody reads); a test can make one of its own."""

    def __init__(self, files, names=()):
        self.files = files
        self.names = {*files, *names}
        self.folders = {"/".join(name.split("/")[:depth]) for name in self.names for depth in range(1, name.count("/") + 1)}

    @staticmethod
    def of_repository():
        names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True,
                               capture_output=True, check=True).stdout.split("\n")
        files = {}
        for name in filter(None, names):
            path = ROOT / name
            if path.suffix in {".h", ".cc", ".md", ".txt", ".cmake", ".py", ".json", ".def", ".sh", ".toml", ""} and path.is_file():
                if path.stat().st_size < 1_000_000:
                    files[name] = path.read_text(encoding="utf-8", errors="replace")
        return Tree(files, filter(None, names))

    def sources(self, *suffixes):
        return {n: t for n, t in self.files.items() if n.startswith("src/") and n.endswith(suffixes or (".h", ".cc"))}


def layers(tree):
    found = {}
    for name, text in tree.files.items():
        match = re.search(r"fermata_library\(NAME (\w+) LAYER (\d+)", text) if name.endswith("CMakeLists.txt") else None
        if match:
            found[match.group(1)] = int(match.group(2))
    return found


def check_layers(tree):
    table, wrong = layers(tree), []
    for name, text in tree.sources().items():
        own = name.split("/")[1]
        for number, line in enumerate(text.split("\n"), 1):
            match = re.match(r'#include "(\w+)/', line)
            if not match or match.group(1) == own or match.group(1) not in table or own not in table:
                continue
            if table[match.group(1)] >= table[own]:
                wrong.append(f"{name}:{number}: layer {table[own]} includes `{match.group(1)}` of layer {table[match.group(1)]}")
    return wrong


def check_determinism(tree):
    table, wrong = layers(tree), []
    for name, text in tree.sources().items():
        if table.get(name.split("/")[1], 9) > 5 or name.endswith("_test.cc"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            code = line.split("//")[0]
            for pattern, instead in BANS:
                if re.search(pattern, code):
                    wrong.append(f"{name}:{number}: `{code.strip()}` is not for layers 0 to 5; use {instead}")
    return wrong


def check_border(tree):
    """What is Temporal's own stays behind src/temporal, and Core's handles behind its bridge."""
    borders = [("src/temporal/bridge/", r"temporal-sdk-core-c-bridge\.h"),
               ("src/temporal/", r"google/protobuf/.*|temporal/(api|sdk)/.*|.*\.pb\.h|temporal/(bridge|encode)/.*|temporal/client_support\.h")]
    wrong = []
    for name, text in tree.files.items():
        if not name.endswith((".h", ".cc")):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            included = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            wrong += [f"{name}:{number}: `{included[1]}` is for {folder} only" for folder, pattern in borders
                      if included and re.fullmatch(pattern, included[1]) and not name.startswith(folder)]
    return wrong


def check_sizes(tree):
    wrong = []
    for name, text in tree.sources().items():
        most = HEART_LINES_MAX if name.startswith("src/interpreter/") and not name.endswith("_test.cc") else LINES_MAX
        lines = text.count("\n")
        if lines > most:
            wrong.append(f"{name}: {lines} lines, at most {most}: the design asks for a cut")
    return wrong


def check_python_sizes(tree):
    wrong = []
    for name, text in tree.files.items():
        if not name.endswith(".py"):
            continue
        lines = text.count("\n")
        if lines > LINES_MAX:
            wrong.append(f"{name}: {lines} lines, at most {LINES_MAX}: cut it by subject")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX:
                wrong.append(f"{name}:{node.lineno}: `{node.name}` has {node.end_lineno - node.lineno + 1} lines, at most {FUNCTION_LINES_MAX}")
    return wrong


# What names something of the headers of cmake/precompiled.cmake: a file that forgot one would compile in some trees only.
NAMED = {"algorithm": r"std::(ranges::|(stable_)?sort\b|(any|all|none)_of\b|find(_if)?\(|(lower|upper)_bound\b|m(in|ax)(_element)?\(|clamp\()",
         "array": r"std::array\b", "chrono": r"std::chrono\b", "cstdint": r"std::u?int\d+_t\b", "fmt/format.h": r"\bfmt::",
         "functional": r"std::(function|less|greater|invoke)\b", "map": r"std::(multi)?map\b",
         "memory": r"std::((unique|shared|weak)_ptr|make_(unique|shared))\b", "mutex": r"std::(mutex|scoped_lock|unique_lock|lock_guard)\b",
         "optional": r"std::(optional|nullopt)\b", "set": r"std::(multi)?set\b", "span": r"std::span\b", "string": r"std::(string|to_string)\b",
         "string_view": r"std::string_view\b", "thread": r"std::(thread|this_thread)\b", "variant": r"std::(variant|visit|monostate|get_if)\b",
         "vector": r"std::vector\b", "boost/json": r"\bboost::json::", "gtest/gtest.h": r"^TEST(_[FP])?\(", "gmock/gmock.h": r"\b[A-Z]+_THAT\("}


def check_includes(tree):
    """A file, or one of ours that it includes, includes what it names of the precompiled headers."""
    texts = {name: text for name, text in tree.files.items() if name.endswith((".h", ".cc"))}
    own = {name: includes.INCLUDE.findall(text) for name, text in texts.items()}
    of_others = {name: re.findall(r"^#include <([^>]+)>", text, re.MULTILINE) for name, text in texts.items()}
    wrong = [f"cmake/precompiled.cmake: <{header}> is not in the table of this rule"
             for header in re.findall(r"<([^>]+)>", tree.files.get("cmake/precompiled.cmake", ""))
             if not any(header.startswith(of_table) for of_table in NAMED)]
    for name, text in texts.items():
        code = re.sub(r"//.*|\"(?:[^\"\\\n]|\\.)*\"", "", text)
        found = {header for file in (name, *includes.reached(name, own.get)) for header in of_others[file]}
        wrong += [f"{name}: names what <{header}> has, and nothing that it includes has it" for header, pattern in NAMED.items()
                  if re.search(pattern, code, re.MULTILINE) and not any(have.startswith(header) for have in found)]
    return wrong


def check_headers(tree):
    wrong = []
    for name, text in tree.sources(".h").items():
        if not text.startswith("#pragma once\n//"):
            wrong.append(f"{name}: opens with `#pragma once` and a paragraph of what it is for")
    return wrong


def check_words(tree):
    wrong = []
    for name, text in tree.files.items():
        if name.startswith("tests/tidy/") or name.startswith("tests/jsonata/"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"\bFIXME\b|\bTODO\b(?!\(#\d+\))", line):
                wrong.append(f"{name}:{number}: a leftover mark; do it, or name its issue as TODO(#7)")
            if re.search(r"(?<![\w.$])/(work|root)/", line):
                wrong.append(f"{name}:{number}: a path of one machine")
    return wrong


def check_dead_files(tree):
    lists = "\n".join(t for n, t in tree.files.items() if n.endswith("CMakeLists.txt"))
    dead = [n for n in tree.sources(".cc") if "/".join(n.split("/")[2:]) not in lists]
    # A test that no entry of ctest runs.
    dead += [n for n, text in tree.files.items() if re.fullmatch(r"tests/e2e/\w+\.py", n) and "unittest.main(" in text
             and not re.search(rf"\b{pathlib.PurePosixPath(n).stem}\b", lists)]
    return [f"{n}: named in no CMakeLists.txt" for n in dead]


def check_docs(tree):
    wrong, linked = [], set()
    for name, text in tree.files.items():
        if not name.endswith(".md"):
            continue
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        titles = [line for line in prose.split("\n") if line.startswith("# ")]
        if len(titles) != 1:
            wrong.append(f"{name}: {len(titles)} titles, one is right")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
            path = (pathlib.PurePosixPath(name).parent / target).as_posix()
            parts = []
            for part in path.split("/"):
                if part == "..":
                    parts.pop()
                elif part != ".":
                    parts.append(part)
            flat = "/".join(parts)
            linked.add(flat)
            if flat not in tree.names and flat.rstrip("/") not in tree.folders:
                wrong.append(f"{name}: link to `{target}`, which is not there")
    # Error pages are found by their code.
    pages = {name for name in tree.files if re.fullmatch(r"docs/(?!errors/).*\.md", name)}
    return wrong + [f"{name}: no page links to it" for name in sorted(pages - linked)]


def check_paths(tree):
    """What Markdown names in back-ticks is there; capitals and angle brackets are placeholders."""
    wrong = []
    for name, text in tree.files.items():
        if not name.endswith(".md"):
            continue
        for word in re.findall(r"(?<![\w./])(?:src|tests|tools|docs)/[^\s`]+", " ".join(re.findall(r"`([^`]+)`", text))):
            path = word.rstrip("/.,;:)")
            if re.search(r"[A-Z<>…]", path) or path in tree.folders or fnmatch.filter(tree.names, path):
                continue
            wrong.append(f"{name}: names `{path}`, which is not there")
    return wrong


def check_error_codes(tree):
    table = [row["code"] for row in json.loads(tree.files.get("contracts/error_codes.json", "[]"))]
    wrong = []
    if table != sorted(set(table)):
        wrong.append("contracts/error_codes.json: not sorted, or a code stands twice")
    used = set()
    for name, text in tree.sources().items():
        if name.endswith("_test.cc"):
            continue
        used |= set(re.findall(r'make_error\(\s*[\w:]+,\s*"([A-Z][A-Z0-9_]+)"', text))
        used |= set(re.findall(r'report\.(?:error|warning)\([^;]*?"([A-Z][A-Z0-9_]+)"', text))
    for code in sorted(used - set(table)):
        if not re.fullmatch(r"[A-Z]\d{4}", code):
            wrong.append(f"{code}: used in src, missing in contracts/error_codes.json")
    pages = {name.split("/")[-1][:-3] for name in tree.files if name.startswith("docs/errors/")}
    wrong += [f"{code}: has no page docs/errors/{code}.md" for code in sorted(set(table) - pages)]
    wrong += [f"docs/errors/{code}.md: no such code in contracts/error_codes.json" for code in sorted(pages - set(table))]
    return wrong


def needed(name, text):
    """The names of what a list asks of a registry; nothing for other files."""
    file = name.split("/")[-1]
    if re.fullmatch(r"tools/packages/.*\.txt", name) or file == "requirements.txt":
        return re.findall(r"^([A-Za-z0-9][\w.+-]*)", text, flags=re.MULTILINE)
    if file == "package.json":
        package = json.loads(text)
        return [*package.get("dependencies", {}), *package.get("devDependencies", {})]
    if file == "Cargo.toml":
        return list(tomllib.loads(text).get("dependencies", {}))
    return []


def check_dependencies(tree):
    """Each name stands in the first column of a row of DEPENDENCIES.md whose last one says why."""
    rows = [line.strip("|").split("|") for line in tree.files.get("DEPENDENCIES.md", "").split("\n") if line.startswith("| ")]
    reasoned = {word.lower() for row in rows if row[-1].strip() for word in re.findall(r"`([^`]+)`", row[0])}
    return [f"{name}: `{what}` stands in DEPENDENCIES.md with no reason"
            for name, text in tree.files.items() for what in needed(name, text) if what.lower() not in reasoned]


RULES = {"layers": check_layers, "border": check_border, "determinism": check_determinism, "sizes": check_sizes, "python": check_python_sizes,
         "headers": check_headers, "includes": check_includes, "words": check_words, "dead": check_dead_files, "docs": check_docs, "paths": check_paths,
         "codes": check_error_codes, "dependencies": check_dependencies}


def main():
    only = sys.argv[2].split(",") if len(sys.argv) > 2 and sys.argv[1] == "--only" else list(RULES)
    tree = Tree.of_repository()
    complaints = [line for name in only for line in RULES[name](tree)]
    print("\n".join(complaints) if complaints else f"tidy: {len(tree.files)} files, no complaint")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
