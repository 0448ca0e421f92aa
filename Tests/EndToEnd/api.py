"""The API over TCP, as clients, browsers and people of bad will use it."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import time

import servers
from device import wait_until
from harness import VaultTest

# Generous: a machine that builds beside the tests is slow.
PATIENCE = 30.0


class Answer:
    """What came back for a request."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body)

    def header(self, name):
        """A header's value; nothing where it is not there."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def ask(port, method, target, body=None, headers=None, token=None, host=None, timeout=PATIENCE,
        source="127.0.0.1"):  # fmt: skip
    """Makes one request on a connection of its own, from an address of this machine's."""
    headers = dict(headers or {})
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=timeout, source_address=(source, 0))  # fmt: skip
    with contextlib.closing(connection):
        if host is not None:
            headers["Host"] = host
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())


def raw(port, data, patience=PATIENCE, count=None):
    """Sends bytes and reads to the end of the connection, or of so many answers.

    Gives the answers, and whether the server closed the connection.
    """
    with socket.create_connection(("127.0.0.1", port), patience) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(data)
        return receive(client, patience, count)


def receive(client, patience=PATIENCE, count=None):
    """Reads a connection as `raw` does."""
    end = time.monotonic() + patience
    got = b""
    while True:
        found = answers(got)
        if count is not None and len(found) >= count:
            return found, False
        left = end - time.monotonic()
        if left <= 0:
            return found, False
        client.settimeout(left)
        try:
            piece = client.recv(65536)
        except TimeoutError:
            return found, False
        except ConnectionResetError:
            return found, True
        if not piece:
            return found, True
        got += piece


def answers(data):
    """The whole answers that bytes begin with; those to HEAD have to come alone."""
    found = []
    while b"\r\n\r\n" in data:
        head, rest = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] (\d{3}).*", first)
        assert match, f"no answer: {first!r}"
        headers = [tuple(line.split(": ", 1)) for line in lines]
        answer = Answer(int(match[1]), headers, b"")
        length = answer.header("content-length")
        if length and answer.status not in (100, 304):
            if len(rest) < int(length):
                break
            answer.body, rest = rest[: int(length)], rest[int(length):]
        found.append(answer)
        data = rest
    return found


def signature(secret, body):
    """HMAC SHA-256 of a body, in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Events:
    """A stream of server-sent events; use as a context."""

    def __init__(self, port, token, last=None, headers=None, patience=PATIENCE):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        headers = dict(headers or {}) | {"Authorization": f"Bearer {token}"}
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", "/api/sync/events", headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def blocks(self):
        """Each block between empty lines, comments included, until the stream ends."""
        block = []
        while line := self.answer.readline():
            line = line.decode().rstrip("\n")
            if line:
                block.append(line)
            elif block:
                yield block
                block = []

    def __iter__(self):
        """(id, name, data) of each event."""
        for block in self.blocks():
            fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
            if "data" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])

    def next(self, name, test=lambda data: True):
        """The data of the next event of the name that passes a test."""
        for _, found, data in self:
            if found == name and test(data):
                return data
        raise AssertionError(f"the stream ended before {name}")


class APITest(VaultTest):
    """Devices whose daemons listen on TCP."""

    def listening(self, name="ada", start=True, **http):
        """A device with a free port as its `port`; more keys of [http] as TOML."""
        device = self.device(name, start=False)
        device.port = servers.free_port()
        for key, value in ({"listen": f'"127.0.0.1:{device.port}"'} | http).items():
            device.set("http", key, value)
        if start:
            device.start()
            self.wait_for_listener(device)
        return device

    def wait_for_listener(self, device):
        """Waits until the daemon answers over TCP."""
        wait_until(lambda: self.answers(device), lambda: device.output(), PATIENCE)

    @staticmethod
    def answers(device):
        """Whether the daemon answers over TCP."""
        try:
            return ask(device.port, "GET", "/health").status == 200
        except OSError:
            return False

    def healthy(self, device, what=""):
        """The daemon still works."""
        answer = ask(device.port, "GET", "/health")
        self.assertEqual(answer.status, 200, f"{what}: {answer}\n{device.output()}")

    @staticmethod
    def token(device, scope="read", name=None, *options):
        """A new token."""
        name = name or f"t-{scope}"
        done = device.run(
            "syncctl", "token", "create", "--config", device.config, "--name", name,
            "--scope", scope, *options)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def secret(self, text, name="secret", mode=0o600):
        """A file with a webhook's secrets; gives its path."""
        path = f"{self.top}/{name}"
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path
