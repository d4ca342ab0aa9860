"""What workers do while a part is away, refuses, or takes no more: outages.py PROGRAM [unittest options]."""

import contextlib
import http.server
import json
import socket
import sqlite3
import threading
import time
import unittest

from parts import ROOT, OnRealParts, action, assign, expr, get, harness, run_program, until
from workers import OnWorkers, SlowShop
from workers import action as step


class Outages(OnWorkers):
    def test_a_server_of_temporal_that_says_nothing_is_told_in_time(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            began = time.monotonic()
            said = run_program("worker", "--data", self.stack.data, "--temporal-address", f"127.0.0.1:{silent.getsockname()[1]}", limit_s=harness.PATIENCE_S)
        self.assertEqual(said.returncode, 3, said.stderr)
        self.assertIn("TEMPORAL_UNAVAILABLE", said.stderr)
        self.assertLess(time.monotonic() - began, 60)


if __name__ == "__main__":
    unittest.main()
