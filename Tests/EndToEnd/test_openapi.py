"""The running daemon is what its OpenAPI document says: each route's real answer, and whatever
schemathesis makes up. SYNC_EXAMPLES is how many requests it makes up for each operation."""

import json
import os
import subprocess
import urllib.parse

from api import APITest, Events, ask
from device import PREFIX, ROOT, wait_until
from harness import number

PYTHON = f"{ROOT}/.build/python/bin"
OPEN = {("get", "/health"), ("get", "/api/health"), ("get", "/api/openapi.json")}
# Not JSON, or no body at all.
PLAIN = {"get /metrics", "get /api/sync/events", "get /api/sync/blob/{rev}/{path}",
         "delete /api/sync/tokens/{name}", "delete /api/sync/sessions",
         "get /login/{code}"}  # fmt: skip


class DescribedTest(APITest):
    """Gives each test a daemon with something behind every route, and its description."""

    sync = {"poll": '"1h"'}

    def setUp(self):
        super().setUp()
        self.assertTrue(os.path.exists(f"{PYTHON}/st"),
                        "no .build/python: ./setup.sh test makes it")  # fmt: skip
        self.ada = self.listening()
        self.admin = self.token(self.ada, "admin")
        self.document = self.ask("GET", "/api/openapi.json").json
        self.fill()

    def ask(self, method, target, body=None, **more):
        return ask(self.ada.port, method, target, body, token=self.admin, **more)

    def fill(self):
        """A history, a deletion, a held path, an open conflict, a resolved one, a delivery."""
        bob = self.device("bob")
        self.ada.write("one.md", "one\n")
        self.ada.write("people.md", "- a\n- b\n")
        self.ada.write("gone.md", "gone\n")
        self.ada.write("picture.bin", b"\0\1")
        self.wait_in_sync(self.ada, bob)
        bob.stop()
        self.ada.write("one.md", "one of ada\n")
        self.ada.write("picture.bin", b"\0\2")
        self.ada.ctl("flush", "--pushed")
        bob.write("one.md", "one of bob\n")
        bob.write("picture.bin", b"\0\3")
        os.unlink(bob.path("gone.md"))
        bob.start()
        self.wait_in_sync(self.ada, bob)
        bob.stop()
        os.rename(self.ada.path("people.md"), self.ada.path("persons.md"))
        os.mkfifo(self.ada.path("fifo"))
        self.ada.ctl("sync", expect=None)
        self.ask("POST", "/api/sync/webhook", {"ref": "refs/heads/other"})
        wait_until(lambda: self.ask("GET", "/api/sync/held").json, self.ada.output)


class Answers(DescribedTest):
    """What each route really answers."""

    def operations(self):
        """Each operation that is described: 'get /health'."""
        return {
            f"{method} {path}"
            for path, methods in self.document["paths"].items()
            for method in methods
            if method in ("get", "post", "delete", "put", "patch", "head")
        }

    def calls(self):
        """(operation, target, body) of requests that are answered well."""
        conflict = self.ask("GET", "/api/sync/conflicts").json[0]
        log = self.ask("GET", "/api/sync/history").json
        head, first = log[0]["commit"], log[-1]["commit"]
        path = "shared/files/one.md"
        gets = {
            "/health": "", "/api/health": "", "/api/openapi.json": "", "/status": "",
            "/api/sync/status": "", "/metrics": "", "/api/sync/deliveries": "?limit=5",
            "/api/sync/uncommitted": "",
            "/api/sync/held": "?ignored=true", "/api/sync/devices": "", "/api/sync/conflicts": "",
            "/api/sync/settled": "", "/api/sync/remote": "", "/api/sync/history": "?limit=100",
            "/api/sync/diff": f"?from={first}&to={head}", "/api/sync/blame": f"?path={path}",
            "/api/sync/deleted": "", "/api/sync/tokens": "",
        }  # fmt: skip
        for route, query in gets.items():
            yield f"get {route}", route + query, None
        yield "get /api/sync/diff", f"/api/sync/diff?from={first}", None
        for entry in log:
            yield "get /api/sync/commit/{rev}", f"/api/sync/commit/{entry['commit']}", None
        yield "get /api/sync/blob/{rev}/{path}", f"/api/sync/blob/{head}/{path}", None
        yield "get /api/sync/conflicts/{id}", f"/api/sync/conflicts/{conflict['id']}", None
        resolve = "/api/sync/conflicts/{id}/resolve"
        posts = {
            resolve: {
                "choice": "ours", "sides": [conflict["ours"], conflict["theirs"]],
                "dry_run": True},
            "/trigger-sync": None, "/api/sync/pull": None, "/api/sync/push": None,
            "/api/sync/flush": {}, "/api/sync/cycle": {}, "/api/sync/webhook": {"ref": "x"},
            "/api/sync": {"path": "shared/files/new.md", "content": "new\n"},
            "/api/sync/batch": {"writes": [{"path": path, "delete": True}]},
            "/api/sync/restore": {"paths": [path], "to": head},
            "/api/sync/rollback": {"to": first, "dry_run": True}, "/api/sync/undo": {},
            "/api/sync/type": {"pattern": "*.csv", "type": "simple"},
            "/api/sync/pause": None, "/api/sync/resume": None, "/api/sync/reload": None,
            "/api/sync/tokens": {"name": "new", "scope": "read"}, "/api/sync/login-links": None,
        }  # fmt: skip
        for route, body in posts.items():
            yield f"post {route}", route.replace("{id}", conflict["id"]), body
        yield "delete /api/sync/devices/{name}", "/api/sync/devices/bob", None
        yield "delete /api/sync/tokens/{name}", "/api/sync/tokens/new", None
        yield "delete /api/sync/sessions", "/api/sync/sessions", None

    def response(self, operation, status):
        """What is said of an answer; fails where nothing is."""
        method, path = operation.split(" ")
        responses = self.document["paths"][path][method]["responses"]
        self.assertIn(str(status), responses, operation)
        found = responses[str(status)]
        if "$ref" in found:
            found = self.document["components"]["responses"][found["$ref"].rpartition("/")[2]]
        return found

    def checked(self, operation, answer):
        """What is to be held against the document, of an answer."""
        content = self.response(operation, answer.status).get("content", {})
        kind = answer.header("content-type").partition(";")[0]
        if operation in PLAIN and answer.status < 300:
            self.assertEqual(bool(content), bool(answer.body), operation)
            return []
        self.assertIn(kind, content, operation)
        name = f"{operation} {answer.status}"
        return [{"name": name, "schema": content[kind]["schema"], "value": answer.json}]

    def test_each_answer_is_as_it_is_described(self):
        answers, seen = [], set()
        for operation, target, body in self.calls():
            answer = self.ask(operation.split(" ")[0].upper(), target, body)
            self.assertLess(answer.status, 300, f"{operation}: {answer}")
            answers += self.checked(operation, answer)
            seen.add(operation)
        # What there is nothing to choose about, what is malformed, and what nobody may.
        for operation, body, token in (
            ("post /api/sync/remote", {"choice": "accept"}, self.admin),
            ("post /api/sync/remote/skip", {"commit": "0" * 40}, self.admin),
            ("post /api/sync/rollback", {"to": "nothing"}, self.admin),
            ("post /api/sync", {"path": "../x", "content": ""}, self.admin),
            ("post /api/sync/restore", [], self.admin),
            ("get /status", None, None), ("get /status", None, "wrong"),
            ("get /login/{code}", None, None),
        ):  # fmt: skip
            method, route = operation.split(" ")
            answer = ask(self.ada.port, method.upper(), route, body, token=token)
            self.assertIn(answer.status, (400, 401, 404, 409, 422), f"{operation}: {answer}")
            answers += self.checked(operation, answer)
            seen.add(operation)
        with Events(self.ada.port, self.admin) as stream:
            self.assertEqual(stream.status, 200)
            answers += [
                {"name": "event state", "schema": {"$ref": "#/components/schemas/Status"},
                 "value": stream.next("state")}]  # fmt: skip
            seen.add("get /api/sync/events")
        self.assertEqual(self.operations() - seen, set(), "operations that were not asked")
        done = subprocess.run(
            [f"{PYTHON}/python", os.path.join(os.path.dirname(__file__), "described.py")],
            input=json.dumps({"document": self.document, "answers": answers}),
            capture_output=True, encoding="utf-8", check=False)  # fmt: skip
        self.assertEqual(done.stdout, "", done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        print(f"{len(answers)} answers of {len(seen)} operations are as they are described")


    def test_names_that_the_server_takes_are_described(self):
        schemas = self.document["components"]["schemas"]
        patterns = [schemas["RestoreRequest"]["properties"]["paths"]["items"]["pattern"],
                    schemas["FileWrite"]["properties"]["path"]["pattern"]]  # fmt: skip
        for pattern in patterns:
            for name in ("café.md", ".gitignore", "it's (1).md", "-x", "*.md", "...", "a/.b/c"):
                self.assertRegex(f"{PREFIX}/{name}", pattern)
            for name in ("/a", "a//b", "../a", "a/..", "a/./b", ""):
                self.assertNotRegex(name, pattern)
        for name in ("café.md", ".gitignore", "it's (1).md"):
            answer = self.ask("POST", "/api/sync", {"path": f"{PREFIX}/{name}", "content": "x\n"})
            self.assertEqual(answer.status, 200, answer)

    def test_a_name_that_is_no_text_is_asked_for_as_it_was_answered(self):
        self.ada.write(b"caf\xe9.md", "bytes\n")
        self.ada.ctl("flush", expect=None)
        (name,) = self.ask("GET", "/api/sync/history?limit=1").json[0]["paths"]
        answer = self.ask("GET", "/api/sync/blob/HEAD/" + urllib.parse.quote(name, safe=""))
        self.assertEqual((answer.status, answer.body), (200, b"bytes\n"))


class MadeUp(DescribedTest):
    """Requests that nobody wrote: no failure of the daemon's, nothing that is not described."""

    turn = APITest.FIRST

    def run_schemathesis(self, *arguments):
        """Runs it with the same numbers each time; gives (method, path, status) of each answer."""
        report = f"{self.top}/report.har"
        done = subprocess.run(
            [f"{PYTHON}/st", "run", f"http://127.0.0.1:{self.ada.port}/api/openapi.json",
             "--max-examples", str(number("SYNC_EXAMPLES", 5)),
             "--seed", str(number("SYNC_SEED", 7)), "--generation-database", "none",
             # A stream has no end; it has tests of its own.
             "--exclude-path", "/api/sync/events", "--continue-on-failure",
             "--phases", "examples,coverage,fuzzing", "--no-color", "--warnings", "off",
             "--report-har-path", report, *arguments],
            cwd=self.top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False)  # fmt: skip
        self.healthy(self.ada)
        self.assertEqual(done.returncode, 0, done.stdout[:20_000])
        with open(report, encoding="utf-8") as file:
            entries = json.load(file)["log"]["entries"]
        return [
            (entry["request"]["method"].lower(),
             entry["request"]["url"].partition(str(self.ada.port))[2].partition("?")[0],
             entry["response"]["status"])
            for entry in entries
        ]  # fmt: skip

    def test_with_a_login_nothing_fails_and_nothing_is_undescribed(self):
        answers = self.run_schemathesis(
            "--header", f"Authorization: Bearer {self.admin}", "--exclude-checks",
            # Who shows ten wrong logins in a minute is answered 429, not 401.
            "ignored_auth")  # fmt: skip
        self.assertGreater(len(answers), 300)
        self.assertEqual([answer for answer in answers if answer[2] >= 500], [])

    def test_without_a_login_nothing_is_given(self):
        answers = self.run_schemathesis(
            "--checks", "not_a_server_error,status_code_conformance,response_schema_conformance")
        self.assertGreater(len(answers), 300)
        given = {answer for answer in answers if 200 <= answer[2] < 400}
        self.assertEqual({answer[:2] for answer in given} - OPEN, set())
