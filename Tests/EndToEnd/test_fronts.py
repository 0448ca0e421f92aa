"""nginx, Caddy and HAProxy in front of the daemon, as the how-to pages set them up."""

import json
import os
import re
import shutil
import subprocess
import time
import unittest

import servers
from api import APITest, Events, ask, signature
from device import PREFIX, ROOT

SECRET, NAME = "a secret of the tests", "vps.example"
# Where clients of the proxies come from: no proxy of the daemon's is there.
OUTSIDE = "127.0.0.5"

NGINX = """
daemon off; {user} pid {top}/pid; error_log {top}/error.log;
events {{ }}
http {{
    access_log off; client_body_temp_path {top}/body; proxy_temp_path {top}/proxy;
    fastcgi_temp_path {top}/f; uwsgi_temp_path {top}/u; scgi_temp_path {top}/s;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
    storage file_system {top}
}}
http://{name}:{port} {{
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:{target} {{
        header_up X-Forwarded-Proto https
    }}
}}
"""
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
frontend front
    bind 127.0.0.1:{port}
    http-request del-header X-Forwarded-For
    option forwardfor
    http-request set-header X-Forwarded-Proto https
    default_backend syncd
backend syncd
    server one 127.0.0.1:{target}
"""


def location():
    """The block that docs/how-to/webhooks.md gives for nginx."""
    with open(f"{ROOT}/docs/how-to/webhooks.md", encoding="utf-8") as file:
        return re.search(r"```nginx\n(.*?)```", file.read(), re.S)[1]


class FrontTest(APITest):
    """Gives each test a daemon behind a proxy; `front` is the proxy's port."""

    program = None

    def setUp(self):
        super().setUp()
        path = shutil.which(self.program) or shutil.which(self.program, path="/usr/sbin")
        if path is None:
            self.skipTest(f"{self.program} is not installed")
        secret = self.secret(f"{SECRET}\n")
        self.ada = self.listening(
            webhook_secret_file=f'"{secret}"', hosts=f'["{NAME}"]', behind_proxy='["127.0.0.1"]')
        self.write = self.token(self.ada, "write")
        self.front = servers.free_port()
        self.directory = f"{self.top}/front"
        os.makedirs(self.directory)
        with open(f"{self.directory}/output", "wb") as log:
            environment = {"PATH": os.environ["PATH"], "HOME": self.directory}
            self.process = subprocess.Popen(
                self.command(path), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment)  # fmt: skip
        self.addCleanup(self.end)
        words = f"{self.directory}/output"
        servers.wait_for_port(self.front, self.process, lambda: servers.text_of(words))

    def end(self):
        """Ends the proxy."""
        self.process.terminate()
        self.process.wait(10)

    def configure(self, name, template, **more):
        """Writes the proxy's configuration; gives its path."""
        words = template.format(
            top=self.directory, port=self.front, target=self.ada.port, name=NAME, **more)
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(words)
        return f"{self.directory}/{name}"

    def ask(self, method, target, body=None, headers=None, **options):
        """Makes a request of the proxy, as from outside."""
        return ask(
            self.front, method, target, body, headers, host=NAME, source=OUTSIDE, **options)

    def audit(self, name="audit"):
        """The last line of an audit log, without its time."""
        with open(f"{self.ada.state}/{name}", encoding="utf-8") as file:
            return file.read().splitlines()[-1].split(" ", 1)[1]


class Fronts:
    """What holds behind each of them."""

    def test_requests_come_through_with_the_address_that_the_proxy_says(self):
        self.assertEqual(self.ask("GET", "/api/health").status, 200)
        body = {"path": f"{PREFIX}/by-proxy.md", "content": "x"}
        self.assertEqual(self.ask("POST", "/api/sync", body, token=self.write).status, 200)
        self.assertEqual(self.audit(), f"token:t-write {OUTSIDE} POST /api/sync 200")
        # From outside: whatever a client says of itself stands before what the proxy adds.
        for said in ("203.0.113.9", "198.51.100.1, 203.0.113.9", "127.0.0.1", "unknown", "::1"):
            self.assertEqual(
                self.ask("GET", "/api/sync/status", headers={"X-Forwarded-For": said}).status, 401)
            self.assertEqual(
                self.audit("audit-refused"), f"nobody {OUTSIDE} GET /api/sync/status 401", said)

    def test_events_come_through_as_they_happen(self):
        with Events(self.front, self.token(self.ada), headers={"Host": NAME}) as stream:
            self.assertEqual(stream.status, 200)
            stream.next("state")
            for count in range(5):
                body = {"path": f"{PREFIX}/event.md", "content": f"{count}\n"}
                began = time.monotonic()
                answer = ask(self.ada.port, "POST", "/api/sync", body, token=self.write)
                wanted = answer.json["commit"]
                stream.next("commit", lambda data, c=wanted: data["commit"] == c)
                self.assertLess(time.monotonic() - began, 1.0)

    def test_a_delivery_comes_through(self):
        body = json.dumps({"ref": "refs/heads/sync", "pad": "a" * (2 << 20)}).encode()
        code = "sha256=" + signature(SECRET, body)
        head = {"X-GitHub-Event": "push", "X-Hub-Signature-256": code}
        answer = self.ask("POST", "/api/sync/webhook", body, head)
        self.assertEqual((answer.status, answer.json["result"]), (202, "queued"), answer)
        answer = self.ask("POST", "/api/sync/webhook", body + b" ", head)
        self.assertEqual(answer.status, 401)


class Browsers:
    """A browser behind each of them."""

    def test_a_browser_is_let_in_and_its_cookie_is_secure_over_tls(self):
        link = self.ada.ctl("dashboard").stdout.strip()
        self.assertTrue(link.startswith(f"https://{NAME}/login/"), link)
        answer = self.ask("GET", "/login/" + link.rpartition("/")[2])
        self.assertEqual(answer.status, 303, answer)
        cookie = answer.header("set-cookie")
        # The test's nginx has no certificate, and says so.
        self.assertEqual("; secure" in cookie.lower(), self.program != "nginx")
        head = {"Cookie": cookie.partition(";")[0]}
        for origin, expected in (
            (f"https://{NAME}", 202), (f"https://evil.{NAME}", 403), (None, 403),
        ):  # fmt: skip
            headers = head | ({"Origin": origin} if origin else {})
            answer = self.ask("POST", "/api/sync/pull", headers=headers)
            self.assertEqual(answer.status, expected, origin)


class BehindNginx(Fronts, Browsers, FrontTest):
    """With the block of the how-to page."""

    program = "nginx"

    def command(self, path):
        """How it is started."""
        block = location().replace("127.0.0.1:8390", f"127.0.0.1:{self.ada.port}")
        user = "user root;" if os.geteuid() == 0 else ""
        file = self.configure("nginx.conf", NGINX, location=block, user=user)
        return [path, "-e", f"{self.directory}/error.log", "-c", file]


class BehindCaddy(Fronts, Browsers, FrontTest):
    """As Caddy does it unless it is told otherwise."""

    program = "caddy"

    def command(self, path):
        """How it is started."""
        file = self.configure("Caddyfile", CADDY)
        return [path, "run", "--adapter", "caddyfile", "--config", file]


class BehindHAProxy(Fronts, Browsers, FrontTest):
    """With `option forwardfor`."""

    program = "haproxy"

    def command(self, path):
        """How it is started."""
        return [path, "-db", "-f", self.configure("haproxy.cfg", HAPROXY)]


class WithoutFront(APITest):
    """What proxies say, said by a test: addresses of this machine alone could not show it."""

    def listening_behind(self, ranges):
        """A daemon that believes what these say."""
        return self.listening(hosts=f'["{NAME}"]', behind_proxy=ranges)

    def address(self, device, said):
        """The address that the audit log has for a request."""
        headers = [("X-Forwarded-For", said)] if said is not None else []
        ask(device.port, "GET", "/status", headers=dict(headers), host=NAME)
        with open(f"{device.state}/audit-refused", encoding="utf-8") as file:
            return file.read().splitlines()[-1].split(" ")[2]

    def test_the_last_address_that_is_no_proxy_of_ours_counts(self):
        ada = self.listening_behind('["127.0.0.1", "10.0.0.0/8"]')
        table = {
            None: "127.0.0.1", "": "127.0.0.1", "203.0.113.9": "203.0.113.9",
            "198.51.100.1, 203.0.113.9": "203.0.113.9", "2001:db8::1": "2001:db8::1",
            "203.0.113.9, 10.1.2.3": "203.0.113.9", "203.0.113.9,10.1.2.3,127.0.0.1": "203.0.113.9",
            "10.1.2.3": "127.0.0.1", "admin": "127.0.0.1", "203.0.113.9/8": "127.0.0.1",
            "1.2.3.4 POST /x 200": "127.0.0.1",
        }  # fmt: skip
        for said, expected in table.items():
            with self.subTest(said):
                self.assertEqual(self.address(ada, said), expected)

    def test_a_proxy_that_is_not_ours_is_not_believed(self):
        ada = self.listening_behind('["192.0.2.1"]')
        self.assertEqual(self.address(ada, "203.0.113.9"), "127.0.0.1")
        headers = {"X-Forwarded-Host": NAME}
        answer = ask(ada.port, "GET", "/health", headers=headers, host="evil.example")
        self.assertEqual(answer.status, 403)
        self.assertNotIn("secure", self.cookie(ada, "https").lower())

    def test_the_cookie_is_secure_where_the_browser_speaks_tls(self):
        ada = self.listening_behind('["127.0.0.1"]')
        link = ada.ctl("dashboard").stdout.strip()
        self.assertTrue(link.startswith(f"https://{NAME}/login/"), link)
        self.assertIn("; secure", self.cookie(ada, "https").lower())
        self.assertNotIn("secure", self.cookie(ada, "http").lower())

    def cookie(self, device, scheme):
        """The cookie that a link sets for a browser whose proxy says a scheme."""
        link = device.ctl("dashboard").stdout.strip()
        answer = ask(device.port, "GET", "/login/" + link.rpartition("/")[2], host=NAME,
                     headers={"X-Forwarded-Proto": scheme})  # fmt: skip
        self.assertEqual(answer.status, 303, answer)
        return answer.header("set-cookie")


if __name__ == "__main__":
    unittest.main()
