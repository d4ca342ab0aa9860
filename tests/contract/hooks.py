"""What schemathesis cannot make up: names of things that are there. Loaded by SCHEMATHESIS_HOOKS.

Most calls get a parameter that names something real, so that answers are seen and not only 404; calls that delete get none.
"""

import hashlib
import json
import os

import schemathesis

# {"/api/v1/runs/{id}": {"id": ["…"]}}: the longest prefix of the path counts.
KNOWN = json.loads(os.environ["FERMATA_CONTRACT_KNOWN"])


@schemathesis.hook
def before_call(context, case, kwargs):
    # It ends after its first message only when that is asked for.
    if case.operation.path == "/api/v1/stream" and isinstance(case.query, dict) and case.query.get("once", False) in (False, "false"):
        case.query["once"] = "true"
    if case.method.upper() == "DELETE" or not case.path_parameters:
        return
    prefix = max((p for p in KNOWN if case.operation.path.startswith(p)), key=len, default=None)
    if prefix is None:
        return
    # Decided by what was generated: the same seed gives the same calls.
    digest = hashlib.sha256(repr((case.operation.label, case.path_parameters, case.query, case.body)).encode()).digest()
    # A stream ends only with its run.
    if digest[0] % 4 == 0 and not case.operation.path.endswith("/stream"):
        return
    for name, values in KNOWN[prefix].items():
        if name in case.path_parameters:
            case.path_parameters[name] = values[digest[1] % len(values)]
