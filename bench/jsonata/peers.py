"""The engines that ours is measured against: how each is installed, pinned, outside the tree, and started.

A peer's folder in the cache is keyed by the files that pin it, so that a new version is a new folder. `command(peer)` gives
the command that measures it, or raises Absent with what is missing on this machine.
"""

import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent / "peers"
CACHE = pathlib.Path(os.environ.get("FERMATA_CACHE", pathlib.Path.home() / ".cache/fermata")) / "jsonata-peers"


class Absent(Exception):
    """This machine cannot run the peer; the text says why."""


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    is_interpreter: bool  # must be slower than ours in every case; a compiler to machine or byte code only in the mean
    prepare: object


def run(command, why, **options):
    print(f"peers: {' '.join(map(str, command))}", file=sys.stderr)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        last = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-6:]
        raise Absent(why + ": " + " / ".join(line.strip() for line in last)[:400])
    return done.stdout


def need(program, what):
    if shutil.which(program) is None:
        raise Absent(f"`{program}` is not on this machine: {what}")
    return program


def folder_of(name, files):
    """The peer's folder, and whether it was finished before."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]
    folder = CACHE / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder, (folder / "finished").exists()


def official(_name):
    need("node", "install Node 20")
    need("npm", "install Node 20")
    modules = run([ROOT / "tools/fetch_jsonata.sh"], "npm does not install the official engine").strip().splitlines()[-1]
    return ["node", HERE / "node/official.mjs", modules]


def python(name):
    folder, finished = folder_of("python", [HERE / "python/requirements.txt"])
    if not finished:
        run([sys.executable, "-m", "venv", "--clear", folder], "no virtual environment can be made")
        run([folder / "bin/python", "-m", "pip", "install", "--quiet", "-r", HERE / "python/requirements.txt"],
            "pip does not install the peers")
        (folder / "finished").touch()
    return [folder / "bin/python", HERE / "python/peers.py", name]


def rust(name):
    need("cargo", "install Rust by rustup")
    source = HERE / "rust"
    folder, finished = folder_of(name, [source / "Cargo.toml", source / "Cargo.lock", source / "src/main.rs"])
    if not finished:
        run(["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", source / "Cargo.toml", "--target-dir", folder],
            "cargo does not build it")
        (folder / "finished").touch()
    return [folder / "release/peers"]


def go(name):
    need("go", "install Go 1.25 or newer")
    source = HERE / "go"
    folder, finished = folder_of(name, [source / "go.mod", source / "go.sum", source / "main.go"])
    if not finished:
        run(["go", "build", "-mod=readonly", "-o", folder / "peers", "."], "go does not build it", cwd=source)
        (folder / "finished").touch()
    return [folder / "peers"]


def java_home():
    """The newest JDK: $JAVA_HOME, that of `javac`, and those of the system. Gives its folder and its major version."""
    homes = [pathlib.Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    if shutil.which("javac"):
        homes.append(pathlib.Path(os.path.realpath(shutil.which("javac"))).parents[1])
    homes += sorted(pathlib.Path("/usr/lib/jvm").glob("*"))
    found = []
    for home in homes:
        if not (home / "bin/javac").exists():
            continue
        told = subprocess.run([home / "bin/javac", "-version"], capture_output=True, text=True, check=False)
        match = re.search(r"javac (\d+)", told.stdout + told.stderr)
        if match:
            found.append((int(match.group(1)), home))
    if not found:
        raise Absent("no JDK is on this machine: install one of Java 21 or newer")
    return max(found)


def java(main, version_min):
    def prepare(name):
        version, home = java_home()
        if version < version_min:
            raise Absent(f"it needs Java {version_min}, and the newest JDK here is {version}")
        need("mvn", "install Maven")
        source = HERE / "java"
        sources = [source / "Bench.java", source / f"{main}.java"]
        folder, finished = folder_of(name, [source / f"{name}.xml", *sources])
        if not finished:
            environment = {**os.environ, "JAVA_HOME": str(home)}
            run(["mvn", "-q", "-B", "-f", source / f"{name}.xml", "dependency:copy-dependencies", f"-DoutputDirectory={folder}/lib"],
                "Maven does not find it", env=environment)
            run([home / "bin/javac", "-cp", f"{folder}/lib/*", "-d", folder / "classes", *sources], "javac does not compile its runner")
            (folder / "finished").touch()
        return [home / "bin/java", "-Xmx4g", "-cp", f"{folder}/classes:{folder}/lib/*", main]

    return prepare


PEERS = [
    Peer("official", True, official),
    Peer("jvm-compiler", False, java("JvmCompiler", 21)),
    Peer("jsonatapy", True, python),
    Peer("jlens", True, python),
    Peer("jsonata-core", True, rust),
    Peer("gnata", True, go),
    Peer("dashjoin", True, java("Dashjoin", 17)),
]
