"""Runs the examples of a reference page: python3 tests/docs/run_examples.py FERMATA PAGE…

A code block after `<!-- file: NAME -->` is written to NAME; then every line of the `sh` blocks is run, in a copy of
`examples/` beside these files. A line that does not exit with 0 fails the page.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_page(program, page, folder):
    text = page.read_text(encoding="utf-8")
    for name, block in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, flags=re.DOTALL):
        (folder / name).write_text(block, encoding="utf-8")
    failed = ran = 0
    environment = dict(os.environ, PATH=f"{program.parent}:{os.environ['PATH']}")
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL):
        for line in filter(None, block.split("\n")):
            done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
            ran += 1
            if done.returncode != 0:
                failed += 1
                print(f"{page.name}: `{line}` exits with {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"{page.name}: {ran} commands, {failed} failed")
    return failed if ran else 1


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    failed = 0
    for page in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(ROOT / "examples", folder / "examples")
            failed += run_page(program, ROOT / page, folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
