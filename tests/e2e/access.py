"""Keys, roles, TLS, rates and single sign-on: access.py PROGRAM [unittest options]."""

import base64
import concurrent.futures
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import warnings

from parts import ROOT, OnRealParts, assign, definition, harness


class Access(OnRealParts):
    """Keys with roles, and what happens without one."""

    def caller(self, role, **more):
        made = json.loads(self.stack.cli("keys", "create", f"a {role}", "--role", role, *(part for pair in more.items() for part in pair)).stdout)
        return made["keyId"], harness.Api(self.stack.api, made["key"], self.stack.data)

    def refused(self, caller, method, path, body=None):
        with self.assertRaises(harness.Refused) as refusal:
            caller.call(method, path, body)
        return refusal.exception.status, refusal.exception.problem["code"]

    def test_every_role_may_what_it_should_and_no_more(self):
        self.stack.publish_definition(definition("open", [assign("a", x="1")]))
        answers = {}
        for role in ("viewer", "operator", "author", "admin"):
            _, caller = self.caller(role)
            self.assertEqual(caller.call("GET", "/api/v1/me"), {"name": f"a {role}", "role": role, "tenant": "default"})
            self.assertTrue(caller.call("GET", "/api/v1/workflows")["items"])
            for what, method, path, body in (("launch", "POST", "/api/v1/workflows/open/runs", {"payload": {}}),
                                             ("write", "PUT", "/api/v1/payload-schemas/payload.Access.v1", {"type": "object"}),
                                             ("keys", "GET", "/api/v1/api-keys", None)):
                try:
                    caller.call(method, path, body)
                    answers[role, what] = True
                except harness.Refused as refusal:
                    self.assertEqual((refusal.status, refusal.problem["code"]), (403, "ROLE_TOO_LOW"))
                    answers[role, what] = False
        self.assertEqual([answers["viewer", what] for what in ("launch", "write", "keys")], [False, False, False])
        self.assertEqual([answers["operator", what] for what in ("launch", "write", "keys")], [True, False, False])
        self.assertEqual([answers["author", what] for what in ("launch", "write", "keys")], [True, True, False])
        self.assertEqual([answers["admin", what] for what in ("launch", "write", "keys")], [True, True, True])

    def test_a_key_that_is_revoked_or_wrong_opens_nothing(self):
        key_id, caller = self.caller("admin")
        caller.call("GET", "/api/v1/runs")
        self.stack.cli("keys", "revoke", key_id)
        self.assertEqual(self.refused(caller, "GET", "/api/v1/runs"), (401, "TOKEN_INVALID"))
        stranger = harness.Api(self.stack.api, "fk_000000000000_0", self.stack.data)
        self.assertEqual(self.refused(stranger, "GET", "/api/v1/runs"), (401, "TOKEN_INVALID"))
        listed = json.loads(self.stack.cli("keys", "list").stdout)["items"]
        self.assertTrue(next(key for key in listed if key["keyId"] == key_id)["revokedAt"])
        self.assertNotIn("secret", json.dumps(listed).lower())

    def test_no_route_lets_a_stranger_in(self):
        for method, path in (("GET", "/api/v1/runs"), ("POST", "/api/v1/workflows"), ("DELETE", "/api/v1/api-keys/x"), ("GET", "/api/v1/me")):
            request = urllib.request.Request(self.stack.api + path, method=method, data=b"{}" if method == "POST" else None)
            with self.assertRaises(urllib.error.HTTPError) as refusal:
                urllib.request.urlopen(request, timeout=harness.PATIENCE_S)
            self.assertEqual(refusal.exception.code, 401)
            self.assertEqual(refusal.exception.headers["WWW-Authenticate"], "Bearer")


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
        published = self.cli("publish", str(ROOT / "examples/payment-reminder/definition.yaml"), FERMATA_SERVER_CA=str(self.cert))
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
