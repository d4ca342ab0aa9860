"""Temporal's protobuf messages as one C++ library: python3 protobuf.py PROTOS INTO

Takes what the roots below import, renames the package `temporal.api.namespace` (a C++ keyword; the wire format does not
change), generates C++, and compiles it without sanitizers, so that every build preset links the same library.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

INCLUDE = ["local", "api_upstream", "."]
ROOTS = [
    "temporal/sdk/core/core_interface.proto",
    "temporal/api/workflowservice/v1/request_response.proto",
    "temporal/api/operatorservice/v1/request_response.proto",
    "temporal/api/errordetails/v1/message.proto",
    "temporal/api/history/v1/message.proto",
    "google/rpc/status.proto",
]
IMPORT = re.compile(r'^import\s+(?:public\s+)?"([^"]+)"', re.MULTILINE)


def find(protos, name):
    for root in INCLUDE:
        path = protos / root / name
        if path.exists():
            return path
    return None


def closure(protos):
    """Every file that the roots need; Google's own come with the protobuf library."""
    seen, todo = {}, list(ROOTS)
    while todo:
        name = todo.pop()
        if name in seen or name.startswith("google/protobuf/"):
            continue
        path = find(protos, name)
        if path is None:
            sys.exit(f"{name} is imported but not there")
        seen[name] = path.read_text(encoding="utf-8")
        todo += IMPORT.findall(seen[name])
    return seen


def main():
    protos, into = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    source, generated, objects = into / "proto", into / "include", into / "objects"
    for folder in (source, generated, objects, into / "lib"):
        folder.mkdir(parents=True, exist_ok=True)
    files = closure(protos)
    for name, text in files.items():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("temporal.api.namespace.v1", "temporal.api.namespace_.v1"), encoding="utf-8")
    subprocess.run(["protoc", f"-I{source}", f"--cpp_out={generated}", *sorted(files)], check=True)

    launcher = ["ccache"] if shutil.which("ccache") else []

    def compile_one(name):
        cc = generated / name.replace(".proto", ".pb.cc")
        out = objects / (name.replace("/", "_") + ".o")
        print(f"compiling {name}", flush=True)
        subprocess.run([*launcher, "g++", "-std=c++20", "-O1", "-fPIC", "-w", f"-I{generated}", "-c", str(cc), "-o", str(out)],
                       check=True)
        return str(out)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        made = list(pool.map(compile_one, sorted(files)))
    subprocess.run(["ar", "rcs", str(into / "lib" / "libfermata_protobuf.a"), *made], check=True)
    shutil.rmtree(objects)


if __name__ == "__main__":
    main()
