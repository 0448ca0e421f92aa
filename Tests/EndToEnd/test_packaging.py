"""What stands in `hooks/` and `packaging/`, run and read as it is shipped, against fake targets."""

import hashlib
import hmac
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

from device import ROOT, wait_until

try:
    import yaml
except ImportError:
    yaml = None

HOOKS = f"{ROOT}/hooks"
# What the daemon's `/metrics` says, with the labels of each.
METRICS = {
    "syncd_syncs_total": {"result"}, "syncd_sync_duration_seconds": set(),
    "syncd_sync_duration_average_seconds": set(), "syncd_last_sync_timestamp_seconds": set(),
    "syncd_pending_changes": set(), "syncd_commits_to_push": set(),
    "syncd_conflicts_resolved_total": set(), "syncd_open_conflicts": set(),
    "syncd_quarantined_paths": set(),
    "syncd_stage_duration_seconds": {"stage"}, "syncd_edit_to_pushed_seconds": set(),
    "syncd_webhook_deliveries_total": {"result"}, "syncd_retries_total": set(),
    "syncd_watches": set(), "syncd_watches_limit": set(), "syncd_event_streams": set(),
    "process_resident_memory_bytes": set(), "process_cpu_seconds_total": set(),
    "process_open_fds": set(), "up": set(),
}  # fmt: skip
METRIC = re.compile(r"\b(?:syncd|process)_[a-z_]+|\bup\b")


class Target:
    """An HTTP server that keeps what it is sent and answers with one status."""

    def __init__(self, status=202):
        self.requests = []
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Keeps the request."""

            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                target.requests.append((self.path, self.headers, body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


class Shipped(unittest.TestCase):
    """A directory for each test, and a target."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="e2e-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.environment = {"PATH": f"{self.top}/bin:{os.environ['PATH']}", "HOME": self.top}
        os.makedirs(f"{self.top}/bin")

    def target(self, status=202):
        """A server that is there for one test."""
        target = Target(status)
        self.addCleanup(target.stop)
        return target

    def fake(self, name, text):
        """A program that comes before the real one."""
        with open(f"{self.top}/bin/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{self.top}/bin/{name}", 0o700)

    def run_program(self, *words, told=None, expect=0, **variables):
        """Runs a program with JSON on its input; gives the finished process."""
        given = told if isinstance(told, str) or told is None else json.dumps(told)
        done = subprocess.run(
            words, input=given, env=self.environment | variables, capture_output=True, text=True,
            check=False, timeout=60)  # fmt: skip
        self.assertEqual(done.returncode, expect, f"{words}: {done.stdout}{done.stderr}")
        return done


CONFLICT = {"hook": "on-conflict", "vault": "default", "device": "ada",
            "conflicts": [{"path": "notes/<b>a&b.md"}], "omitted": 0}  # fmt: skip
OFFLINE = {"hook": "on-offline", "vault": "default", "device": "ada", "state": "offline",
           "reasons": ["the remote is away: mount it", "2 commits wait to be pushed"]}  # fmt: skip


class Examples(Shipped):
    """The hooks of `hooks/examples`."""

    def test_a_notification(self):
        self.fake("notify-send", f'#!/bin/sh\nprintf "%s\\n" "$@" > {self.top}/shown\n')
        for told, expected in (
            (CONFLICT, ["--urgency=critical", "--app-name=syncd", "--",
                        "Conflict in default on ada", "notes/&lt;b>a&amp;b.md",
                        "syncctl conflicts"]),
            (OFFLINE, ["--urgency=critical", "--app-name=syncd", "--",
                       "default on ada is offline",
                       "the remote is away: mount it", "2 commits wait to be pushed"]),
            (OFFLINE | {"hook": "post-sync", "changes": [{"path": "a.md"}], "omitted": 2},
             ["--urgency=normal", "--app-name=syncd", "--", "default on ada is in sync", "a.md"]),
        ):  # fmt: skip
            self.run_program(f"{HOOKS}/examples/notify", told=told)
            with open(f"{self.top}/shown", encoding="utf-8") as file:
                self.assertEqual(file.read().splitlines()[: len(expected)], expected)

    def test_a_message(self):
        place = f"{self.top}/on-blocked"
        shutil.copy(f"{HOOKS}/examples/chat", place)
        target = self.target(200)
        for path, key in (("/services/T0/B0/canary", "text"), ("/discord/canary", "content")):
            with open(f"{self.top}/chat-url", "w", encoding="utf-8") as file:
                file.write(f"{target.base}{path}\n")
            os.chmod(f"{self.top}/chat-url", 0o600)
            self.run_program(place, told=OFFLINE)
            asked, _, body = target.requests[-1]
            self.assertEqual(asked, path)
            self.assertIn("default on ada is offline: the remote is away", json.loads(body)[key])
        # The address is a secret: others may not read it, and no failure says it.
        os.chmod(f"{self.top}/chat-url", 0o644)
        done = self.run_program(place, told=OFFLINE, expect=1)
        self.assertIn("others may read", done.stderr)
        os.chmod(f"{self.top}/chat-url", 0o600)
        for base, words in ((self.target(404).base, "answers 404"), ("http://127.0.0.1:1", "reach"),
                            ("canary", "reach")):  # fmt: skip
            with open(f"{self.top}/chat-url", "w", encoding="utf-8") as file:
                file.write(f"{base}/canary\n")
            done = self.run_program(place, told=OFFLINE, expect=1)
            self.assertIn(words, done.stderr)
            self.assertNotIn("canary", done.stderr + done.stdout)

    def test_an_index(self):
        notes = f"{self.top}/notes"
        os.makedirs(f"{notes}/d")
        for name, text in (("a.md", "a"), ("d/b.txt", "b"), ("c.png", "c")):
            with open(f"{notes}/{name}", "w", encoding="utf-8") as file:
                file.write(text)

        def change(name, kind="added"):
            return {"path": f"shared/{name}", "file": f"{notes}/{name}", "change": kind}

        def index():
            with open(f"{self.top}/.local/state/syncd-index/default.json", "rb") as file:
                return set(json.load(file))

        told = {"hook": "post-sync", "vault": "default", "omitted": 0}
        program = f"{HOOKS}/examples/reindex"
        first = told | {"changes": [change("a.md"), change("c.png"), change("gone.md")]}
        self.run_program(program, told=first)
        self.assertEqual(index(), {"shared/a.md"})
        self.run_program(program, told=told | {"changes": [change("a.md", "deleted")]})
        self.assertEqual(index(), set())
        # More changed than it is told: it goes through the folder.
        done = self.run_program(program, told=told | {"changes": [change("d/b.txt")], "omitted": 7})
        self.assertEqual(index(), {"shared/a.md", "shared/d/b.txt"})
        self.assertIn("2 texts", done.stdout)

    def test_a_guard(self):
        repository = f"{self.top}/r.git"
        self.run_program("git", "init", "-q", "--bare", repository)
        changes = []
        texts = {"key": "-----BEGIN OPENSSH PRIVATE KEY-----\n", "token": "x ghp_" + "a" * 36,
                 "note": "a note on ghp_ tokens\n", "more": "AKIA" + "A" * 16}  # fmt: skip
        for path, text in texts.items():
            done = self.run_program("git", "-C", repository, "hash-object", "-w", "--stdin",
                                    told=text)  # fmt: skip
            changes.append({"path": path, "blob": done.stdout.strip()})
        changes.append({"path": "gone", "blob": None})
        asked = {"hook": "pre-commit", "repository": repository, "changes": changes}
        done = self.run_program(f"{HOOKS}/examples/no-secrets", told=asked)
        hold = {one["path"]: one["words"] for one in json.loads(done.stdout)["hold"]}
        self.assertEqual(set(hold), {"key", "token", "more"})
        self.assertEqual(hold["key"], "there seems to be a private key in it")


class Senders(Shipped):
    """What tells a device about a push."""

    SECRET = "It's a Secret to Everybody"

    def test_post_receive(self):
        target = self.target()
        repository, work = f"{self.top}/r.git", f"{self.top}/w"
        for words in (("init", "-q", "--bare", repository), ("init", "-q", work)):
            self.run_program("git", *words)
        with open(f"{self.top}/secret", "w", encoding="utf-8") as file:
            file.write(f"{self.SECRET}\nan older one\n")
        shutil.copy(f"{HOOKS}/post-receive", f"{repository}/hooks/post-receive")
        for key, value in (("syncd.webhook", f"{target.base}/api/sync/webhook"),
                           ("syncd.webhook", "http://127.0.0.1:1/asleep"),
                           ("syncd.secretFile", f"{self.top}/secret")):  # fmt: skip
            self.run_program("git", "-C", repository, "config", "--add", key, value)
        self.run_program("git", "-C", work, "-c", "user.name=a", "-c", "user.email=a@b.invalid",
                         "commit", "-q", "--allow-empty", "-m", "one")  # fmt: skip
        head = self.run_program("git", "-C", work, "rev-parse", "HEAD").stdout.strip()
        self.run_program("git", "-C", work, "push", "-q", repository, "HEAD:other")
        self.run_program("git", "-C", work, "push", "-q", repository, "HEAD:sync")
        wait_until(lambda: target.requests, "nothing was sent")
        path, headers, body = target.requests[0]
        signed = hmac.new(self.SECRET.encode(), body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Hub-Signature-256"], f"sha256={signed}")
        self.assertEqual((path, headers["X-GitHub-Event"]), ("/api/sync/webhook", "push"))
        self.assertTrue(headers["X-GitHub-Delivery"])
        words = json.loads(body)
        self.assertEqual(words.pop("delivery"), headers["X-GitHub-Delivery"])
        self.assertEqual(words, {"ref": "refs/heads/sync", "before": "0" * 40, "after": head})
        # Another branch and a deletion tell nobody.
        self.run_program("git", "-C", work, "push", "-q", repository, ":sync")
        self.assertEqual(len(target.requests), 1)

    @unittest.skipUnless(yaml, "there is no PyYAML")
    def test_the_workflow_is_one(self):
        flow = self.workflow()
        # YAML 1.1 reads the key `on` as true.
        self.assertEqual(flow[True], {"push": {"branches": ["sync"]}})
        self.assertIn("${{ github.ref }}", flow["concurrency"]["group"])
        self.assertEqual(flow["permissions"], {})
        self.assertTrue(self.step()["run"])

    @unittest.skipUnless(yaml and shutil.which("jq") and shutil.which("curl"), "needs jq and curl")
    def test_the_workflow_s_script_tells_a_device(self):
        target = self.target()
        # Whoever runs it has no argument in sight that holds the token.
        self.fake("curl", f'#!/bin/sh\nprintf "%s\\n" "$@" >> {self.top}/seen\n'
                  f'exec {shutil.which("curl")} "$@"\n')  # fmt: skip
        variables = {
            "SYNCD_URL": f"{target.base}/", "SYNCD_TOKEN": "canary-token", "REF": "refs/heads/sync",
            "BEFORE": "0" * 40, "AFTER": "a" * 40, "REPOSITORY": 'me/"notes"', "DELIVERY": "17-1",
        }  # fmt: skip
        self.assertEqual(set(self.step()["env"]), set(variables))
        script = self.step()["run"]
        done = self.run_program("bash", "-e", "-c", script, **variables)
        path, headers, body = target.requests[0]
        self.assertEqual(path, "/api/sync/webhook")
        self.assertEqual(headers["Authorization"], "Bearer canary-token")
        self.assertEqual(headers["X-GitHub-Delivery"], "17-1")
        self.assertEqual(headers["X-GitHub-Event"], "push")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(body), {
            "ref": "refs/heads/sync", "before": "0" * 40, "after": "a" * 40,
            "repository": {"full_name": 'me/"notes"'}})  # fmt: skip
        with open(f"{self.top}/seen", encoding="utf-8") as file:
            self.assertNotIn("canary", file.read() + done.stdout + done.stderr)
        # Without secrets, as in a fork, it passes and says so; a refusal fails.
        done = self.run_program("bash", "-e", "-c", script, **(variables | {"SYNCD_TOKEN": ""}))
        self.assertIn("no device is told", done.stdout)
        self.assertEqual(len(target.requests), 1)

    @staticmethod
    def workflow():
        """The workflow as it is shipped."""
        with open(f"{HOOKS}/auto-sync.yml", encoding="utf-8") as file:
            return yaml.safe_load(file)

    def step(self):
        """Its one step."""
        (step,) = self.workflow()["jobs"]["tell"]["steps"]
        return step


class Monitoring(Shipped):
    """The dashboard and the alert rules."""

    def check(self, expression):
        """Every metric that an expression names is one that the daemon has."""
        for name in METRIC.findall(expression):
            base = re.sub(r"_(bucket|count|sum)$", "", name)
            self.assertIn(base, METRICS, expression)
            if base != name:
                self.assertIn("_seconds", base, expression)

    def test_the_dashboard_asks_for_what_there_is(self):
        with open(f"{ROOT}/packaging/grafana-dashboard.json", encoding="utf-8") as file:
            dashboard = json.load(file)
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        lists = dashboard["templating"]["list"]
        asked += [one["definition"] for one in lists if "definition" in one]
        for expression in asked:
            self.check(expression)
        shown = {re.sub(r"_bucket$", "", name) for text in asked for name in METRIC.findall(text)}
        self.assertEqual(shown, set(METRICS) - {"up"})
        self.assertEqual(
            len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))

    @unittest.skipUnless(shutil.which("promtool"), "there is no promtool")
    def test_the_dashboard_s_expressions_are_right(self):
        with open(f"{ROOT}/packaging/grafana-dashboard.json", encoding="utf-8") as file:
            panels = json.load(file)["panels"]
        rules = []
        for panel in panels:
            for number, target in enumerate(panel["targets"]):
                text = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".+")
                rules.append({"record": f"panel:{panel['id']}:{number}", "expr": text})
        path = f"{self.top}/rules.yml"
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
        self.run_program("promtool", "check", "rules", path)

    @unittest.skipUnless(shutil.which("promtool") and yaml, "there is no promtool")
    def test_the_alerts(self):
        path = f"{ROOT}/packaging/alerts.yml"
        self.run_program("promtool", "check", "rules", path)
        with open(path, encoding="utf-8") as file:
            for rule in yaml.safe_load(file)["groups"][0]["rules"]:
                self.check(rule["expr"])
        self.run_program("promtool", "test", "rules", self.cases(path))

    def cases(self, rules):
        """What fires when, as promtool tests it: each alert once, and none while all is well."""
        label = '{instance="ada:8390", job="syncd"}'
        well = {
            f"up{label}": "1x330", f"syncd_last_sync_timestamp_seconds{label}": "0+300x330",
            f"syncd_pending_changes{label}": "0x330", f"syncd_commits_to_push{label}": "0x330",
            f"syncd_open_conflicts{label}": "0x330",
            f"syncd_quarantined_paths{label}": "0x330", f"syncd_watches{label}": "10x330",
            f"syncd_watches_limit{label}": "100x330", f"syncd_retries_total{label}": "0x330",
            f"process_resident_memory_bytes{label}": "5e7x330",
            self.with_label("syncd_syncs_total", "result", "success"): "0+1x330",
            self.with_label("syncd_syncs_total", "result", "failure"): "0x330",
            self.with_label("syncd_webhook_deliveries_total", "result", "refused"): "0x330",
            self.with_label("syncd_edit_to_pushed_seconds_bucket", "le", "1"): "0+1x330",
            self.with_label("syncd_edit_to_pushed_seconds_bucket", "le", "300"): "0+1x330",
            self.with_label("syncd_edit_to_pushed_seconds_bucket", "le", "+Inf"): "0+1x330",
        }  # fmt: skip
        ill = {
            "SyncdDown": {f"up{label}": "0x330"},
            "SyncdNotSyncing": {f"syncd_last_sync_timestamp_seconds{label}": "0x330",
                                f"syncd_commits_to_push{label}": "3x330"},
            "SyncdFailing": {
                self.with_label("syncd_syncs_total", "result", "failure"): "0+9x330",
                self.with_label("syncd_syncs_total", "result", "success"): "9x330"},
            "SyncdConflictsOpen": {f"syncd_open_conflicts{label}": "2x330"},
            "SyncdPathsHeld": {f"syncd_quarantined_paths{label}": "2x330"},
            "SyncdSlow": {
                self.with_label("syncd_edit_to_pushed_seconds_bucket", "le", "1"): "0x330"},
            "SyncdRetrying": {f"syncd_retries_total{label}": "0+20x330"},
            "SyncdWatchesNearLimit": {f"syncd_watches{label}": "95x330"},
            "SyncdDeliveriesRefused": {
                self.with_label("syncd_webhook_deliveries_total", "result", "refused"): "0+9x330"},
            "SyncdLarge": {f"process_resident_memory_bytes{label}": "6e8x330"},
        }  # fmt: skip
        tests = []
        for name in [None, *ill]:
            series = well | ill.get(name, {})
            tests.append({
                "interval": "5m",
                "input_series": [{"series": key, "values": value} for key, value in series.items()],
                # Whether it fires: its labels are compared, its words are not.
                "promql_expr_test": [{
                    "expr": f'count by (alertname) (ALERTS{{alertstate="firing"}})'
                    + (f' and on(alertname) ALERTS{{alertname="{name}"}}' if name else ""),
                    "eval_time": "1590m",
                    "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1}]
                    if name else [],
                }],
            })  # fmt: skip
        path = f"{self.top}/cases.yml"
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"rule_files": [rules], "evaluation_interval": "5m", "tests": tests}, file)
        return path

    @staticmethod
    def with_label(name, key, value):
        """A series with one label more."""
        return f'{name}{{instance="ada:8390", job="syncd", {key}="{value}"}}'


if __name__ == "__main__":
    unittest.main()
