"""Workers as processes of their own: workers.py PROGRAM [unittest options]. What they host, refuse, tell and leave behind."""

import contextlib
import http.client
import http.server
import json
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

from parts import ROOT, LiveReader, expr, get, harness, run_program, until


def action(step_id, action_id, mapping, **config):
    return {"id": step_id, "type": "action.call", "config": {"actionId": action_id, "version": 1, "inputMapping": mapping, **config}}


def hosted(step_id, activity_type, given, **config):
    """A step that a domain worker's action does."""
    return action(step_id, "temporal.activity", {"taskQueue": "side", "activityType": activity_type, "arguments": [given]}, **config)


def dashboard():
    return json.loads((ROOT / "deploy/grafana/fermata.json").read_text())


def looked_up(query):
    """[(metric, [(label, value)])] of a query, and the labels that it groups by."""
    grouped = {label.strip() for labels in re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", query) for label in labels.split(",")}
    bare = re.sub(r"\b(?:by|without)\s*\([^)]*\)|\[[^\]]*\]", " ", query)
    metrics = [(name, re.findall(r'(\w+)\s*[!=]=?~?\s*"([^"]*)"', labels or ""))
               for name, labels in re.findall(r"([a-zA-Z_:][\w:]*)\b\s*(\{[^}]*\})?(?!\s*[\w(]|[^{]*\})", bare)]
    functions = set(re.findall(r"([a-zA-Z_:][\w:]*)\s*\(", bare))
    return [(name, labels) for name, labels in metrics if name not in functions], grouped


class SlowShop:
    """Answers when it is told to, and counts who asked."""

    def __init__(self):
        self.asked, self.go_on = threading.Semaphore(0), threading.Event()
        self.count = 0
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                shop.count += 1
                shop.asked.release()
                shop.go_on.wait(harness.PATIENCE_S)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()


class OnWorkers(unittest.TestCase):
    def options(self):
        """Of the stack that has no worker in it."""
        return []

    def setUp(self):
        self.stack = self.enterContext(harness.Stack("--allow-private-http", "127.0.0.1/32", *self.options(), worker=False))
        self.number = 0

    def start(self, command, *options):
        """The process and the address of its probes."""
        self.number += 1
        log = self.stack.data / f"{command}-{self.number}.log"
        process = harness.Process(
            [harness.program(), command, "--data", str(self.stack.data), "--temporal-address", self.stack.temporal,
             "--allow-private-http", "127.0.0.1/32", "--health-address", "127.0.0.1:0", *options], log)
        self.addCleanup(process.stop)
        line = until(lambda: re.search(r'"health":"(http[^"]+)"', log.read_text()), bool)
        return process, line.group(1)

    def metrics(self, address):
        """{"name{labels}": value}"""
        lines = get(address + "/metrics")[1].splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def launch(self, steps, payload=None):
        name = self.id().split(".")[-1].replace("_", "-") + f"-{time.monotonic_ns()}"
        self.stack.publish_definition({"id": name, "version": 1, "name": name, "payloadSchemaRef": "payload.Any.v1", "steps": steps})
        return self.stack.launch(name, payload or {})


class Workers(OnWorkers):
    def test_the_authored_queue_is_refused_at_start(self):
        said = self.stack.cli("domain-worker", "--queue", "side", "--queue", "workflow-runtime-v2", check=False)
        self.assertEqual(said.returncode, 1, said.stderr)
        self.assertIn("QUEUE_RESERVED", said.stderr)
        self.assertIn("help: ", said.stderr)
        self.assertIn("fermata domain-worker", self.stack.cli("explain", "QUEUE_RESERVED").stdout)

    def test_actions_on_another_queue_keep_their_output_ledger_and_errors(self):
        self.start("worker")
        _, health = self.start("domain-worker", "--queue", "side")
        def caught(step, name, source):
            keep = {"id": f"keep-{name}", "type": "transform.assign", "config": {"assign": {f"vars.{name}": expr(source)}}}
            return {"id": f"guard-{name}", "type": "control.tryCatch", "captureErrorAs": "wrong", "try": [step], "catch": [keep]}

        run = self.stack.wait(self.launch([
            hosted("put", "store.set", {"space": "default", "key": "k", "value": expr("payload.n + 1")}),
            hosted("get", "store.get", {"space": "default", "key": "k"}, saveAs="vars.got"),
            caught(hosted("wrong", "store.set", {"space": "default"}), "why", "wrong.category & ' ' & wrong.code"),
            caught(hosted("unknown", "no.such", {}), "unknown", "wrong.code")], {"n": 41}))
        self.assertEqual(run["status"], "SUCCEEDED", run)
        seen = run["output"]["vars"]
        self.assertEqual((seen["got"]["value"], seen["why"], seen["unknown"]), (42, "ValidationError INPUT_INVALID", "ACTION_UNKNOWN"))
        kept = self.stack.call("GET", f"/api/v1/runs/{run['runId']}/invocations")["items"]
        self.assertEqual([(row["actionId"], row["status"]) for row in kept],
                         [("store.set", "SUCCEEDED"), ("store.get", "SUCCEEDED"), ("store.set", "FAILED"), ("no.such", "FAILED")])
        told = self.metrics(health)
        self.assertEqual(told['fermata_ledger_total{outcome="begun"}'], 4)
        self.assertEqual(told['fermata_ledger_total{outcome="failed"}'], 2)
        self.assertEqual(told['fermata_action_seconds_count{action="store.set"}'], 2)

    def drained(self, command, steps, *options):
        """A stop while an action runs: it is finished, acted once, and the process ends well."""
        shop = SlowShop()
        self.addCleanup(shop.close)
        process, health = self.start(command, *options)
        run = self.launch(steps(shop.url))
        self.assertTrue(shop.asked.acquire(timeout=harness.PATIENCE_S))
        self.assertEqual(self.metrics(health)["fermata_activities_outstanding"], 1)
        process.child.terminate()
        until(lambda: get(health + "/readyz")[0], lambda status: status == 503)
        self.assertEqual(get(health + "/healthz")[0], 200)
        shop.go_on.set()
        self.assertEqual(process.child.wait(timeout=harness.PATIENCE_S), 0)
        return shop, run

    def test_a_worker_that_is_stopped_finishes_what_runs(self):
        shop, run = self.drained("worker", lambda url: [
            action("ask", "http.request", {"method": "POST", "url": url, "body": {}}),
            {"id": "then", "type": "transform.assign", "config": {"assign": {"vars.x": expr("1")}}}])
        self.start("worker")
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual(shop.count, 1)

    def test_rows_that_a_dead_worker_left_unwritten_are_made_again(self):
        """Rows are not awaited while a task goes on inside its worker: here Temporal knows a step's end before the database does."""
        shop = SlowShop()
        self.addCleanup(shop.close)
        process, _ = self.start("worker")
        run = self.launch([action("ask", "http.request", {"method": "POST", "url": shop.url, "body": {}}),
                           action("told", "log", {"message": "after"}),
                           {"id": "then", "type": "transform.assign", "config": {"assign": {"vars.x": expr("1")}}}])
        self.assertTrue(shop.asked.acquire(timeout=harness.PATIENCE_S))
        with contextlib.closing(sqlite3.connect(self.stack.data / "fermata.db", timeout=harness.PATIENCE_S, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            shop.go_on.set()
            until(lambda: [event["eventType"] for event in self.stack.history(run)], lambda kinds: "EVENT_TYPE_MARKER_RECORDED" in kinds)
            process.kill()
            self.assertEqual([step["status"] for step in self.stack.steps(run)], ["STARTED"])
            other.execute("ROLLBACK")
        self.start("worker")
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        until(lambda: [step["status"] for step in self.stack.steps(run)], lambda all_of: all_of == ["SUCCEEDED"] * 3)
        until(lambda: run_program("rebuild", "--all", "--check", "--data", self.stack.data).stdout, lambda said: said.endswith(" 0 differences\n"))
        self.assertEqual(shop.count, 1)

    def test_a_domain_worker_that_is_stopped_finishes_what_runs(self):
        self.start("worker")
        shop, run = self.drained("domain-worker", lambda url: [hosted("ask", "http.request", {"method": "POST", "url": url, "body": {}})],
                                 "--queue", "side")
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual(shop.count, 1)

    def test_a_server_that_is_stopped_answers_what_is_under_way(self):
        self.start("worker")
        waiting = self.launch([{"id": "hear", "type": "event.wait", "config": {"eventName": "NEVER", "correlationKey": expr("'k'")}}])
        self.stack.publish_definition({"id": "asked-for", "version": 1, "name": "asked-for", "payloadSchemaRef": "payload.Any.v1",
                                       "steps": [{"id": "a", "type": "transform.assign", "config": {"assign": {"vars.x": expr("1")}}}]})
        server, health = self.start("server", "--port", "0", "--rate", "0")
        address = re.search(r'"api":"(http[^"]+)"', (self.stack.data / f"server-{self.number}.log").read_text()).group(1)
        api = harness.Api(address, self.stack.token, self.stack.data)
        live = LiveReader(api, waiting)
        self.assertTrue(live.read(1))
        half = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=harness.PATIENCE_S)
        body = b'{"payload": {}, "idempotencyKey": "half"}'
        half.putrequest("POST", "/api/v1/workflows/asked-for/runs")
        for name, value in (("Authorization", f"Bearer {self.stack.token}"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            half.putheader(name, value)
        half.endheaders(body[:5])
        told, lost, begun = {}, [], threading.Barrier(9)

        def ask(who):
            """Until nobody is there any more."""
            begun.wait()
            for n in range(100_000):
                key = f"{who}-{n}"
                try:
                    told[key] = api.call("POST", "/api/v1/workflows/asked-for/runs", {"payload": {}, "idempotencyKey": key})["runId"]
                except ConnectionRefusedError:
                    return
                except (OSError, http.client.HTTPException) as failure:
                    if isinstance(getattr(failure, "reason", None), ConnectionRefusedError):
                        return
                    lost.append(key)

        callers = [threading.Thread(target=ask, args=(who,)) for who in range(8)]
        for caller in callers:
            caller.start()
        begun.wait()
        until(lambda: len(told), lambda count: count > 30)
        server.child.terminate()
        stopped_at = time.monotonic()
        for caller in callers:
            caller.join()
        self.assertEqual(get(health + "/readyz")[0], 503)
        half.send(body[5:])
        answer = half.getresponse()
        self.assertEqual((answer.status, answer.getheader("Connection")), (202, "close"))
        told["half"] = json.loads(answer.read())["runId"]
        self.assertNotIn("end", [name for _, name, _ in live.read()])
        self.assertEqual(server.child.wait(timeout=harness.PATIENCE_S), 0)
        print(f"\n  {len(told)} requests were answered, {len(lost)} turned away unread; gone {time.monotonic() - stopped_at:.1f} s after the signal")
        self.assertLess(time.monotonic() - stopped_at, 30)
        # Who was turned away may ask elsewhere: nothing was done for them. Who was answered has a run.
        for run in told.values():
            self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.assertEqual(self.stack.call("GET", "/api/v1/run-counts?workflowId=asked-for")["total"], len(told))

    def test_probes_tell_a_process_that_lives_from_one_that_works(self):
        addresses = [self.start("worker")[1], self.start("domain-worker", "--queue", "side")[1]]
        for address in addresses:
            self.assertEqual([get(address + path)[0] for path in ("/healthz", "/readyz")], [200, 200])
        self.stack.stop()
        for address in addresses:
            status, text = until(lambda address=address: get(address + "/readyz"), lambda seen: seen[0] == 503)
            self.assertNotEqual(json.loads(text)["checks"]["temporal"], "ok")
            self.assertEqual(json.loads(text)["checks"]["store"], "ok")
            self.assertEqual(get(address + "/healthz")[0], 200)

    def test_every_metric_of_the_dashboard_is_told_by_a_product_that_runs(self):
        _, worker = self.start("worker")
        _, side = self.start("domain-worker", "--queue", "side")
        _, server = self.start("server", "--port", "0")
        self.stack.wait(self.launch([hosted("put", "store.set", {"space": "default", "key": "k", "value": 1})]))
        failed = self.launch([{"id": "fail", "type": "transform.assign", "config": {"assign": {"vars.x": expr("$number('x')")}}}])
        self.assertEqual(self.stack.wait(failed)["status"], "FAILED")
        waiting = self.launch([{"id": "hear", "type": "event.wait", "config": {"eventName": "PAID", "correlationKey": expr("'k'")}}])
        until(lambda: self.stack.run(waiting)["status"], lambda status: status == "WAITING")
        # The event comes in by the stack's own API, which signals the run.
        self.stack.call("POST", "/api/v1/events", {"eventName": "PAID", "correlationKey": "k", "payload": {}})
        self.assertEqual(self.stack.wait(waiting)["status"], "SUCCEEDED")
        request = urllib.request.Request(self.stack.api + "/metrics", headers={"Authorization": f"Bearer {self.stack.token}"})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE_S) as answer:
            own = answer.read().decode()
        self.assertIn("fermata_wakeup_seconds_count 1", own)
        self.assertIn('fermata_queue_pollers{kind="workflow"} 1', own)
        told = self.metrics(worker)
        self.assertEqual(told['fermata_run_failures_total{category="ExpressionError"}'], 1)
        self.assertEqual(told['fermata_runs_ended_total{status="SUCCEEDED"}'], 2)
        self.assertGreater(told["fermata_projection_write_seconds_count"], 0)
        exported = {}
        for series in (series for address in (worker, side, server) for series in self.metrics(address)):
            name, _, labels = series.partition("{")
            known = exported.setdefault(name, {})
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
                known.setdefault(label, set()).add(value)
        named = set()
        for panel in dashboard()["panels"]:
            for target in panel["targets"]:
                metrics, grouped = looked_up(target["expr"])
                self.assertTrue(metrics, target)
                for name, wanted in metrics:
                    self.assertIn(name, exported, panel["title"])
                    for label, value in wanted:
                        self.assertIn(value, exported[name].get(label, ()), f"{panel['title']}: {name} has no {label}={value}")
                    self.assertLessEqual(grouped, set(exported[name]), f"{panel['title']}: {name} is not told by these")
                self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), grouped - {"le"}, panel["title"])
                named |= {name for name, _ in metrics}
        self.assertGreater(len(named), 10)
        # And the other way round: what is told and looked at by nobody would be noise.
        bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported if name.startswith("fermata_")}
        self.assertEqual({base for base in bases if not any(name.startswith(base) for name in named)}, set())


class Dashboard(unittest.TestCase):
    """The file follows Grafana's model of a dashboard; what it looks at is tried above."""

    UNITS = {"short", "s", "ops"}

    def test_it_is_one_that_grafana_takes(self):
        made = dashboard()
        for member, kind in (("title", str), ("uid", str), ("schemaVersion", int), ("version", int), ("refresh", str), ("time", dict),
                             ("tags", list), ("templating", dict), ("panels", list)):
            self.assertIsInstance(made[member], kind, member)
        self.assertLessEqual(len(made["uid"]), 40)
        self.assertEqual(set(made["time"]), {"from", "to"})
        # Its own source of data, which whoever imports it chooses.
        variables = {variable["name"]: (variable["type"], variable["query"]) for variable in made["templating"]["list"]}
        self.assertEqual(variables, {"source": ("datasource", "prometheus")})
        source = {"type": "prometheus", "uid": "${source}"}
        ids = [panel["id"] for panel in made["panels"]]
        self.assertEqual(len(set(ids)), len(ids))
        taken = {}
        for panel in made["panels"]:
            title = panel["title"]
            self.assertEqual((panel["type"], panel["datasource"]), ("timeseries", source), title)
            self.assertTrue(title and panel["description"], panel["id"])
            place = panel["gridPos"]
            self.assertTrue(place["w"] > 0 and place["h"] > 0 and place["x"] >= 0 and place["y"] >= 0 and place["x"] + place["w"] <= 24, title)
            for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])):
                self.assertNotIn(cell, taken, f"{title} lies over {taken.get(cell)}")
                taken[cell] = title
            self.assertIn(panel["fieldConfig"]["defaults"]["unit"], self.UNITS, title)
            self.assertEqual(panel["fieldConfig"]["overrides"], [])
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(letters, [chr(ord("A") + n) for n in range(len(letters))], title)
            for target in panel["targets"]:
                self.assertEqual(target["datasource"], source, title)
                self.assertTrue(target["legendFormat"], title)
                unit = "s" if "_seconds" in target["expr"] else "ops" if "rate(" in target["expr"] else "short"
                self.assertEqual(panel["fieldConfig"]["defaults"]["unit"], unit, title)

    def test_what_a_query_looks_up_is_read_off_it(self):
        self.assertEqual(looked_up('histogram_quantile(0.5, sum by (le, action) (rate(a_bucket{kind="x",b!="y"}[5m])))'),
                         ([("a_bucket", [("kind", "x"), ("b", "y")])], {"le", "action"}))
        self.assertEqual(looked_up("max(a) / sum without (b) (c)"), ([("a", []), ("c", [])], {"b"}))


class PayloadKeys(OnWorkers):
    """A long action that a worker without the payload key takes waits for one that has it."""

    def options(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.keys, self.strange = folder / "payload.keys", folder / "strange.keys"
        self.keys.write_text("a1" * 32 + "\n")
        self.strange.write_text("c3" * 32 + "\n")
        return ["--payload-keys", str(self.keys)]

    def told_of(self, run, health):
        """What a worker without the key says, and that the run goes on waiting."""
        until(lambda: self.metrics(health)["fermata_actions_sealed_total"], lambda count: count >= 2)
        why = until(lambda: self.stack.call("GET", f"/api/v1/runs/{run}/diagnosis"),
                         lambda why: "ACTION_SEALED" in [finding["code"] for finding in why["findings"]])
        self.assertEqual(why["status"], "RUNNING")
        self.assertIn('"code":"PAYLOAD_SEALED"', (self.stack.data / f"{self.keyless}-{self.number}.log").read_text())

    def replays(self):
        done = subprocess.run([harness.program(), "replay-check", "--data", str(self.stack.data), "--temporal-address", self.stack.temporal,
                               "--recent", "10", "--payload-keys", str(self.keys)], text=True, capture_output=True, check=False, timeout=120)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (0, "1 replayed, 0 diverged"), done.stdout + done.stderr)

    def test_a_durable_action_waits_for_a_worker_with_the_key(self):
        shop = SlowShop()
        self.addCleanup(shop.close)
        first, _ = self.start("worker", "--payload-keys", str(self.keys))
        run = self.launch([action("ask", "http.request", {"method": "POST", "url": shop.url, "body": {}}) | {"execution": "durable"}])
        self.assertTrue(shop.asked.acquire(timeout=harness.PATIENCE_S))
        # It dies over the action, which Temporal then gives to whoever asks.
        first.kill()
        self.keyless = "worker"
        _, health = self.start("worker")
        self.told_of(run, health)
        shop.go_on.set()
        self.start("worker", "--payload-keys", str(self.keys))
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        self.replays()

    def test_an_action_on_another_queue_waits_for_a_worker_with_the_key(self):
        self.start("worker", "--payload-keys", str(self.keys))
        self.keyless = "domain-worker"
        keyless, health = self.start("domain-worker", "--queue", "side", "--payload-keys", str(self.strange))
        run = self.launch([hosted("put", "store.set", {"space": "default", "key": "k", "value": 7})])
        self.told_of(run, health)
        keyless.stop()
        self.start("domain-worker", "--queue", "side", "--payload-keys", str(self.keys))
        self.assertEqual(self.stack.wait(run)["status"], "SUCCEEDED")
        kept = self.stack.call("GET", f"/api/v1/runs/{run}/invocations")["items"]
        self.assertEqual([(row["actionId"], row["status"], row["attempt"]) for row in kept], [("store.set", "SUCCEEDED", 1)])
        self.replays()

    def test_a_run_that_waits_for_a_key_can_be_canceled(self):
        self.start("worker", "--payload-keys", str(self.keys))
        self.keyless = "domain-worker"
        _, health = self.start("domain-worker", "--queue", "side")
        run = self.launch([hosted("put", "store.set", {"space": "default", "key": "k", "value": 7})])
        self.told_of(run, health)
        self.stack.call("POST", f"/api/v1/runs/{run}/cancel", {"reason": "there is no key"})
        self.assertEqual(self.stack.wait(run)["status"], "CANCELED")


if __name__ == "__main__":
    unittest.main()
