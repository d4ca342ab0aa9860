"""The typed client of the studio: client.py PROGRAM. It is made of the contract that is there, it compiles, and it works."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
sys.path.insert(0, str(ROOT / "tools"))
os.environ["FERMATA_PROGRAM"] = sys.argv[1]
import harness  # noqa: E402


def tool(name, *arguments, **options):
    return subprocess.run([WEB / "node_modules/.bin" / name, *arguments], cwd=WEB, check=True, **options)


def main():
    subprocess.run([ROOT / "tools/fetch_web.sh"], check=True)
    with tempfile.TemporaryDirectory(dir=WEB, prefix=".check-") as folder:
        made = pathlib.Path(folder) / "schema.d.ts"
        tool("openapi-typescript", ROOT / "contracts/openapi.json", "--output", made, stdout=subprocess.DEVNULL)
        if made.read_text() != (WEB / "src/api/schema.d.ts").read_text():
            sys.exit("web/src/api/schema.d.ts is not of this contract: run `npm run api` in web/")
        tool("tsc", "--outDir", folder)
        with harness.Stack() as stack:
            env = dict(os.environ, FERMATA_SERVER=stack.api, FERMATA_TOKEN=stack.token)
            subprocess.run(["node", "--test", str(pathlib.Path(folder) / "api/client.test.js")], cwd=WEB, env=env, check=True,
                           timeout=harness.PATIENCE_S)


if __name__ == "__main__":
    main()
