"""GitHub's webhook, against a server that speaks its REST API, over TLS: made once, and asked for
what it could not deliver."""

import http.server
import json
import socket
import ssl
import threading
import time
import urllib.parse

import servers
from api import APITest, ask, signature
from device import wait_until

TOKEN = "ghp_a_token"


SECRET = "a secret"
PAGE = 100
HOOK = "/api/v3/repos/me/notes/hooks/7/deliveries"


class GitHub(http.server.BaseHTTPRequestHandler):
    """The routes of one repository's webhooks."""

    protocol_version = "HTTP/1.1"
    hooks = []
    seen = []
    # What was delivered, the newest first; what was asked for again; where to.
    deliveries = []
    attempts = []
    receiver = None
    # Of questions for a page: (its number, what came as If-None-Match, the status).
    pages = []
    limits = []
    allows = True

    def answer(self, status, value, **headers):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refused(self):
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.answer(401, {"message": "Bad credentials"})
        elif not self.allows or not self.path.startswith("/api/v3/repos/me/notes/hooks"):
            self.answer(404, {"message": "Not Found"})
        else:
            return False
        return True

    def do_GET(self):
        if self.refused():
            return
        if self.path.startswith(HOOK):
            self.page()
        else:
            self.answer(200, self.hooks)

    def page(self):
        """A page of deliveries, with the mark of the next one."""
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        number = int(query.get("cursor", "v1_0").removeprefix("v1_"))
        known = self.headers["If-None-Match"]
        part = self.deliveries[number * PAGE : (number + 1) * PAGE]
        headers = {"ETag": f'"{hash(json.dumps(part))}"'}
        if (number + 1) * PAGE < len(self.deliveries):
            # Whoever follows this URL shows its login to somebody else.
            headers["Link"] = (
                f'<https://evil.example{HOOK}?per_page=100&cursor=v1_{number + 1}>; rel="next"')
        if self.limits and self.limits[0][0] == number:
            status, value, more = self.limits.pop(0)[1:]
        elif known == headers["ETag"]:
            status, value, more = 304, None, headers
        else:
            status, value, more = 200, part, headers
        self.pages.append((number, known, status))
        self.answer(status, value, **more)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.refused():
            return
        if self.path.startswith(HOOK):
            number = int(self.path.removeprefix(f"{HOOK}/").removesuffix("/attempts"))
            self.attempts.append((number, time.monotonic()))
            self.answer(202, {})
            self.deliver(next(one for one in self.deliveries if one["id"] == number))
            return
        self.seen.append(asked)
        self.hooks.append({"id": 7, "config": {"url": asked["config"]["url"]}})
        self.answer(201, self.hooks[-1])

    def deliver(self, old):
        """Delivers once more, as GitHub does."""
        body = json.dumps({"ref": "refs/heads/other", "after": None, "n": old["id"]}).encode()
        status = ask(self.receiver, "POST", "/api/sync/webhook", body, {
            "Content-Type": "application/json", "X-GitHub-Event": old["event"],
            "X-GitHub-Delivery": old["guid"],
            "X-Hub-Signature-256": f"sha256={signature(SECRET, body)}"}).status
        self.deliveries.insert(0, old | {
            "id": old["id"] + 100_000, "redelivery": True, "status_code": status})

    def log_message(self, *_):
        pass


class GitHubTest(APITest):
    """Gives each test the server, and a device with a login there."""

    def setUp(self):
        super().setUp()
        authority = servers.Authority(f"{self.top}/ca")
        certificate, key = authority.certificate("github")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.api = type("API", (GitHub,), {
            "hooks": [], "seen": [], "deliveries": [], "attempts": [], "pages": [], "limits": []})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.api)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.ada = self.listening(start=False)
        self.api.receiver = self.ada.port
        self.ada.environment["SSL_CERT_FILE"] = authority.file
        port = self.server.server_address[1]
        self.ada.set("repository", "remote", f'"https://localhost:{port}/me/notes.git"')
        self.secret_of(TOKEN, "token", "auth", "token_file")
        self.secret_of(SECRET, "hook", "http", "webhook_secret_file")

    def secret_of(self, text, name, section, key):
        self.ada.set(section, key, f'"{self.secret(text, name)}"')

    def install(self, expect=0, url="https://vps.example/api/sync/webhook"):
        return self.ada.ctl("webhook", "install", "--url", url, expect=(expect,))


class Install(GitHubTest):
    """A webhook is made once, with the secret, and what is refused says what to do."""

    def test_it_is_made_once_with_the_secret(self):
        self.install()
        asked = self.api.seen[0]
        self.assertEqual(asked["events"], ["push"])
        self.assertEqual(asked["config"]["secret"], SECRET)
        self.assertEqual(asked["config"]["content_type"], "json")
        self.assertEqual(asked["config"]["insecure_ssl"], "0")
        self.install()
        self.assertEqual(len(self.api.seen), 1)

    def test_a_login_that_may_not_is_exit_4_with_what_to_do(self):
        self.api.allows = False
        self.install(expect=4)
        self.secret_of("ghp_wrong", "wrong", "auth", "token_file")
        self.install(expect=4)
        self.assertEqual(self.api.seen, [])


class Missed(GitHubTest):
    """What GitHub could not deliver while the daemon was away is asked for again, each once."""

    sync = {"poll": '"1h"'}

    def delivery(self, number, status=0, **more):
        """One that GitHub tried a minute after the webhook was made."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
        return {
            "id": number, "guid": f"guid-{number}", "delivered_at": moment, "redelivery": False,
            "status_code": status, "status": "OK" if status == 202 else "failed", "event": "push",
        } | more  # fmt: skip

    def asked(self, numbers):
        """Waits until these were asked for again; each once, a second between two."""
        attempts = self.api.attempts
        wait_until(lambda: len(attempts) >= len(numbers),
                   lambda: f"{attempts}\n{self.ada.output()}")  # fmt: skip
        self.assertEqual(sorted(number for number, _ in attempts), sorted(numbers))
        times = [moment for _, moment in attempts]
        for earlier, later in zip(times, times[1:], strict=False):
            self.assertGreater(later - earlier, 0.9)

    def test_each_is_asked_for_once(self):
        self.install()
        self.api.deliveries += [
            self.delivery(9),
            self.delivery(8, event="ping"),
            # One that came at the second attempt, and one that somebody asked for in vain.
            self.delivery(7, 202, guid="twice", redelivery=True),
            self.delivery(6, guid="again", redelivery=True),
            *(self.delivery(1000 + number, 202) for number in range(PAGE)),
            self.delivery(5, guid="twice"), self.delivery(4, guid="again"),
            self.delivery(3, 502),
            self.delivery(2, delivered_at="2020-01-01T00:00:00Z"),
        ]  # fmt: skip
        # In the middle GitHub wants to be left alone, in the words of its secondary limit.
        words = {"message": "You have exceeded a secondary rate limit. Please wait."}
        self.api.limits += [
            (0, 403, {"message": "no"}, {"Retry-After": "1"}),
            (1, 403, words, {"Retry-After": "1"}),
        ]
        self.ada.start()
        self.asked([9, 3])
        statuses = [(number, status) for number, _, status in self.api.pages]
        self.assertEqual(statuses, [(0, 403), (0, 200), (1, 403), (0, 304), (1, 200)])
        wait_until(lambda: self.taken() == {"guid-9", "guid-3"}, lambda: self.ada.output())
        # The next daemon finds nothing to ask for.
        self.ada.stop()
        self.ada.start()
        wait_until(lambda: len(self.api.pages) > 5, lambda: self.ada.output())
        servers.wait_for_port(self.ada.port, self.ada.process, self.ada.output)
        self.assertEqual(len(self.api.attempts), 2)
        self.assertNotIn(TOKEN, self.ada.output(1000))

    def taken(self):
        """The ids of what the daemon took."""
        said = self.ada.ctl("webhook", "deliveries", "--json").stdout
        return {delivery["id"] for delivery in json.loads(said)}

    def test_a_listener_that_was_down_asks_when_it_is_back(self):
        self.install()
        with socket.create_server(("127.0.0.1", self.ada.port)):
            self.ada.start()
            wait_until(lambda: "nobody can ask" in str(self.ada.status()["notices"]),
                       lambda: self.ada.output())  # fmt: skip
            self.api.deliveries.append(self.delivery(1))
            self.assertEqual(self.api.pages, [])
        self.asked([1])

    def test_nothing_is_asked_without_a_webhook_of_ours(self):
        self.api.deliveries.append(self.delivery(1))
        self.ada.start()
        servers.wait_for_port(self.ada.port, self.ada.process, self.ada.output)
        self.ada.stop()
        self.assertEqual(self.api.pages, [])
