"""Which lines of each library the tests have reached: coverage.py BUILD [LIBRARY…]

Prints layer, library, lines, lines reached and their share, separated by tabs; for the libraries that are named also the
lines that nothing reached. BUILD is a build folder of the preset `coverage` in which tests have run.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What is told of is the product's; with ccache names begin at the build folder, else at the root.
SOURCE = re.compile(r"(?:\.\./)*(src/(?!(?:.*/)?test_)(?!.*_test\.cc$).*)")


def read_notes(notes):
    """{file: {line: count}} of one object: as often as it was reached, 0 when it never ran."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", notes.name], cwd=notes.parent, check=True, text=True, capture_output=True)
    files = collections.defaultdict(collections.Counter)
    for line in filter(None, done.stdout.split("\n")):
        for file in json.loads(line)["files"]:
            source = SOURCE.fullmatch(os.path.normpath(file["file"]))
            if source:
                for row in file["lines"]:
                    files[source[1]][row["line_number"]] += row["count"]
    return files


def read_all(build):
    """{file: {line: count}} over all objects: what a header has runs in many."""
    files = collections.defaultdict(collections.Counter)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(read_notes, sorted(build.rglob("*.gcno"))):
            for name, lines in found.items():
                files[name].update(lines)
    return files


def library_of(name):
    return name.split("/")[1]


def layers():
    heads = (re.search(r"NAME (\w+) LAYER (\d+)", path.read_text()) for path in (ROOT / "src").glob("*/CMakeLists.txt"))
    return {head[1]: int(head[2]) for head in heads if head}


def print_unreached(files, library):
    for name, lines in sorted(files.items()):
        unreached = sorted(number for number, count in lines.items() if count == 0)
        if library_of(name) == library and unreached:
            print(f"{name}\t{','.join(map(str, unreached))}")


def main():
    files = read_all(pathlib.Path(sys.argv[1]).resolve())
    if not files:
        sys.exit(f"coverage: nothing in {sys.argv[1]} is built for it")
    lines, reached = collections.Counter(), collections.Counter()
    for name, counts in files.items():
        lines[library_of(name)] += len(counts)
        reached[library_of(name)] += sum(count > 0 for count in counts.values())
    print("layer\tlibrary\tlines\treached\tpercent")
    for library, layer in sorted(layers().items(), key=lambda pair: pair[::-1]):
        if lines[library]:
            print(f"{layer}\t{library}\t{lines[library]}\t{reached[library]}\t{100 * reached[library] / lines[library]:.1f}")
    for library in sys.argv[2:]:
        print_unreached(files, library)


if __name__ == "__main__":
    main()
