"""clang-tidy 16 over the product's C++ files (tests of units left out), or over the files named: clang_tidy.py [FILES].

Nearly all of its time goes into the headers that a file includes, so files of one library are looked at together: a file that
includes a dozen of them costs little more than one. Two that give the same name to something of their own are kept apart.

A file that was clean is looked at again only when it, a header of ours that it reaches, its compile command, or .clang-tidy
has changed: what was clean is remembered in FERMATA_CACHE/tidy. Needs build/dev/compile_commands.json.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import includes

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("FERMATA_CACHE", pathlib.Path.home() / ".cache/fermata")) / "tidy"
UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
# What begins a line of an unnamed namespace and is declared there: a type, a function, a constant.
OWN_NAME = re.compile(r"^(?:struct|class|enum class) (\w+)|^(?=\w)(?:[\w:<>,&* ]+[ &*])?(\w+)(?:\(|\[| = |\{|;)", re.MULTILINE)
TOGETHER_MAX = 12
# One file that includes others is our doing.
TOGETHER = ["--checks=-bugprone-suspicious-include"]
# GCC's own warnings mean nothing to clang.
EXTRA = ["-Wno-unknown-warning-option"]


@functools.cache
def includes_of(name):
    path = ROOT / name
    return includes.INCLUDE.findall(path.read_text()) if path.is_file() else None


def stamp_of(path, command):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + command.encode())
    name = path.relative_to(ROOT).as_posix()
    for file in [name, *sorted(includes.reached(name, includes_of))]:
        digest.update(file.encode() + b"\0" + (ROOT / file).read_bytes())
    return CACHE / digest.hexdigest()


def own_names(path):
    """The names that stand for something in this file only."""
    text = "\n".join(UNNAMED.findall(path.read_text()))
    return {name for names in OWN_NAME.findall(text) for name in names if name}


def flags_of(command):
    """A compile command without the compiler, its launcher, what it reads and what it writes; precompiled headers are GCC's."""
    words = command.split()
    words = words[next(i for i, word in enumerate(words) if word.startswith("-")):]
    left_out = ("-o", "-c", "-include")
    return [word for i, word in enumerate(words)
            if word not in left_out and words[i - 1] not in left_out and word != "-Winvalid-pch"]


def groups(paths, units):
    """Lists of files with equal flags and no name of their own in common, TOGETHER_MAX at most."""
    made = []
    for path in paths:
        key, names = (path.parent, flags_of(units[path])), own_names(path)
        for other in made:
            if other["key"] == key and len(other["paths"]) < TOGETHER_MAX and not names & other["names"]:
                break
        else:
            other = {"key": key, "names": set(), "paths": []}
            made.append(other)
        other["names"] |= names
        other["paths"].append(path)
    return [(group["paths"], group["key"][1]) for group in made]


def check(paths, flags):
    """Pairs (files, what clang-tidy says of them) of those with findings: all together, or each alone if they do not compile so."""
    with tempfile.TemporaryDirectory(prefix="tidy-") as folder:
        at = paths[0]
        if len(paths) > 1:
            at = pathlib.Path(folder) / "together.cc"
            at.write_text("".join(f'#include "{path}"\n' for path in paths))
        # The whole path in a finding of a header is what the filter of .clang-tidy looks at.
        done = subprocess.run(["clang-tidy-16", "--quiet", *TOGETHER, f"--config-file={ROOT / '.clang-tidy'}", str(at), "--", "-xc++", *EXTRA, *flags],
                              cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode == 0:
        return []
    if len(paths) > 1 and "clang-diagnostic-error" in done.stdout:
        return [found for path in paths for found in check([path], flags)]
    return [(paths, done.stdout)]


def main(names):
    CACHE.mkdir(parents=True, exist_ok=True)
    units = {}
    for entry in json.loads((ROOT / "build/dev/compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT / "src") and not path.name.endswith("_test.cc"):
            units[path] = entry["command"]
    wanted = [(ROOT / name).resolve() for name in names] or sorted(units)
    for path in wanted:
        if path not in units:
            sys.exit(f"clang-tidy: {path} is not a C++ file of the product")
    stamps = {path: stamp_of(path, units[path].replace(str(ROOT), "")) for path in wanted}
    work = groups([path for path in wanted if not stamps[path].exists()], units)
    count = sum(len(paths) for paths, _ in work)
    print(f"clang-tidy: {len(wanted) - count} of {len(wanted)} files unchanged since they were clean", flush=True)
    seen = bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (paths, _), found in zip(work, pool.map(lambda group: check(*group), work)):
            for path in set(paths) - {path for bad_paths, _ in found for path in bad_paths}:
                stamps[path].touch()
            for _, said in found:
                print(said, flush=True)
            seen, bad = seen + len(paths), bad + len(found)
            print(f"clang-tidy: {seen} of {count} files, findings in {bad} groups of them", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
