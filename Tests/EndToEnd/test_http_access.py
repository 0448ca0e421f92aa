"""Who may ask over TCP: tokens, one-time links, a port that is taken, TLS."""

import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.request
from unittest import mock

import servers
from api import PATIENCE, APITest, ask
from device import PREFIX, binaries, wait_until

# A route for each scope, and the body that it takes.
ROUTES = {
    "read": [
        ("GET", path, None)
        for path in ("/status", "/api/sync/status", "/metrics", "/api/sync/deliveries",
                     "/api/sync/conflicts", "/api/sync/settled", "/api/sync/held",
                     "/api/sync/uncommitted",
                     "/api/sync/devices", f"/api/sync/blob/HEAD/{PREFIX}/a.md")
    ],
    "write": [
        ("POST", "/trigger-sync", None), ("POST", "/api/sync/pull", None),
        ("POST", "/api/sync/flush", None), ("POST", "/api/sync/cycle", None),
        ("POST", "/api/sync", {"path": f"{PREFIX}/w.md", "content": "w"}),
        ("POST", "/api/sync/batch", {"writes": [{"path": f"{PREFIX}/w.md", "content": "w"}]}),
    ],
    "admin": [
        ("GET", "/api/sync/tokens", None), ("POST", "/api/sync/login-links", None),
        ("POST", "/api/sync/pause", None), ("POST", "/api/sync/resume", None),
        ("POST", "/api/sync/reload", None), ("DELETE", "/api/sync/sessions", None),
    ],
}  # fmt: skip
SCOPES = list(ROUTES)


class Tokens(APITest):
    """Bearer tokens."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()
        self.ada.write("a.md", "a\n")
        self.wait_in_sync(self.ada)

    def status(self, token, method="GET", target="/status", body=None, **options):
        """The status of an answer."""
        return ask(self.ada.port, method, target, body, token=token, **options).status

    def test_each_scope_opens_its_routes_and_no_other(self):
        tokens = {scope: self.token(self.ada, scope) for scope in SCOPES}
        for needed, routes in ROUTES.items():
            for method, target, body in routes:
                with self.subTest(target):
                    self.assertEqual(self.status(None, method, target, body), 401)
                    for scope, token in tokens.items():
                        status = self.status(token, method, target, body)
                        if SCOPES.index(scope) < SCOPES.index(needed):
                            self.assertEqual(status, 403, scope)
                        else:
                            self.assertIn(status, (200, 201, 202, 204), scope)
        self.assertEqual(self.status(tokens["write"], "POST", "/api/sync/tokens", {}), 403)

    def test_what_is_no_token_opens_nothing(self):
        token = self.token(self.ada)
        for header in (f"Basic {token}", token, f"Bearer {token[:-1]}", "Bearer", "Bearer  ",
                       f"Bearer {token.upper()}", "Bearer ' OR 1=1 --"):  # fmt: skip
            with self.subTest(header):
                self.assertEqual(self.status(None, headers={"Authorization": header}), 401)
        self.assertEqual(self.status(token, headers={}), 200)
        self.assertEqual(self.status(None, target=f"/status?token={token}"), 401)

    def test_many_failures_are_told_to_wait(self):
        statuses = [self.status("0" * 64) for _ in range(15)]
        self.assertEqual(statuses[:10], [401] * 10)
        self.assertEqual(statuses[10:], [429] * 5)
        answer = ask(self.ada.port, "GET", "/status", token="0" * 64)
        self.assertTrue(1 <= int(answer.header("retry-after")) <= 61, answer)
        # Who has the right one is no guesser, though a neighbour at the same address may be.
        self.assertEqual(self.status(self.token(self.ada)), 200)
        self.healthy(self.ada)

    def test_a_token_ends_when_it_was_to(self):
        began = time.monotonic()
        token = self.token(self.ada, "read", "short", "--expires", "1s")
        wait_until(lambda: self.status(token) == 401, "it never ends", 5)
        self.assertLess(time.monotonic() - began, 4.0)

    def test_a_revoked_token_is_worth_nothing_at_once_and_others_survive_a_restart(self):
        gone, stays = self.token(self.ada, "read", "gone"), self.token(self.ada, "read", "stays")
        self.assertEqual(self.status(gone), 200)
        done = self.ada.ctl("token", "revoke", "gone", "--json", expect=(0,))
        self.assertEqual(json.loads(done.stdout), {"name": "gone"})
        self.assertEqual(self.status(gone), 401)
        self.ada.stop()
        self.ada.start()
        self.wait_for_listener(self.ada)
        self.assertEqual((self.status(gone), self.status(stays)), (401, 200))
        self.assertEqual(
            self.ada.run("syncctl", "token", "revoke", "--config", self.ada.config, "gone")
            .returncode in (0, 10), False)  # fmt: skip

    def test_tokens_that_were_lost_with_their_store_are_told(self):
        ada, reader = self.ada, self.token(self.ada, "read")
        ada.stop()
        for name in os.listdir(ada.state):
            if name.startswith("service.db-"):
                os.unlink(f"{ada.state}/{name}")
        with open(f"{ada.state}/service.db", "r+b") as file:
            file.write(bytes(4096))
        ada.start()
        self.wait_for_listener(ada)
        self.assertEqual(ask(ada.port, "GET", "/status", token=reader).status, 401)
        self.assertIn("syncctl token create", " ".join(ada.status()["notices"]))
        self.assertIn("service.db.corrupt-1", ada.output())
        ada.stop()
        ada.start()
        self.wait_for_listener(ada)
        self.assertEqual(ada.status()["notices"], [])

    def test_secrets_stand_in_no_file_and_no_argument(self):
        link = self.ada.ctl("dashboard").stdout.strip()
        secrets = [self.token(self.ada, scope) for scope in SCOPES]
        secrets.append(link.rpartition("/")[2])
        for token in secrets[:3]:
            self.assertEqual(self.status(token), 200)
            self.status(token, "POST", "/api/sync", {"path": "nowhere", "content": token[:8]})
            self.status(token, target=f"/api/sync/blob/HEAD/{PREFIX}/absent")
            self.status(token + "x")
        opened = ask(self.ada.port, "GET", f"/login/{secrets[3]}")
        secrets.append(re.match(r"[^=]+=([^;]+)", opened.header("set-cookie"))[1])
        self.ada.write("a.md", "again\n")
        self.wait_in_sync(self.ada)
        self.assertEqual(self.found(secrets), [])
        self.ada.stop()
        self.assertEqual(self.found(secrets), [])

    def found(self, secrets):
        """Where a secret stands: files of the device and the remote, and the daemon's own words."""
        found = []
        for directory, _, names in os.walk(self.top):
            for path in (os.path.join(directory, name) for name in names):
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        content = file.read()
                    found += [path for secret in secrets if secret.encode() in content]
                    found += [path for secret in secrets if bytes.fromhex(secret) in content]
        if self.ada.running():
            for name in ("cmdline", "environ"):
                with open(f"/proc/{self.ada.process.pid}/{name}", "rb") as file:
                    content = file.read()
                found += [name for secret in secrets if secret.encode() in content]
        return found

    def test_changes_and_refusals_are_in_the_audit_log(self):
        writer = self.token(self.ada, "write", "robot")
        self.status(writer, "POST", "/api/sync", {"path": f"{PREFIX}/w.md", "content": "w"})
        self.status(None)
        self.status(writer, "POST", "/api/sync/pause")
        self.status(writer)
        # Refusals, of which a stranger can make as many as they like, push no change out.
        expected = {
            "audit": ["token:robot 127.0.0.1 POST /api/sync 200"],
            "audit-refused": [
                "nobody 127.0.0.1 GET /status 401",
                "token:robot 127.0.0.1 POST /api/sync/pause 403",
            ],
        }
        for name, last in expected.items():
            with open(f"{self.ada.state}/{name}", encoding="utf-8") as file:
                lines = [line.split(" ", 1)[1].strip() for line in file]
            self.assertEqual(lines[-len(last):], last)
            self.assertEqual(os.stat(f"{self.ada.state}/{name}").st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(f"{self.ada.state}/service.db").st_mode & 0o777, 0o600)


class OtherUsers(APITest):
    """Another user of the machine, for whom somebody opened the socket."""

    def test_the_socket_asks_who_is_there(self):
        if os.geteuid() != 0:
            self.skipTest("becoming another user needs root")
        ada = self.device("ada")
        path = f"{ada.home}/run/syncd/default.sock"
        script = (
            "import os, socket, sys\n"
            "link = socket.socket(socket.AF_UNIX)\n"
            "os.setuid(65534) if sys.argv[2] == 'other' else None\n"
            "link.connect(sys.argv[1])\n"
            "link.sendall(b'GET /api/sync/tokens HTTP/1.1\\r\\nHost: x\\r\\nConnection: close"
            "\\r\\n\\r\\n')\n"
            "print(link.recv(64).split()[1].decode())\n")
        for directory in (f"{ada.home}/run/syncd", f"{ada.home}/run", ada.home, self.top):
            os.chmod(directory, 0o755)
        os.chmod(path, 0o666)
        for who, code in (("other", "403"), ("owner", "200")):
            done = subprocess.run(
                [sys.executable, "-c", script, path, who], check=True, capture_output=True)
            self.assertEqual(done.stdout.decode().strip(), code)


class IdleConnections(APITest):
    """They leave enough of what the system lets the daemon have open."""

    def test_they_stop_no_syncing(self):
        ada = self.listening(start=False)
        place = f"{self.top}/few"
        os.mkdir(place)
        os.symlink(f"{binaries()}/syncctl", f"{place}/syncctl")
        with open(f"{place}/syncd", "w", encoding="utf-8") as script:
            script.write(f'#!/bin/sh\nexec prlimit --nofile=256:256 {binaries()}/syncd "$@"\n')
        os.chmod(f"{place}/syncd", 0o755)
        with mock.patch.dict(os.environ, SYNCD_BIN=place):
            ada.start()
        self.wait_for_listener(ada)
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(socket.create_connection(("127.0.0.1", ada.port), PATIENCE))
            began = time.monotonic()
            ada.write("a.md", "one\n")
            ada.ctl("flush", "--pushed", expect=(0,))
            self.assertEqual(ada.status()["state"], "in-sync")
            self.assertLess(time.monotonic() - began, 5)
        self.wait_for_listener(ada)


class Browsers(APITest):
    """The one-time link and its cookie."""

    def test_no_link_leads_to_another_program(self):
        """Which has the port: it would get the login."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            ada = self.listening(start=False)
            ada.set("http", "listen", f'"127.0.0.1:{taken.getsockname()[1]}"')
            ada.start()
            wait_until(lambda: ada.status()["notices"], ada.output)
            said = ada.ctl("dashboard", expect=(1,))
            self.assertEqual(said.stdout, "")
            self.assertIn("nobody can ask at", said.stderr)

    def test_no_link_is_given_before_the_daemon_listens(self):
        """The port may turn out to be another program's."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            ada = self.listening(start=False)
            ada.set("http", "listen", f'"127.0.0.1:{taken.getsockname()[1]}"')
            control = f"{ada.home}/run/syncd/default.sock"
            request = b"POST /api/sync/login-links HTTP/1.1\r\nHost: x\r\n"
            request += b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            ada.spawn()
            answers = []
            deadline = time.monotonic() + PATIENCE
            while len(answers) < 3 and time.monotonic() < deadline:
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(PATIENCE)
                    try:
                        client.connect(control)
                        client.sendall(request)
                        answers.append(client.recv(100)[:12])
                    except OSError:
                        continue
            self.assertEqual(answers, [b"HTTP/1.1 409"] * 3)

    def test_a_link_lets_one_browser_in_once(self):
        ada = self.listening()
        link = ada.ctl("dashboard").stdout.strip()
        self.assertTrue(link.startswith(f"http://127.0.0.1:{ada.port}/login/"), link)
        target = link.partition(str(ada.port))[2]
        look = ask(ada.port, "HEAD", target)
        self.assertEqual((look.status, look.header("set-cookie")), (303, ""))
        first = ask(ada.port, "GET", target)
        self.assertEqual((first.status, first.header("location")), (303, "/settings/sync"))
        cookie = first.header("set-cookie")
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word.lower(), cookie.lower())
        self.assertNotIn("secure", cookie.lower(), "over plain HTTP no browser would send it")
        self.assertEqual(ask(ada.port, "GET", target).status, 401)
        pair = {"Cookie": cookie.partition(";")[0]}
        here = pair | {"Origin": f"http://127.0.0.1:{ada.port}"}
        self.assertEqual(ask(ada.port, "GET", "/status", headers=pair).status, 200)
        self.assertEqual(ask(ada.port, "GET", "/api/sync/tokens", headers=pair).status, 200)
        for method, headers, expected in (
            ("POST", pair, 403), ("POST", here, 202),
            ("POST", pair | {"Origin": "https://evil.example"}, 403),
            ("POST", pair | {"Origin": "null"}, 403),
            ("POST", pair | {"Sec-Fetch-Site": "same-origin"}, 202),
            ("POST", here | {"Sec-Fetch-Site": "cross-site"}, 403),
        ):  # fmt: skip
            with self.subTest(headers=headers):
                answer = ask(ada.port, method, "/trigger-sync", headers=headers)
                self.assertEqual(answer.status, expected)
        wrong = {"Cookie": here["Cookie"][:-1] + "g"}
        self.assertEqual(ask(ada.port, "GET", "/status", headers=wrong).status, 401)
        ada.stop()
        ada.start()
        self.wait_for_listener(ada)
        self.assertEqual(ask(ada.port, "GET", "/status", headers=pair).status, 200)
        self.assertIn("no browser", ada.ctl("dashboard", "--logout").stdout)
        self.assertEqual(ask(ada.port, "GET", "/status", headers=pair).status, 401)


class Listening(APITest):
    """Ports and certificates."""

    def test_a_taken_port_is_a_notice_and_is_taken_once_it_is_free(self):
        ada = self.listening("ada", start=False)
        with socket.create_server(("127.0.0.1", ada.port)):
            ada.start()
            notices = wait_until(lambda: ada.status()["notices"], "no notice")
            self.assertIn(f"127.0.0.1:{ada.port}", str(notices))
            self.assertIn("a port of its own", str(notices))
            ada.write("hello.txt", "hello\n")
            self.wait_in_sync(ada)
        began = time.monotonic()
        self.wait_for_listener(ada)
        print(f"listens {time.monotonic() - began:.1f} s after the port was free")
        wait_until(lambda: not ada.status()["notices"], lambda: str(ada.status()))

    def test_tls_with_a_certificate_of_ones_own(self):
        authority = servers.Authority(f"{self.top}/ca")
        chain, key = authority.certificate("server")
        ada = self.listening(
            start=False, certificate=f'"{chain}"', key=f'"{key}"', listen='"0.0.0.0:0"')
        ada.set("http", "listen", f'"0.0.0.0:{ada.port}"')
        ada.start()
        context = ssl.create_default_context(cafile=authority.file)
        servers.wait_for_port(ada.port, ada.process, ada.output)
        base = f"https://localhost:{ada.port}"
        with urllib.request.urlopen(f"{base}/health", context=context, timeout=PATIENCE) as answer:
            self.assertEqual(answer.status, 200)
        link = ada.ctl("dashboard").stdout.strip()
        self.assertTrue(link.startswith(f"https://127.0.0.1:{ada.port}/login/"), link)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(authority.file)
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"{base}/health", context=old, timeout=PATIENCE)

    def test_others_are_not_let_in_without_tls(self):
        ada = self.device("ada", start=False)
        ada.set("http", "listen", f'"0.0.0.0:{servers.free_port()}"')
        done = ada.once()
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("certificate", done.stderr)

    def test_an_idle_daemon_ends_at_once_and_without_complaint(self):
        ada = self.listening()
        self.wait_in_sync(ada)
        code, seconds = ada.stop()
        self.assertEqual(code, 0)
        self.assertNotIn("error", ada.output())
        self.assertLess(seconds, 2.0)


if __name__ == "__main__":
    unittest.main()
