"""clang-tidy 16 over the product's C++ files (tests of units left out), or over the files named: clang_tidy.py [FILES].

A file that was clean is looked at again only when it, a header of ours that it reaches, its compile command, or .clang-tidy
has changed: what was clean is remembered in FERMATA_CACHE/tidy. Needs build/dev/compile_commands.json.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("FERMATA_CACHE", pathlib.Path.home() / ".cache/fermata")) / "tidy"
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
# GCC's own warnings mean nothing to clang.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option"]


def reached(path, seen):
    """Adds to `seen` our files that `path` includes, over any number of others."""
    for name in INCLUDE.findall(path.read_text()):
        for folder in (ROOT / "src", path.parent):
            header = folder / name
            if header.is_file() and header not in seen:
                seen.add(header)
                reached(header, seen)
                break
    return seen


def stamp_of(path, command):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + command.encode())
    for file in [path, *sorted(reached(path, set()))]:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return CACHE / digest.hexdigest()


def check(path, stamp):
    done = subprocess.run(["clang-tidy-16", "-p", "build/dev", "--quiet", *EXTRA, str(path)], cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode == 0:
        stamp.touch()
        return ""
    return done.stdout + done.stderr


def main(names):
    CACHE.mkdir(parents=True, exist_ok=True)
    units = {}
    for entry in json.loads((ROOT / "build/dev/compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT / "src") and not path.name.endswith("_test.cc"):
            units[path] = entry["command"].replace(str(ROOT), "")
    wanted = [(ROOT / name).resolve() for name in names] or sorted(units)
    for path in wanted:
        if path not in units:
            sys.exit(f"clang-tidy: {path} is not a C++ file of the product")
    work = [(path, stamp) for path in wanted if not (stamp := stamp_of(path, units[path])).exists()]
    print(f"clang-tidy: {len(wanted) - len(work)} of {len(wanted)} files unchanged since they were clean", flush=True)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for at, said in enumerate(pool.map(lambda pair: check(*pair), work), 1):
            if said:
                bad += 1
                print(said, flush=True)
            if at % 20 == 0 or at == len(work):
                print(f"clang-tidy: {at} of {len(work)}, {bad} with findings", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
