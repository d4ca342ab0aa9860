"""Who may see and do what: access.py PROGRAM [unittest options].

The routes come from the contract, which another test holds equal to the server's own table, so that a new one cannot be forgotten:
a parameter that this file names no value for fails the suite.
"""

import base64
import concurrent.futures
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import warnings
from unittest import mock

import run as parts
from run import action, assign, definition, event_wait, expr, harness

MARK = "for-the-home-tenant-only"
ABSENT = "0190a0a0-0000-7000-8000-00000000dead"

# One body for every route: each takes what it knows.
BODY = {"reason": "a try", "payload": {"n": 1}, "response": {"ok": True}, "by": "", "source": "1", "value": {"n": 1}, "definition": {},
        "eventName": "strange.happened", "secret": {"$secret": "STRANGE"}, "type": "object", "name": "strange", "role": "viewer",
        "days": ["2027-01-01"], "path": "root", "offset": 0, "description": "strange"}
# Where that does not do.
BODIES = {"PUT /api/v1/secrets/{name}": {"value": "strange", "description": "strange"},
          "PUT /api/v1/calendars/{name}": {"holidays": ["2027-01-01"]},
          "PUT /api/v1/payload-schemas/{ref}": {"type": "object"},
          "PUT /api/v1/event-types/{name}": {"payloadSchemaRef": "payload.Any.v1"},
          "PUT /api/v1/workflows/{id}/settings": {"paused": True},
          "PUT /api/v1/run-views/{name}": {"query": {"search": "strange"}},
          "PUT /api/v1/retention": {"runsDays": 1},
          "POST /api/v1/events/batch": {"events": [{"eventName": "strange.happened", "payload": {}}]}}
# These answer by the clock.
MOVING = {"GET /api/v1/runs/{id}/diagnosis", "GET /api/v1/runs/{id}/timeline", "GET /api/v1/clocks/preview", "GET /api/v1/bundle", "GET /metrics"}
# This one answers for as long as the run goes on.
ENDLESS = {"GET /api/v1/runs/{id}/stream", "GET /api/v1/stream"}


class Tenants:
    """Two tenants of one server, on each database: neither sees or changes what is the other's, by any route."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = cls.stack
        home.call("PUT", "/api/v1/payload-schemas/payload.Marked.v1", {"type": "object", "description": MARK})
        home.call("PUT", "/api/v1/event-types/marked.happened", {"payloadSchemaRef": "payload.Marked.v1"})
        home.call("PUT", "/api/v1/calendars/marked-days", {"holidays": ["2027-05-01"]})
        home.call("PUT", "/api/v1/store/marked/key", {"value": MARK})
        home.call("PUT", "/api/v1/secrets/MARKED", {"value": MARK, "description": MARK})
        home.call("PUT", "/api/v1/webhooks/marked", {"eventName": "marked.happened", "secret": {"$secret": "MARKED"}})
        home.publish_definition(definition("marked", [
            assign("note", kept="payload.mark"),
            {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr("payload.mark")}}], description=MARK))
        home.publish_definition(definition("marked-wait", [event_wait("w", "marked.happened", '"marked-key"')]))
        run = home.launch("marked", {"mark": MARK})
        waiting = home.launch("marked-wait", {"mark": MARK})
        event = home.call("POST", "/api/v1/events", {"eventName": "marked.seen", "payload": {"mark": MARK}, "correlationKey": "marked-key"})
        cls.sql(cls, "INSERT INTO workflow_dead_letters (tenant, letter_id, source, fields, code, message, created_at)"
                f" VALUES ('default', 'marked-letter', 'redis', '{{}}', 'JSON_INVALID', '{MARK}', 1)")
        cls.key = home.call("POST", "/api/v1/api-keys", {"name": MARK, "role": "admin"})
        cls.home_admin = harness.Api(home.api, cls.key["key"], home.data)
        made = home.call("POST", "/api/v1/api-keys", {"name": "strange admin", "role": "admin", "tenant": "strange"})
        cls.strange = harness.Api(home.api, made["key"], home.data)
        for one in (run, waiting):
            cls.until_waiting(one)
        cls.home_admin.call("PUT", "/api/v1/run-views/marked-view", {"query": {"search": MARK}, "shared": True})
        job = home.call("POST", "/api/v1/bulk-jobs", {"action": "pause", "runIds": ["marked-nobody"], "reason": MARK})["jobId"]
        deadline = time.monotonic() + harness.PATIENCE_S
        while home.call("GET", f"/api/v1/bulk-jobs/{job}")["state"] != "DONE":
            if time.monotonic() > deadline:
                raise TimeoutError(f"bulk job {job} does not end")
            time.sleep(0.02)
        task = home.call("GET", f"/api/v1/tasks?runId={run}")["items"][0]["taskId"]
        cls.waiting = waiting
        wait = home.run(waiting)["currentWait"]["waitId"]
        cls.own = {"runs": {"id": run}, "workflows": {"id": "marked", "version": "1"}, "events": {"id": event["eventId"]},
                   "tasks": {"id": task}, "waits": {"id": wait}, "dead-letters": {"id": "marked-letter"}, "webhooks": {"name": "marked"},
                   "calendars": {"name": "marked-days"}, "payload-schemas": {"ref": "payload.Marked.v1"},
                   "event-types": {"name": "marked.happened"}, "store": {"space": "marked", "key": "key"}, "secrets": {"name": "MARKED"},
                   "api-keys": {"id": cls.key["keyId"]}, "bulk-jobs": {"id": job}, "run-views": {"name": "marked-view"}}
        cls.ids = {run, waiting, wait, event["eventId"], task, cls.key["keyId"], "marked-letter", job}
        paths = json.loads((parts.ROOT / "contracts/openapi.json").read_text())["paths"]
        cls.routes = [(method.upper(), path) for path, methods in paths.items() for method, said in methods.items() if "x-role" in said]

    @classmethod
    def until_waiting(cls, run):
        deadline = time.monotonic() + harness.PATIENCE_S
        while cls.stack.run(run)["status"] != "WAITING":
            if time.monotonic() > deadline:
                raise TimeoutError(f"run {run} does not come to its wait")
            time.sleep(0.02)

    def path_of(self, pattern, absent=False):
        """The pattern with the home tenant's names in it, or with names of nothing."""
        segments = pattern.split("/")
        own = self.own.get("".join(segments[3:4]), {})
        for i, segment in enumerate(segments):
            if segment.startswith("{"):
                if segment[1:-1] not in own:
                    self.fail(f"{pattern}: tell this test what `{segment[1:-1]}` the home tenant has (Tenants.own)")
                value = own[segment[1:-1]]
                segments[i] = ("9" if value.isdigit() else "ABSENT" if value.isupper() else ABSENT) if absent else value
        return "/".join(segments)

    def asked(self, caller, method, pattern, absent=False):
        """Status and text of the answer, without what the address named."""
        path = self.path_of(pattern, absent)
        body = None if method in ("GET", "DELETE") else json.dumps(BODIES.get(f"{method} {pattern}", BODY)).encode()
        request = urllib.request.Request(caller.api + path, method=method, data=body, headers={
            "Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=harness.PATIENCE_S) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        for segment in path.split("/")[4:]:
            text = text.replace(segment, "…")
        return status, text

    def seen_at_home(self):
        """Every answer that the home tenant can look at."""
        return {f"{method} {pattern}": self.asked(self.home_admin, method, pattern) for method, pattern in self.routes
                if method == "GET" and f"{method} {pattern}" not in MOVING | ENDLESS}

    def test_no_route_shows_or_changes_what_is_another_tenants(self):
        self.assertGreater(len(self.routes), 60)
        self.seen_at_home()  # notes the use of its key
        before = self.seen_at_home()
        marked = [route for route, (status, text) in before.items() if status == 200 and MARK in text]
        self.assertGreater(len(marked), 10, marked)
        # Looks first: later the audit log repeats what the stranger asked for.
        for method, pattern in sorted(self.routes, key=lambda route: (route[0] != "GET" or "{" in route[1])):
            with self.subTest(route=f"{method} {pattern}"):
                status, text = self.asked(self.strange, method, pattern)
                self.assertNotIn(MARK, text)
                for one in self.ids:
                    self.assertNotIn(one, text)
                self.assertLess(status, 500, text)
                if "{" in pattern:
                    # What is another's is not there: no answer differs from that to a name of nothing.
                    nothing, said = self.asked(self.strange, method, pattern, absent=True)
                    self.assertEqual(status, nothing, (text, said))
                    if status >= 400:
                        self.assertEqual(json.loads(text)["code"], json.loads(said)["code"])
        after = self.seen_at_home()
        for route, answer in before.items():
            self.assertEqual(after[route], answer, route)

    def test_the_other_tenants_event_of_the_same_name_and_key_wakes_nobody(self):
        sent = self.strange.call("POST", "/api/v1/events", {"eventName": "marked.happened", "payload": {}, "correlationKey": "marked-key"})
        self.assertEqual(sent["deliveries"], [])
        self.assertEqual(self.stack.run(self.waiting)["status"], "WAITING")

    def test_the_other_tenant_has_workflows_runs_and_pairs_of_its_own(self):
        self.strange.publish_definition(definition("marked", [
            assign("a", n="payload.n"), action("keep", "store.set", {"space": "marked", "key": "key", "value": expr("payload.n")})]))
        # The test of all routes may have paused it: its own, not ours.
        self.strange.call("PUT", "/api/v1/workflows/marked/settings", {"paused": False})
        run = self.strange.launch("marked", {"n": 7})
        self.assertEqual(self.strange.wait(run)["output"]["vars"]["n"], 7)
        self.assertEqual(self.strange.call("GET", "/api/v1/store/marked/key")["value"], 7)
        self.assertEqual(self.stack.call("GET", "/api/v1/store/marked/key")["value"], MARK)
        self.assertEqual([row["runId"] for row in self.strange.call("GET", "/api/v1/runs?workflowId=marked")["items"]], [run])
        self.assertNotIn(run, json.dumps(self.stack.call("GET", "/api/v1/runs")))
        type(self).launched += 1

    def test_an_admin_makes_keys_for_the_own_tenant_only(self):
        for tenant, caller in (("strange", self.home_admin), ("default", self.strange)):
            with self.assertRaises(harness.Refused) as refusal:
                caller.call("POST", "/api/v1/api-keys", {"name": "n", "role": "viewer", "tenant": tenant})
            self.assertEqual((refusal.exception.status, refusal.exception.problem["code"]), (403, "TENANT_FORBIDDEN"))

    def test_who_acts_on_a_task_is_who_calls(self):
        task = f"/api/v1/tasks/{self.own['tasks']['id']}"
        ada, bob = (harness.Api(self.stack.api, self.stack.call("POST", "/api/v1/api-keys", {"name": name, "role": "operator"})["key"], self.stack.data)
                    for name in ("ada", "bob"))
        self.assertEqual(ada.call("POST", task + "/claim", {})["claimedBy"], "ada")
        for verb, body, code in (("claim", {"by": "ada"}, "TASK_ACTOR"), ("claim", {}, "TASK_CLAIMED"), ("release", {}, "TASK_CLAIMED"),
                                 ("answer", {"by": "ada", "response": {}}, "TASK_ACTOR"), ("answer", {"response": {}}, "TASK_CLAIMED"),
                                 ("answer", {"response": {}, "adminOverride": True}, "TASK_ACTOR")):
            with self.assertRaises(harness.Refused) as refusal:
                bob.call("POST", f"{task}/{verb}", body)
            self.assertEqual(refusal.exception.problem["code"], code, (verb, body))
        # An admin takes it away, gives it to somebody, and takes it away again.
        self.assertIsNone(self.home_admin.call("POST", task + "/release", {})["claimedBy"])
        self.assertEqual(self.home_admin.call("POST", task + "/claim", {"by": "bob"})["claimedBy"], "bob")
        self.assertIsNone(bob.call("POST", task + "/release", {})["claimedBy"])


def certificate(folder):
    """A certificate for this machine, signed by itself; gives both files."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


class Front(unittest.TestCase):
    """What stands between callers and routes: TLS, headers, rates."""

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.addClassCleanup(cls.exits.close)
        folder = pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory()))
        cls.cert, cls.key = certificate(folder)
        cls.other_cert, _ = certificate(pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory())))
        cls.stack = cls.exits.enter_context(harness.Stack("--tls-cert", str(cls.cert), "--tls-key", str(cls.key), "--rate", "50", "--rate-burst", "60"))

    def ask(self, path, token=None, body=None, trusted=None):
        request = urllib.request.Request(self.stack.api + path, data=body, headers={"Authorization": f"Bearer {token or self.stack.token}"})
        context = ssl.create_default_context(cafile=trusted or self.cert)
        try:
            with urllib.request.urlopen(request, timeout=harness.PATIENCE_S, context=context) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def cli(self, *arguments, **env):
        return subprocess.run([harness.program(), *arguments, "--data", self.stack.data], text=True, capture_output=True, check=False,
                              timeout=harness.PATIENCE_S, env=dict(os.environ, **env))

    def test_the_api_speaks_tls_to_who_trusts_its_certificate(self):
        self.assertTrue(self.stack.api.startswith("https://"))
        self.assertEqual(self.ask("/api/v1/me")[0], 200)
        with self.assertRaises(urllib.error.URLError):
            self.ask("/api/v1/me", trusted=self.other_cert)
        with self.assertRaises((urllib.error.URLError, ConnectionError, http.client.HTTPException)):
            urllib.request.urlopen(self.stack.api.replace("https", "http") + "/healthz", timeout=harness.PATIENCE_S)
        for version, is_taken in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            context = ssl.create_default_context(cafile=self.cert)
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = version
            host, port = self.stack.api.removeprefix("https://").split(":")
            try:
                with socket.create_connection((host, int(port)), timeout=harness.PATIENCE_S) as raw, context.wrap_socket(raw, server_hostname=host):
                    taken = True
            except ssl.SSLError:
                taken = False
            self.assertEqual(taken, is_taken, version)

    def test_a_stream_and_a_large_body_pass_through_tls(self):
        published = self.cli("publish", str(parts.ROOT / "examples/payment-reminder/definition.yaml"), FERMATA_SERVER_CA=str(self.cert))
        self.assertEqual(published.returncode, 0, published.stderr)
        status, _, said = self.ask("/api/v1/definitions/validate", body=json.dumps({"id": "x" * 3_000_000}).encode())
        self.assertEqual(status, 200, said[:200])
        run = json.loads(self.ask("/api/v1/workflows/payment-reminder/runs", body=b'{"payload": {}}')[2])
        status, headers, told = self.ask(f"/api/v1/runs/{run['runId']}/stream")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/event-stream"))
        self.assertIn(b"event: end", told)

    def test_a_renewed_certificate_serves_without_a_restart(self):
        before = self.cert.with_name("before.pem")
        before.write_bytes(self.cert.read_bytes())
        certificate(self.cert.parent)
        self.assertEqual(self.ask("/api/v1/me")[0], 200)
        with self.assertRaises(urllib.error.URLError):
            self.ask("/api/v1/me", trusted=before)
        # Half of a renewal: the certificate before serves on.
        renewed = self.key.read_bytes()
        self.key.write_bytes(b"not yet")
        self.assertEqual(self.ask("/api/v1/me")[0], 200)
        self.key.write_bytes(renewed)
        self.assertEqual(self.ask("/api/v1/me")[0], 200)

    def test_a_webhook_is_limited_as_a_caller_is(self):
        answers = []
        deadline = time.monotonic() + harness.PATIENCE_S
        while not answers or answers[-1][0] == 401:
            self.assertLess(time.monotonic(), deadline)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = sorted(pool.map(lambda _: self.ask("/api/v1/hooks/flooded", body=b"{}"), range(160)), key=lambda answer: answer[0])
        self.assertEqual((answers[0][0], answers[-1][0], answers[-1][1]["Retry-After"]), (401, 429, "1"))
        # Another address has a rate of its own.
        self.assertEqual(self.ask("/api/v1/hooks/quiet", body=b"{}")[0], 401)

    def test_commands_trust_nobody_by_chance(self):
        self.assertIn("HTTP_UNREACHABLE", self.cli("keys", "list").stderr)
        self.assertEqual(self.cli("keys", "list", FERMATA_SERVER_CA=str(self.cert)).returncode, 0)

    def test_every_answer_has_the_headers(self):
        for path, token, status in (("/healthz", None, 200), ("/nothing/here", None, 404), ("/api/v1/me", "wrong", 401), ("/api/v1/me", None, 200),
                                    ("/api/v1/runs/none/stream", None, 404), ("/api/v1/bundle/" + "x" * 70_000, None, 431)):
            got, headers, _ = self.ask(path, token)
            self.assertEqual(got, status, path)
            for name, value in (("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"), ("X-Content-Type-Options", "nosniff"),
                                ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
                                ("Cross-Origin-Resource-Policy", "same-origin"), ("Strict-Transport-Security", "max-age=31536000")):
                self.assertEqual(headers[name], value, (path, name))

    def test_who_asks_too_often_waits_and_nobody_else(self):
        status, _, made = self.ask("/api/v1/api-keys", body=json.dumps({"name": "eager", "role": "viewer"}).encode())
        self.assertEqual(status, 201)
        eager = json.loads(made)["key"]
        answers = []
        deadline = time.monotonic() + harness.PATIENCE_S
        while not answers or answers[-1][0] == 200:
            self.assertLess(time.monotonic(), deadline)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = sorted(pool.map(lambda _: self.ask("/api/v1/me", eager), range(80)), key=lambda answer: answer[0])
        status, headers, problem = answers[-1]
        self.assertEqual((status, json.loads(problem)["code"]), (429, "RATE_LIMITED"))
        self.assertEqual(headers["Retry-After"], "1")
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertEqual(self.ask("/api/v1/me")[0], 200)

    def test_a_certificate_that_cannot_be_used_is_named(self):
        missing = self.cli("server", "--port", "0", "--tls-cert", str(self.cert), "--tls-key", "/nothing", "--temporal-address", self.stack.temporal)
        self.assertEqual(missing.returncode, 1, missing.stderr)
        self.assertIn("HTTP_TLS", missing.stderr)


class Issuer(http.server.BaseHTTPRequestHandler):
    """Discovery document and key set of an OpenID Connect issuer, and the tokens that it signs."""

    @classmethod
    def start(cls, folder):
        cls.key = folder / "issuer.pem"
        subprocess.run(["openssl", "genrsa", "-out", cls.key, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", cls.key, "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), cls)
        cls.url = f"http://127.0.0.1:{server.server_port}"
        cls.documents = {
            "/.well-known/openid-configuration": {"issuer": cls.url, "jwks_uri": cls.url + "/keys"},
            "/keys": {"keys": [{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "e": "AQAB",
                                "n": cls.text(bytes.fromhex(modulus.strip().split("=")[1]))}]}}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    @staticmethod
    def text(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    @classmethod
    def token(cls, **claims):
        claims = {"iss": cls.url, "aud": "fermata", "sub": "u1", "exp": int(time.time()) + 300} | claims
        body = ".".join(cls.text(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "k1"}, claims))
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", cls.key], input=body.encode(), check=True, capture_output=True).stdout
        return f"{body}.{cls.text(signed)}"

    def do_GET(self):
        found = self.documents.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_):
        pass


class SingleSignOn(unittest.TestCase):
    """Tokens of an issuer on this machine, over real sockets."""

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.addClassCleanup(cls.exits.close)
        issuer = Issuer.start(pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory())))
        cls.exits.callback(issuer.server_close)
        cls.exits.callback(issuer.shutdown)
        cls.stack = cls.exits.enter_context(harness.Stack(
            "--oidc-issuer", Issuer.url, "--oidc-role-claim", "realm.roles", "--oidc-role", "staff=operator", "--oidc-role", "boss=admin",
            "--oidc-tenant-claim", "org", "--oidc-name-claim", "email"))

    def caller(self, **claims):
        return harness.Api(self.stack.api, Issuer.token(**claims), self.stack.data)

    def test_claims_become_name_role_and_tenant(self):
        ada = self.caller(org="acme", email="ada@acme", realm={"roles": ["staff", "cook"]})
        self.assertEqual(ada.call("GET", "/api/v1/me"), {"name": "ada@acme", "role": "operator", "tenant": "acme"})
        boss = self.caller(org="acme", email="boss@acme", realm={"roles": ["boss"]})
        boss.call("PUT", "/api/v1/calendars/days", {"holidays": ["2027-01-01"]})
        self.assertEqual([row["actor"] for row in boss.call("GET", "/api/v1/audit")["items"]], ["boss@acme"])
        self.assertEqual(self.stack.call("GET", "/api/v1/calendars")["items"], [])

    def test_who_is_not_meant_stays_out(self):
        good = {"org": "acme", "realm": {"roles": ["staff"]}}
        for change, refused in (({"aud": "another"}, (401, "TOKEN_INVALID")), ({"exp": int(time.time()) - 120}, (401, "TOKEN_INVALID")),
                                ({"iss": "https://elsewhere.test"}, (401, "TOKEN_INVALID")), ({"org": "*"}, (401, "TOKEN_INVALID")),
                                ({"realm": {"roles": ["cook"]}}, (403, "ROLE_TOO_LOW"))):
            with self.assertRaises(harness.Refused) as refusal:
                self.caller(**good | change).call("GET", "/api/v1/me")
            self.assertEqual((refusal.exception.status, refusal.exception.problem["code"]), refused, change)
        token = Issuer.token(**good)
        forged = harness.Api(self.stack.api, token[:-8] + ("A" * 8), self.stack.data)
        with self.assertRaises(harness.Refused) as refusal:
            forged.call("GET", "/api/v1/me")
        self.assertEqual(refusal.exception.status, 401)
        with self.assertRaises(harness.Refused) as refusal:
            self.caller(**good).call("GET", "/api/v1/secrets")
        self.assertEqual(refusal.exception.problem["code"], "ROLE_TOO_LOW")


def every_text(value):
    """All texts in a JSON value, those in base64 decoded, too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from every_text(item)
    elif isinstance(value, list):
        for item in value:
            yield from every_text(item)
    elif isinstance(value, str):
        yield value
        with contextlib.suppress(ValueError):
            yield base64.b64decode(value, validate=True).decode("latin-1")


class Sealed(parts.OnRealParts):
    """What Temporal keeps is sealed; keys rotate while runs wait."""

    OLD, NEW, OTHER = "a1" * 32, "b2" * 32, "c3" * 32

    @classmethod
    def database(cls):
        folder = pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory()))
        cls.keys = folder / "payload.keys"
        cls.keys.write_text(cls.OLD + "\n")
        # Also for the commands that look at everything in the end.
        cls.exits.enter_context(mock.patch.dict(os.environ, FERMATA_PAYLOAD_KEYS=str(cls.keys)))
        return []

    @classmethod
    def tearDownClass(cls):
        cls.keys.write_text(f"{cls.NEW}\n{cls.OLD}\n{cls.OTHER}\n")
        super().tearDownClass()

    def restart(self, *keys):
        self.stack.stop()
        self.keys.write_text("".join(key + "\n" for key in keys))
        self.stack.start()

    def key_ids(self, run):
        return {text for event in self.stack.history(run) for text in every_text(event) if re.fullmatch("[0-9a-f]{16}", text)}

    def test_no_plaintext_is_in_temporal(self):
        self.stack.publish_definition(definition("inner", [assign("a", got="payload.mark"), {"id": "r", "type": "control.return"}]))
        run = self.launch([
            {"id": "loop", "type": "control.forEach", "items": expr("[1..260]"), "itemVar": "i", "body": [assign("add", n="payload.mark & i")]},
            action("quiet", "log", {"level": "info", "message": "nothing"}),
            action("keep", "store.set", {"key": "k", "value": expr("payload.mark")}),
            {"id": "child", "type": "control.callWorkflow", "workflowId": "inner", "workflowVersion": 1, "inputMapping": {"mark": expr("payload.mark")}},
            event_wait("w", "SEALED", "payload.mark"),
            {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr("payload.mark")}},
            action("f", "workflow.fail", {"code": "NO", "message": expr("payload.mark")})], {"mark": MARK})
        self.until(lambda: self.stack.call("GET", f"/api/v1/runs/{run}")["currentWait"], bool)
        self.stack.call("POST", "/api/v1/events", {"eventName": "SEALED", "correlationKey": MARK, "payload": {"mark": MARK}})
        task = self.until(lambda: self.stack.call("GET", f"/api/v1/tasks?runId={run}")["items"], bool)[0]["taskId"]
        self.stack.call("POST", f"/api/v1/runs/{run}/evaluate", {"source": "payload.mark"})
        self.stack.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"mark": MARK}})
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["error"]["code"], row["error"]["message"]), ("FAILED", "NO", MARK))
        child = self.stack.call("GET", f"/api/v1/runs?parentRunId={run}")["items"][0]["runId"]
        seen = 0
        for one in (run, child):
            for event in self.stack.history(one):
                for text in every_text(event):
                    self.assertNotIn(MARK, text, event)
                    seen += 1
        self.assertGreater(seen, 200)
        raw = b"".join(file.read_bytes() for file in self.stack.data.glob("temporal.db*"))
        self.assertNotIn(MARK.encode(), raw)
        self.assertIn(b"binary/encrypted", raw)

    def test_keys_rotate_while_runs_wait(self):
        self.restart(self.OLD)
        run = self.launch([event_wait("w", "ROTATED", '"key"'), assign("a", kept="payload.n")], {"n": 7})
        self.parked(run)
        before = self.key_ids(run)
        self.restart(self.NEW, self.OLD)
        self.stack.call("POST", "/api/v1/events", {"eventName": "ROTATED", "correlationKey": "key", "payload": {}})
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["kept"]), ("SUCCEEDED", 7))
        self.assertEqual(len(before), 1)
        self.assertEqual(len(self.key_ids(run)), 2)

    def test_a_worker_without_the_key_lets_the_run_wait(self):
        self.restart(self.NEW, self.OLD)
        run = self.launch([event_wait("w", "AWAITED", '"other"'), assign("a", kept="payload.n")], {"n": 8})
        self.parked(run)
        self.restart(self.OTHER)
        self.stack.call("POST", "/api/v1/events", {"eventName": "AWAITED", "correlationKey": "other", "payload": {}})
        self.until(lambda: [event for event in self.stack.history(run) if event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED"], bool)
        self.assertEqual(self.stack.run(run)["status"], "WAITING")
        self.restart(self.NEW, self.OLD, self.OTHER)
        row = self.stack.wait(run)
        self.assertEqual((row["status"], row["output"]["vars"]["kept"]), ("SUCCEEDED", 8))


class Redaction:
    """Secrets are planted everywhere, and looked for at every sink; on each database."""

    VAULT = "planted-in-the-vault-4711"
    NAMED = "planted-by-its-name-4712"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=cls.echo.serve_forever, daemon=True).start()
        cls.exits.callback(cls.echo.server_close)
        cls.exits.callback(cls.echo.shutdown)
        cls.echo_url = f"http://127.0.0.1:{cls.echo.server_port}/"

    def test_no_sink_has_what_was_planted(self):
        home = self.stack
        home.call("PUT", "/api/v1/secrets/PLANTED", {"value": self.VAULT, "description": "planted"})
        key = home.call("POST", "/api/v1/api-keys", {"name": "planted", "role": "admin"})["key"]
        planted = {"password": self.NAMED, "inner": [{"apiToken": self.NAMED, "plain": "seen"}]}
        home.publish_definition(definition("planted", [
            action("say", "log", {"level": "warn", "message": {"$secret": "PLANTED"}}),
            action("call", "http.request", {"url": self.echo_url, "method": "POST", "headers": {"X-Key": {"$secret": "PLANTED"}},
                                            "body": {"password": expr("payload.password")}}, config={"saveAs": "vars.answer"}),
            {"id": "guard", "type": "control.tryCatch", "captureErrorAs": "why", "catchOn": ["HTTP_410"],
             "try": [action("gone", "http.request", {"url": self.echo_url + "gone", "headers": {"X-Key": {"$secret": "PLANTED"}}})], "catch": []},
            event_wait("w", "PLANTED", '"planted"'),
            {"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": expr('"planted"'), "contextData": {"given": expr("payload")}}}]))
        run = home.launch("planted", planted)
        type(self).launched += 1
        self.until(lambda: home.run(run), lambda row: row["status"] in ("WAITING", "FAILED"))
        self.assertEqual(home.run(run)["status"], "WAITING", home.run(run))
        self.assertIn(self.VAULT, Echo.seen)
        event = home.call("POST", "/api/v1/events", {"eventName": "PLANTED", "correlationKey": "planted", "payload": planted})["eventId"]
        task = self.until(lambda: home.call("GET", f"/api/v1/tasks?runId={run}")["items"], bool)[0]["taskId"]
        answers = {}
        for path in ("/runs", f"/runs/{run}", f"/runs/{run}/steps", f"/runs/{run}/waits", f"/runs/{run}/invocations", f"/runs/{run}/aggregates",
                     f"/runs/{run}/timeline", f"/runs/{run}/diagnosis", *(f"/runs/{run}/value?of={of}" for of in ("input", "payload", "vars")), "/events", f"/events/{event}",
                     f"/events/{event}/explain", "/tasks", f"/tasks/{task}", "/secrets", "/api-keys", "/audit", "/bundle", "/workflows/planted"):
            answers[path] = json.dumps(home.call("GET", "/api/v1" + path))
        for source in ("payload", "vars", "$"):
            answers["evaluate " + source] = json.dumps(home.call("POST", f"/api/v1/runs/{run}/evaluate", {"source": source}))
        home.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"password": self.NAMED}})
        self.assertEqual(home.wait(run)["status"], "SUCCEEDED", home.run(run))
        for form in ("json", "csv"):
            answers["export " + form] = home.cli("runs", "export", run, "--format", form).stdout
        answers["run at its end"] = json.dumps(home.run(run))
        reader = parts.LiveReader(home, run)
        answers["stream"] = json.dumps(reader.read())
        reader.cut()
        for what, text in answers.items():
            self.assertGreater(len(text), 2, what)
            for secret in (self.VAULT, self.NAMED, key, key.rsplit("_", 1)[1], home.token):
                self.assertNotIn(secret, text, what)
        log = (home.data / "dev.log").read_text(errors="replace")
        self.assertIn("[REDACTED]", log)
        for secret in (self.VAULT, self.NAMED, key.rsplit("_", 1)[1]):
            self.assertNotIn(secret, log)
        # Rows: nothing of the vault and of keys anywhere; what is named as secret in inputs and events only, which keep the original.
        for table, text in self.tables().items():
            self.assertNotIn(self.VAULT, text, table)
            self.assertNotIn(key.rsplit("_", 1)[1], text, table)
            if table not in ("workflow_runs", "workflow_runtime_events"):
                self.assertNotIn(self.NAMED, text, table)
        history = json.dumps([list(every_text(part)) for part in home.history(run)])
        self.assertNotIn(self.VAULT, history)


class Echo(http.server.BaseHTTPRequestHandler):
    """Repeats what it is told, as careless services do."""

    seen = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        said = {"youSent": dict(self.headers), "bytes": len(body), "text": f"your key is {self.headers['X-Key']}!"}
        type(self).seen += json.dumps(said)
        self.send_response(410 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


class RedactionOnSqlite(Redaction, parts.OnRealParts):
    def tables(self):
        with sqlite3.connect(self.stack.data / "fermata.db", timeout=10) as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: repr(db.execute(f"SELECT * FROM {name}").fetchall()) for name in names}


class RedactionOnPostgres(Redaction, parts.OnRealPostgres):
    def tables(self):
        names = [row[0] for row in self.postgres.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: repr(self.postgres.query(f"SELECT * FROM {name}")) for name in names}


class TenantsOnSqlite(Tenants, parts.OnRealParts):
    sql = parts.OnSqlite.sql


class TenantsOnPostgres(Tenants, parts.OnRealPostgres):
    sql = parts.OnPostgres.sql


if __name__ == "__main__":
    unittest.main(verbosity=2)
