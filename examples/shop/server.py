"""A small shop: the real HTTP service that the order flow calls.

It keeps a journal of what it was asked and what it did, so that a demo can prove what happened exactly once:
a request with an `Idempotency-Key` that was already honoured is answered from the journal and does nothing again.

    python3 examples/shop/server.py --port 0 --journal /tmp/shop.jsonl

Prints one line `shop listening on http://127.0.0.1:PORT` and serves until it is told to stop (SIGTERM, Ctrl-C).

    GET  /stock/{sku}     how many there are
    POST /reservations    {orderId, sku, quantity}; the first call for a sku named `flaky-*` answers 503
    DELETE /reservations/{id}
    POST /payments        {orderId, amount, card}; card `declined` answers 402
    POST /shipments       {orderId, lines}
    GET  /journal         everything done, in order
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 1024 * 1024


class Journal:
    """What was done, in order, on disk before it is answered: a restarted shop remembers."""

    def __init__(self, path):
        self._lock = threading.Lock()
        self._entries = []
        self._by_key = {}
        self._failed_once = set()
        self._file = None
        if path:
            if os.path.exists(path):
                with open(path, encoding="utf-8") as lines:
                    for line in lines:
                        self._remember(json.loads(line))
            self._file = open(path, "a", encoding="utf-8")

    def _remember(self, entry):
        self._entries.append(entry)
        if entry.get("key"):
            self._by_key[entry["key"]] = entry

    def entries(self):
        with self._lock:
            return list(self._entries)

    def once(self, key, kind, body, make_result):
        """Does it, or gives the earlier answer to the same key. Returns (entry, was it new)."""
        with self._lock:
            if key and key in self._by_key:
                return self._by_key[key], False
            number = len(self._entries) + 1
            entry = {"number": number, "key": key, "kind": kind, "body": body, "result": make_result(number)}
            self._remember(entry)
            if self._file:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()
            return entry, True

    def fails_this_time(self, order, sku):
        """True for the first call only: a service that is away for a moment."""
        with self._lock:
            if not sku.startswith("flaky-") or (order, sku) in self._failed_once:
                return False
            self._failed_once.add((order, sku))
            return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    journal = None
    delay_ms = 0

    def log_message(self, *arguments):
        pass

    def _answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_BYTES_MAX:
            self._answer(413, {"error": "body too large"})
            return None
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._answer(400, {"error": "body must be a JSON object"})
            return None
        return body

    def _do(self, kind, body, make_result, status=201):
        entry, is_new = self.journal.once(self.headers.get("Idempotency-Key"), kind, body, make_result)
        self._answer(status if is_new else 200, entry["result"])

    def do_GET(self):
        if self.path == "/journal":
            self._answer(200, self.journal.entries())
        elif self.path.startswith("/stock/"):
            sku = self.path[len("/stock/"):]
            self._answer(200, {"sku": sku, "available": 0 if sku.startswith("sold-out") else 100})
        else:
            self._answer(404, {"error": "no such page"})

    def do_DELETE(self):
        if not self.path.startswith("/reservations/"):
            self._answer(404, {"error": "no such page"})
            return
        reservation = self.path[len("/reservations/"):]
        self._do("release", {"reservationId": reservation}, lambda _: {"released": reservation}, status=200)

    def do_POST(self):
        body = self._body()
        if body is None:
            return
        if self.delay_ms:
            time.sleep(self.delay_ms / 1000)
        if self.path == "/reservations":
            self._reserve(body)
        elif self.path == "/payments":
            if body.get("card") == "declined":
                self._answer(402, {"error": "card declined", "orderId": body.get("orderId")})
            else:
                self._do("payment", body, lambda n: {"paymentId": f"pay-{n}", "amount": body.get("amount")})
        elif self.path == "/shipments":
            self._do("shipment", body, lambda n: {"shipmentId": f"ship-{n}"})
        else:
            self._answer(404, {"error": "no such page"})

    def _reserve(self, body):
        sku = str(body.get("sku"))
        if self.journal.fails_this_time(str(body.get("orderId")), sku):
            self._answer(503, {"error": "warehouse is restarting"})
            return
        if sku.startswith("sold-out"):
            self._answer(409, {"error": "sold out", "sku": sku})
            return
        self._do("reservation", body, lambda n: {"reservationId": f"res-{n}", "sku": sku})


def main():
    parser = argparse.ArgumentParser(description="the shop that the order flow calls")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", help="file that keeps what was done")
    parser.add_argument("--delay-ms", type=int, default=0, help="how long each POST takes")
    arguments = parser.parse_args()
    Handler.journal = Journal(arguments.journal)
    Handler.delay_ms = arguments.delay_ms
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"shop listening on http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
