"""What is far too large or far too deep, byte by byte: hostile_input.py PROGRAM [unittest options]."""

import contextlib
import json
import socket
import unittest
import urllib.parse

from parts import OnRealParts, assign, definition, harness

LARGE = 50_000_000
DEPTH = 10_000
PAGE = "/api/v1/workflows"


def nested_ifs():
    """The text of a definition that no Python object could be."""
    ifs = "".join('{"id":"s%d","type":"control.if","condition":{"$expr":"true"},"then":[' % n for n in range(DEPTH))
    return '{"id":"deep","version":1,"name":"d","payloadSchemaRef":"payload.Any.v1","steps":[' + ifs + "]}" * DEPTH + "]}"


class HostileInput(OnRealParts):
    def exchange(self, *headers, body=b"", path=PAGE):
        """Sends exactly this, and gives the status and the problem; whoever listens has hung up afterwards."""
        host = urllib.parse.urlsplit(self.stack.api)
        head = "\r\n".join([f"POST {path} HTTP/1.1", f"Host: {host.netloc}", f"Authorization: Bearer {self.stack.token}",
                            "Content-Type: application/json", *headers, "", ""])
        with socket.create_connection((host.hostname, host.port), timeout=harness.PATIENCE_S) as wire:
            wire.sendall(head.encode() + body)
            file = wire.makefile("rb")
            status = int(file.readline().split()[1])
            fields = dict(line.decode().rstrip().lower().split(": ", 1) for line in iter(file.readline, b"\r\n"))
            problem = json.loads(file.read(int(fields["content-length"])))
            self.assertEqual(fields["content-type"], "application/problem+json")
            if fields["connection"] == "close":
                self.assertEqual(file.read(), b"")
        return status, problem

    def goes_on(self):
        """The same server, with the same runs."""
        self.assertIsNone(self.stack.dev.child.poll())
        self.stack.publish_definition(definition("after", [assign("a", x="1")]))
        self.assertEqual(self.stack.wait(self.stack.launch("after", {}))["status"], "SUCCEEDED")

    def test_50_megabytes_are_refused_before_they_are_read(self):
        before = harness.resident_mib(self.stack.dev.child.pid)
        announced = {"a length": self.exchange(f"Content-Length: {LARGE}"),
                     "a chunk": self.exchange("Transfer-Encoding: chunked", body=f"{LARGE:x}\r\n".encode())}
        for how, (status, problem) in announced.items():
            self.assertEqual((status, problem["code"], problem["help"]), (413, "BODY_TOO_LARGE", "send less"), how)
        self.assertLess(harness.resident_mib(self.stack.dev.child.pid) - before, LARGE / 2 ** 20 / 2)
        self.goes_on()

    def test_50_megabytes_in_small_pieces_are_cut_off(self):
        host = urllib.parse.urlsplit(self.stack.api)
        head = f"POST {PAGE} HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {self.stack.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with socket.create_connection((host.hostname, host.port), timeout=harness.PATIENCE_S) as wire:
            wire.sendall(head.encode())
            # Whoever goes on sending may find the line cut before the answer is read.
            with contextlib.suppress(ConnectionError):
                for _ in range(LARGE // 0x10000):
                    wire.sendall(piece)
                self.assertIn(b" 413 ", wire.makefile("rb").readline())
        self.goes_on()

    def test_10000_nested_ifs_are_refused_wherever_they_come_in(self):
        deep = nested_ifs().encode()
        within = b'{"payload":' + b"[" * DEPTH + b"]" * DEPTH + b"}"
        event = b'{"eventName":"DEEP","payload":' + b'{"a":' * DEPTH + b"1" + b"}" * DEPTH + b"}"
        self.stack.publish_definition(definition("shallow", [assign("a", x="1")]))
        for path, body in ((PAGE, deep), (f"{PAGE}/shallow/runs", within), ("/api/v1/events", event)):
            status, problem = self.exchange(f"Content-Length: {len(body)}", body=body, path=path)
            self.assertEqual((status, problem["code"], problem["help"]), (413, "JSON_TOO_DEEP", "flatten the document"), path)
        self.goes_on()


if __name__ == "__main__":
    unittest.main(verbosity=2)
