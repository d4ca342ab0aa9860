"""People and their post on the real parts: people.py PROGRAM [unittest options].

Emails through a small SMTP server that the test is; tasks whose hook, server or Temporal is away.
"""

import base64
import concurrent.futures
import contextlib
import datetime
import email
import email.policy
import hmac
import http.server
import json
import os
import pathlib
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from deployment import Deployment, insist
import parts as suite
from parts import harness


class Post(socketserver.ThreadingTCPServer):
    """An SMTP server with STARTTLS and AUTH PLAIN. `say` maps the first word of a command to an answer to give once."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context=None, user=None, password=None):
        super().__init__(("127.0.0.1", 0), PostHandler)
        self.context, self.user, self.password = context, user, password
        self.taken, self.say, self.logins, self.commands = [], {}, [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up, as one does before a certificate that it does not trust, is no failure of the test."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    @property
    def url(self):
        return f"smtp://localhost:{self.server_address[1]}"


class PostHandler(socketserver.StreamRequestHandler):
    wire = None  # over TLS

    def answer(self, text):
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def finish(self):
        super().finish()
        if self.wire is not None:
            self.wire.close()

    def handle(self):
        post, sender, recipients = self.server, None, []
        is_secret = has_login = False
        self.answer("220 post ready")
        while raw := self.rfile.readline():
            line = raw.decode().rstrip("\r\n")
            word = line.split(" ")[0].split(":")[0].upper()
            post.commands.append((word, is_secret))
            if word in post.say:
                said = post.say.pop(word)
                if said is None:
                    return
                self.answer(said)
                continue
            if word in ("EHLO", "HELO"):
                recipients = []
                offers = ["post"] + (["STARTTLS"] if post.context and not is_secret else []) + (["AUTH PLAIN"] if post.user else [])
                for i, offer in enumerate(offers):
                    self.answer(f"250{' ' if i + 1 == len(offers) else '-'}{offer}")
            elif word == "STARTTLS":
                self.answer("220 go on")
                self.wire = post.context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile, is_secret = self.wire.makefile("rb"), self.wire.makefile("wb"), True
            elif word == "AUTH":
                code = line.split(" ")[2] if line.count(" ") > 1 else ""
                if not code:
                    self.answer("334 ")
                    code = self.rfile.readline().decode().strip()
                _, user, password = base64.b64decode(code).decode().split("\0")
                has_login = (user, password) == (post.user, post.password)
                post.logins.append(has_login)
                self.answer("235 hello" if has_login else "535 5.7.8 wrong password")
            elif post.user and not has_login and word == "MAIL":
                self.answer("530 5.7.0 log in first")
            elif word == "MAIL":
                sender = line
                self.answer("250 ok")
            elif word == "RCPT":
                recipients.append(line[line.index("<") + 1:line.index(">")])
                self.answer("250 ok")
            elif word == "DATA":
                self.answer("354 go on")
                lines = []
                while (one := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(one[1:] if one.startswith(b".") else one)
                text = b"".join(lines)
                post.taken.append({"from": sender, "to": recipients, "text": text,
                                   "message": email.message_from_bytes(text, policy=email.policy.default)})
                if "END" in post.say:
                    said = post.say.pop("END")
                    if said is None:
                        return
                    self.answer(said)
                else:
                    self.answer("250 queued")
            elif word == "QUIT":
                self.answer("221 bye")
                return
            else:
                self.answer("250 ok")


class Emails(suite.OnRealParts):
    @classmethod
    def database(cls):
        cls.folder = pathlib.Path(cls.exits.enter_context(tempfile.TemporaryDirectory(prefix="fermata-post-")))
        for name in ("post", "stranger"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{name}.key", "-out", f"{name}.pem"],
                           cwd=cls.folder, check=True, capture_output=True)
        os.environ["FERMATA_SECRET_SMTP_PASSWORD"] = "p4ss of the post"
        return ["--email-ca", str(cls.folder / "post.pem"), "--allow-private-http", "::1/128"]

    def post(self, certificate="post", **more):
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.folder / f"{certificate}.pem", self.folder / f"{certificate}.key")
        post = Post(context, **more)
        self.addCleanup(post.server_close)
        self.addCleanup(post.shutdown)
        return post

    def mail(self, post, step=None, server=None, **more):
        mapping = {"server": {"url": post.url, **(server or {})}, "from": "The shop <shop@example.com>", "to": ["ada@example.org"],
                   "subject": "Your order", "text": "It is on its way.", **more}
        return suite.action("mail", "email.send", mapping, config={"saveAs": "vars.sent"}, **(step or {}))

    def failed(self, post, **more):
        _, row = self.finished([self.mail(post, **more)])
        self.assertEqual(row["status"], "FAILED", row)
        return row["error"]

    def test_a_message_goes_to_everybody_in_secret_with_a_password_that_nobody_sees(self):
        post = self.post(user="shop", password="p4ss of the post")
        run, row = self.finished([self.mail(
            post, server={"user": "shop", "password": {"$secret": "SMTP_PASSWORD"}}, to=["Äda <ada@example.org>", "bob@example.org"],
            cc=["cc@example.org"], bcc=["hidden@example.org"], replyTo=["desk@example.com"], subject="Größe & Menge", html="<b>ü</b>",
            attachments=[{"name": "résumé.txt", "contentType": "text/plain", "text": "ünter\n.\n"},
                         {"name": "raw.bin", "base64": base64.b64encode(bytes(range(256))).decode()}])])
        self.assertEqual(row["status"], "SUCCEEDED", row)
        got = post.taken[0]
        self.assertEqual(got["to"], ["ada@example.org", "bob@example.org", "cc@example.org", "hidden@example.org"])
        message = got["message"]
        self.assertEqual((message["Subject"], message["From"], message["Reply-To"]), ("Größe & Menge", "The shop <shop@example.com>", "desk@example.com"))
        self.assertEqual(message["To"], "Äda <ada@example.org>, bob@example.org")
        self.assertNotIn(b"hidden", got["text"])
        self.assertEqual(message.get_body(("plain",)).get_content(), "It is on its way.")
        self.assertEqual(message.get_body(("html",)).get_content(), "<b>ü</b>")
        parts = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
        self.assertEqual(parts, {"résumé.txt": "ünter\n.\n", "raw.bin": bytes(range(256))})
        self.assertEqual(row["output"]["vars"]["sent"], {"messageId": message["Message-ID"], "status": 250, "recipients": 4})
        self.assertTrue(all(is_secret for word, is_secret in post.commands if word in ("AUTH", "MAIL", "RCPT", "DATA")))
        self.assertEqual(post.logins, [True])
        everything = json.dumps([row, self.stack.steps(run), self.stack.history(run), self.stack.call("GET", f"/api/v1/runs/{run}/export")])
        self.assertNotIn("p4ss of the post", everything)

    def test_what_passes_is_tried_again_as_the_same_message(self):
        post = self.post()
        post.say = {"END": None}  # taken, and the connection is gone before its answer
        _, row = self.finished([self.mail(post, step={"retry": {"maxAttempts": 3, "backoffMs": 10, "retryOn": ["TransientError"]}})])
        self.assertEqual(row["status"], "SUCCEEDED", row)
        ids = [got["message"]["Message-ID"] for got in post.taken]
        self.assertEqual((len(ids), len(set(ids))), (2, 1))
        post.say = {"RCPT": "451 4.7.1 greylisted"}
        error = self.failed(post)
        self.assertEqual((error["category"], error["code"]), ("TransientError", "EMAIL_DEFERRED"))
        self.assertIn("greylisted", error["message"])

    def test_what_the_server_refuses_is_refused_and_nobody_gets_it(self):
        post = self.post(user="shop", password="other")
        login = {"user": "shop", "password": {"$secret": "SMTP_PASSWORD"}}
        self.assertEqual(self.failed(post, server=login)["code"], "EMAIL_REFUSED")
        post = self.post()
        post.say = {"RCPT": "550 5.1.1 no such user"}
        error = self.failed(post, to=["gone@example.org", "ada@example.org"])
        self.assertEqual((error["category"], error["code"]), ("ActionError", "EMAIL_REFUSED"))
        self.assertIn("no such user", error["message"])
        self.assertEqual(post.taken, [])

    def test_nothing_is_told_without_encryption_that_can_be_trusted(self):
        for certificate in (None, "stranger"):
            post = self.post(certificate, user="shop", password="p4ss of the post")
            error = self.failed(post, server={"user": "shop", "password": {"$secret": "SMTP_PASSWORD"}})
            self.assertEqual((error["category"], error["code"]), ("ActionError", "EMAIL_TLS"))
            self.assertEqual((post.logins, post.taken), ([], []))
        plain = self.post(None)
        _, row = self.finished([self.mail(plain, server={"tls": "none"})])
        self.assertEqual((row["status"], len(plain.taken)), ("SUCCEEDED", 1), row)

    def test_headers_sizes_and_servers_are_checked_before_anybody_hears_of_it(self):
        post = self.post()
        for more in ({"subject": "x\r\nBcc: all@example.org"}, {"to": ["a@example.org\nBcc: b@example.org"]}, {"from": "x\r\n <a@b.c>"}, {"to": []},
                     {"to": [f"a{n}@example.org" for n in range(101)]}, {"attachments": [{"name": "a"}]}, {"text": ""},
                     {"attachments": [{"name": "a\r\nX: y", "text": "a"}]},
                     {"server": {"url": "smtp://shop:secret@localhost"}}, {"server": {"url": "http://localhost"}},
                     {"server": {"tls": "none", "user": "shop", "password": "open"}}):
            error = self.failed(post, **more)
            self.assertEqual((error["category"], error["code"]), ("ValidationError", "EMAIL_INVALID"), more)
        self.assertEqual(self.failed(post, attachments=[{"name": "a", "text": "a"}] * 21)["code"], "EMAIL_INVALID")
        # No single value may be so large; and all together not either.
        part = suite.assign("big", part='$join([1..40000].("12345"))')
        _, row = self.finished([part, self.mail(post, attachments=[{"name": "a", "text": suite.expr("vars.part")}] * 6)])
        self.assertIn(row["error"]["code"], ("EMAIL_INVALID", "VALUE_TOO_LARGE"), row)
        error = self.failed(post, server={"url": "smtp://10.255.255.1:25"})
        self.assertEqual(error["code"], "EMAIL_ADDRESS_REFUSED")
        self.assertEqual(post.commands, [])
        post.shutdown()
        post.server_close()
        self.assertEqual(self.failed(post)["code"], "EMAIL_UNREACHABLE")


class Hook(http.server.ThreadingHTTPServer):
    """What people's tasks are told to; refuses while `is_away`."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not self.server.is_away:
                    self.server.told.append((dict(self.headers), body))
                self.server.calls += 1
                self.send_response(503 if self.server.is_away else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        self.is_away, self.told, self.calls = False, [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Tasks(unittest.TestCase):
    """Server, worker, Temporal and PostgreSQL as processes of their own, so that each can be away."""

    SECRET = "whsec_" + base64.b64encode(b"a secret of the desk").decode()

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        cls.hook = Hook()
        cls.exits.callback(cls.hook.shutdown)
        os.environ["FERMATA_SECRET_TASK_HOOK"] = cls.SECRET
        os.environ["FERMATA_TASK_HOOK"] = f"http://127.0.0.1:{cls.hook.server_port}/told"
        cls.parts = Deployment(cls.exits, with_redis=False)
        due = {"$expr": "payload.due"}
        steps = [{"id": "ask", "type": "human.task", "config": {"taskType": "approval", "title": {"$expr": '"T"'}, "dueAt": due,
                                                                "formSchema": {"type": "object", "required": ["ok"]}, "assign": {"vars.said": {"$expr": "vars.event"}}}}]
        cls.publish("asks", steps)

    @classmethod
    def tearDownClass(cls):
        cls.exits.close()

    @classmethod
    def publish(cls, name, steps, **more):
        made = suite.definition(name, steps, **more)
        insist(lambda: cls.parts.api.publish_definition(made))

    def call(self, method, path, body=None):
        return insist(lambda: self.parts.api.call(method, "/api/v1" + path, body))

    def ask(self, due_s=3_600):
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=due_s)
        run = insist(lambda: self.parts.api.launch("asks", {"due": due.strftime("%Y-%m-%dT%H:%M:%SZ")}))
        items = insist(lambda: self.parts.api.call("GET", f"/api/v1/tasks?runId={run}")["items"], bool)
        return run, items[0]["taskId"]

    def told(self, notice):
        return [json.loads(body) for headers, body in self.hook.told if headers["webhook-id"] == notice]

    def ended(self, run):
        return insist(lambda: self.parts.api.run(run), lambda row: row["status"] in harness.TERMINAL)

    def test_a_hook_that_was_away_is_told_signed_when_it_is_back(self):
        self.hook.is_away = True
        calls = self.hook.calls
        _, task = self.ask()
        insist(lambda: self.hook.calls, lambda count: count >= calls + 2)
        self.assertEqual(self.told(f"task.opened:{task}"), [])
        self.hook.is_away = False
        insist(lambda: self.told(f"task.opened:{task}"), bool)
        headers, body = next((h, b) for h, b in self.hook.told if h["webhook-id"] == f"task.opened:{task}")
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(b"a secret of the desk", text, "sha256").digest()).decode()
        self.assertEqual(headers["webhook-signature"], f"v1,{mac}")
        self.assertLess(abs(time.time() - int(headers["webhook-timestamp"])), 60)

    def test_an_escalation_waits_for_a_server_that_was_away_and_for_no_hook(self):
        self.publish("overdue", [suite.assign("a", task="payload.taskId")], payloadSchemaRef="payload.HumanTaskOverdue.v1",
                     trigger={"type": "event", "eventName": "HUMAN_TASK_OVERDUE"})
        run, task = self.ask(due_s=5)
        self.call("POST", f"/tasks/{task}/claim", {"by": "ada"})
        insist(lambda: self.told(f"task.opened:{task}"), bool)
        self.parts.kill("server")
        self.hook.is_away = True
        time.sleep(6)
        self.parts.revive("server")
        shown = insist(lambda: self.parts.api.call("GET", f"/api/v1/tasks/{task}"), lambda t: t["escalatedAt"])
        self.assertIsNone(shown["claimedBy"])
        rows = insist(lambda: self.parts.api.call("GET", "/api/v1/runs?workflowId=overdue")["items"], bool)
        self.assertEqual([self.ended(row["runId"])["output"]["vars"]["task"] for row in rows], [task])
        self.hook.is_away = False
        insist(lambda: self.told(f"task.overdue:{task}"), bool)
        self.call("POST", f"/tasks/{task}/answer", {"response": {"ok": True}})
        self.assertEqual(self.ended(run)["status"], "SUCCEEDED")

    def test_an_answer_counts_once_whatever_dies_between_it_and_the_run(self):
        run, task = self.ask()
        answer = {"response": {"ok": True}, "answerId": "the-answer"}
        with self.assertRaises(harness.Refused) as refused:
            self.parts.api.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {}})
        self.assertEqual(refused.exception.problem["code"], "ANSWER_INVALID")
        self.parts.kill("worker-1")
        self.parts.kill("temporal")
        with self.assertRaises(harness.Refused) as refused:
            self.parts.api.call("POST", f"/api/v1/tasks/{task}/answer", answer)
        self.assertEqual(refused.exception.status, 503)
        self.assertEqual(self.parts.api.call("GET", f"/api/v1/tasks/{task}")["status"], "OPEN")
        self.parts.revive("temporal")
        # It is accepted, though the run does not have it: the server brings it there by itself, also one that comes after a dead one.
        self.parts.kill("server")
        self.parts.revive("server")
        self.parts.revive("worker-1")
        row = self.ended(run)
        self.assertEqual(row["status"], "SUCCEEDED")
        self.assertEqual([w["status"] for w in self.call("GET", f"/runs/{run}/waits")["items"]], ["RESOLVED"])
        # The same is no error, another one comes too late.
        self.call("POST", f"/tasks/{task}/answer", answer)
        with self.assertRaises(harness.Refused) as refused:
            self.parts.api.call("POST", f"/api/v1/tasks/{task}/answer", answer | {"response": {"ok": False}})
        self.assertEqual(refused.exception.problem["code"], "TASK_CLOSED")

    def test_of_many_different_answers_at_once_one_is_accepted_and_counts(self):
        for _ in range(5):
            run, task = self.ask()

            def give(n, task=task):
                try:
                    self.parts.api.call("POST", f"/api/v1/tasks/{task}/answer", {"response": {"ok": True, "n": n}, "answerId": f"answer-{n}"})
                    return n
                except harness.Refused as refused:
                    return refused.status, refused.problem["code"]

            with concurrent.futures.ThreadPoolExecutor(8) as people:
                said = list(people.map(give, range(8)))
            accepted = [one for one in said if isinstance(one, int)]
            self.assertEqual(len(accepted), 1, said)
            self.assertLessEqual({one for one in said if one not in accepted}, {(409, "TASK_ANSWERED"), (409, "TASK_CLOSED")})
            self.assertEqual(self.ended(run)["output"]["vars"]["said"]["n"], accepted[0])


# The suite's own classes are run by its own program.
def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Emails, Tasks))


if __name__ == "__main__":
    unittest.main(verbosity=2)
