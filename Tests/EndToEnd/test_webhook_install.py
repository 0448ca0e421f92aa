"""`syncctl webhook install` against a server that speaks GitHub's REST API, over TLS."""

import http.server
import json
import os
import ssl
import threading

import servers
from harness import VaultTest

TOKEN = "ghp_a_token"


class GitHub(http.server.BaseHTTPRequestHandler):
    """Two routes of one repository's webhooks."""

    hooks = []
    seen = []
    allows = True

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
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
        if not self.refused():
            self.answer(200, self.hooks)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.refused():
            self.seen.append(asked)
            self.hooks.append({"id": 7, "config": {"url": asked["config"]["url"]}})
            self.answer(201, self.hooks[-1])

    def log_message(self, *_):
        pass


class Install(VaultTest):
    """A webhook is made once, with the secret, and what is refused says what to do."""

    def setUp(self):
        super().setUp()
        authority = servers.Authority(f"{self.top}/ca")
        certificate, key = authority.certificate("github")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.api = type("API", (GitHub,), {"hooks": [], "seen": [], "allows": True})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.api)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.ada = self.device("ada", start=False)
        self.ada.environment["SSL_CERT_FILE"] = authority.file
        port = self.server.server_address[1]
        self.ada.set("repository", "remote", f'"https://localhost:{port}/me/notes.git"')
        self.secret(TOKEN, "token", "auth", "token_file")
        self.secret("a secret", "hook", "http", "webhook_secret_file")

    def secret(self, text, name, section, key):
        path = f"{self.top}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
        os.chmod(path, 0o600)
        self.ada.set(section, key, f'"{path}"')

    def install(self, expect=0, url="https://vps.example/api/sync/webhook"):
        return self.ada.ctl("webhook", "install", "--url", url, expect=(expect,))

    def test_it_is_made_once_with_the_secret(self):
        self.install()
        asked = self.api.seen[0]
        self.assertEqual(asked["events"], ["push"])
        self.assertEqual(asked["config"]["secret"], "a secret")
        self.assertEqual(asked["config"]["content_type"], "json")
        self.assertEqual(asked["config"]["insecure_ssl"], "0")
        self.install()
        self.assertEqual(len(self.api.seen), 1)

    def test_a_login_that_may_not_is_exit_4_with_what_to_do(self):
        self.api.allows = False
        self.install(expect=4)
        self.secret("ghp_wrong", "wrong", "auth", "token_file")
        self.install(expect=4)
        self.assertEqual(self.api.seen, [])
