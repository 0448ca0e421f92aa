"""Requests over TCP that nobody of good will makes: none brings the daemon down or gets in."""

import contextlib
import select
import socket
import threading
import time
import unittest

from api import APITest, ask, raw, receive
from device import wait_until

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
HEALTH = b"GET /health HTTP/1.1\r\n" + HOST
POST = b"POST /trigger-sync HTTP/1.1\r\n" + HOST
# What is hidden behind a request whose end two readers see in two places.
HIDDEN = HEALTH + CLOSE + b"\r\n"
HOOK = b"POST /api/sync/webhook HTTP/1.1\r\n" + HOST

CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

# Each is answered 400 once, and the connection is closed: nothing behind it is a request.
MALFORMED = {
    "a length and chunks": POST + b"Content-Length: 6\r\n" + CHUNKS,
    "chunks and a length": POST + CHUNKS.replace(b"\r\n", b"\r\nContent-Length: 4\r\n", 1),
    "two lengths": POST + b"Content-Length: 6\r\nContent-Length: 5\r\n\r\n123456",
    "two lengths in one": POST + b"Content-Length: 6, 5\r\n\r\n123456",
    "a length with a sign": POST + b"Content-Length: +6\r\n\r\n123456",
    "a negative length": POST + b"Content-Length: -6\r\n\r\n",
    "a length in hex": POST + b"Content-Length: 0x6\r\n\r\n123456",
    "a length past 64 bits": POST + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "chunks that are not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded header": HEALTH + b"X-Long: one\r\n two\r\n\r\n",
    "a folded length": POST + b"Content-Length:\r\n 6\r\n\r\n123456",
    "lines without CR": b"GET /health HTTP/1.1\nHost: localhost\n\n",
    "a CR in a header": HEALTH + b"X-Odd: one\rtwo\r\n\r\n",
    "a NUL in a header": HEALTH + b"X-Odd: one\0two\r\n\r\n",
    "a NUL in the target": b"GET /hea\0lth HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header without a name": HEALTH + b": value\r\n\r\n",
    "a header without a colon": HEALTH + b"nothing\r\n\r\n",
    "a header past 32 KiB": HEALTH + b"X-Long: " + b"a" * (33 << 10) + b"\r\n\r\n",
    "headers past 32 KiB": HEALTH + b"".join(b"X-%d: v\r\n" % n for n in range(4000)) + b"\r\n",
    "a target past 32 KiB": b"GET /" + b"a" * (33 << 10) + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /health\r\n\r\n",
    "HTTP/1.9": b"GET /health HTTP/1.9\r\n" + HOST + b"\r\n",
    "HTTP/2 by surprise": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown method": b"BREW /health HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n",
}


class RawTest(APITest):
    """Sends bytes that no client library would."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()

    def tearDown(self):
        self.healthy(self.ada, "at the end")

    def statuses(self, data, **options):
        """The statuses of all answers; whatever was sent, none is the server's fault."""
        found, closed = raw(self.ada.port, data, **options)
        for answer in found:
            self.assertLess(answer.status, 500, f"{data[:200]!r}: {answer}")
        return [answer.status for answer in found], closed

    def trickle(self, head, piece, every=2.0, most=40.0):
        """Sends a head, then a byte from time to time; gives the seconds until it was cut."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.ada.port), 10) as client:
            client.sendall(head)
            while time.monotonic() - began < most:
                if not select.select([client], [], [], every)[0]:
                    with contextlib.suppress(OSError):
                        client.sendall(piece)
                    continue
                try:
                    if not client.recv(65536):
                        return time.monotonic() - began
                except ConnectionResetError:
                    return time.monotonic() - began
        return None

    def cut_in_time(self, clients):
        """Lets clients that send a head and then a byte each two seconds try at once."""
        took = {}

        def one(what, head, piece):
            took[what] = self.trickle(head, piece)

        threads = [threading.Thread(target=one, args=(k, *v)) for k, v in clients.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"cut after: {took}")
        for what, seconds in took.items():
            with self.subTest(what):
                self.assertIsNotNone(seconds, "holds its connection for as long as it likes")


class HostileRequests(RawTest):
    """Framing, hosts, sites, and clients that are slow on purpose."""

    def test_what_is_malformed_is_refused_and_hides_nothing(self):
        for what, data in MALFORMED.items():
            with self.subTest(what):
                statuses, closed = self.statuses(data + HIDDEN, patience=5)
                self.assertTrue(closed, f"{statuses}: the connection stays open")
                self.assertEqual(statuses, [400])
        self.healthy(self.ada)

    def test_what_is_well_formed_and_rare_is_answered(self):
        chunked = POST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        table = {
            "HTTP/1.0 with a host": (b"GET /health HTTP/1.0\r\n" + HOST + b"\r\n", [200]),
            "three in one piece": (HEALTH + b"\r\n" + HEALTH + b"\r\n" + HIDDEN, [200] * 3),
            "chunks": (chunked, [401]),
            "OPTIONS": (b"OPTIONS /health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", [405]),
            "OPTIONS of everything": (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", [404]),
            "TRACE": (b"TRACE /health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", [405]),
            "CONNECT": (b"CONNECT localhost:22 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", [404]),
            "DELETE": (b"DELETE /health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", [405]),
            "to HTTP/2": (HEALTH + b"Upgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n", [200]),
            "an absolute target": (
                b"GET http://localhost/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", [200]),
        }  # fmt: skip
        for what, (data, expected) in table.items():
            with self.subTest(what):
                self.assertEqual(self.statuses(data, count=len(expected))[0], expected)

    def test_head_is_get_without_a_body(self):
        whole = ask(self.ada.port, "GET", "/health")
        head = ask(self.ada.port, "HEAD", "/health")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.header("content-length"), whole.header("content-length"))

    def test_only_its_own_hosts_are_answered(self):
        """A name that somebody else lets point here is refused (DNS rebinding)."""
        table = {
            "localhost": 200, "127.0.0.1": 200, "[::1]": 200, f"LocalHost:{self.ada.port}": 200,
            "evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403,
            "evil.example:80": 403, "localhost@evil.example": 403, "[::1": 403,
            "localhost/": 403, "localhost evil.example": 403, "2130706433.example": 403,
        }  # fmt: skip
        for host, expected in table.items():
            with self.subTest(host=host):
                answer = ask(self.ada.port, "GET", "/health", host=host)
                self.assertEqual(answer.status, expected)
        for nothing in (b"", b"Host:\r\n", b"Host: \r\n"):
            data = b"GET /health HTTP/1.1\r\n" + nothing + CLOSE + b"\r\n"
            self.assertIn(self.statuses(data)[0], ([400], [403]), nothing)

    def test_a_page_of_another_site_changes_nothing(self):
        token = self.token(self.ada, "write")
        here = f"http://127.0.0.1:{self.ada.port}"
        table = [
            ({}, 202), ({"Origin": here}, 202), ({"Sec-Fetch-Site": "none"}, 202),
            ({"Origin": here, "Sec-Fetch-Site": "same-origin"}, 202),
            ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
            ({"Origin": here + ".evil.example"}, 403), ({"Origin": "http://127.0.0.1:1"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": here, "Sec-Fetch-Site": "cross-site"}, 403), ({"Origin": ""}, 403),
        ]  # fmt: skip
        for headers, expected in table:
            with self.subTest(headers=headers):
                answer = ask(self.ada.port, "POST", "/trigger-sync", token=token, headers=headers)
                self.assertEqual(answer.status, expected)
        # Reading is safe, and nothing lets another site's page see the answer.
        answer = ask(
            self.ada.port, "GET", "/status", token=token, headers={"Origin": "https://evil.example"}
        )
        self.assertEqual(answer.header("access-control-allow-origin"), "")

    def test_connections_that_say_nothing_go_and_health_answers_meanwhile(self):
        with contextlib.ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection(("127.0.0.1", self.ada.port), 30))
                for _ in range(600)
            ]
            began = time.monotonic()
            self.healthy(self.ada, "behind 600")
            took = time.monotonic() - began
            print(f"/health behind 600 idle connections: {took:.2f} s")
            # Past Limits.connections a client waits for those that Limits.clientWait cuts.
            self.assertLess(took, 15.0)
            clients[0].settimeout(20)
            self.assertEqual(clients[0].recv(1), b"")

    def test_clients_that_are_silent_or_slow_are_cut(self):
        body = b"Content-Length: 9\r\n\r\n{"
        self.cut_in_time({
            "nothing": (b"", b""), "half a target": (b"GET /he", b""), "half a head": (HEALTH, b""),
            "half a body": (POST + body, b""), "no second request": (HEALTH + b"\r\n", b""),
            "half a delivery": (HOOK + body, b""), "a slow target": (b"GET /", b"a"),
            "a slow head": (HEALTH + b"X-Slow: ", b"a"), "empty lines": (HEALTH + b"\r\n", b"\r\n"),
        })  # fmt: skip

    def test_a_coding_that_nobody_knows_hides_nothing(self):
        for coding in (b"xchunked", b"gzip", b"identity", b"\x0bchunked", b"chunked, gzip"):
            with self.subTest(coding):
                data = POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n"
                statuses, closed = self.statuses(data + HIDDEN, patience=5)
                self.assertTrue(closed)
                self.assertNotIn(200, statuses)
                self.assertEqual(statuses[-1], 400)

    def test_an_expectation_is_answered_before_the_body(self):
        token = b"Authorization: Bearer " + self.token(self.ada, "write").encode() + b"\r\n"
        body = b'{"path": "shared/files/x.md", "content": "x"}'

        def ask(client, length, login=token, expected=b"100-continue"):
            client.sendall(
                b"POST /api/sync HTTP/1.1\r\n" + HOST + CLOSE + login
                + b"Content-Length: %d\r\nExpect: %s\r\n\r\n" % (length, expected)
            )  # fmt: skip
            self.assertTrue(select.select([client], [], [], 5.0)[0], "nothing is answered")

        def connected():
            return socket.create_connection(("127.0.0.1", self.ada.port), 10)

        with connected() as client:
            ask(client, len(body))
            self.assertEqual(client.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
            client.sendall(body)
            self.assertEqual(receive(client)[0][-1].status, 200)
        wait_until(lambda: self.ada.read("x.md") == b"x", "x.md is not there")
        # Who is refused by the head is not asked for a body.
        for status, length, login, expected in (
            (413, 100_000_000, token, b"100-continue"), (401, 10, b"", b"100-continue"),
            (417, 10, token, b"a reply"),
        ):  # fmt: skip
            with self.subTest(status), connected() as client:
                ask(client, length, login, expected)
                self.assertTrue(client.recv(1000).startswith(b"HTTP/1.1 %d " % status))

    def test_clients_that_send_a_body_byte_by_byte_are_cut(self):
        """A few hundred such connections, for which no login is needed, keep everybody out."""
        length = b"Content-Length: 100000\r\n\r\n{"
        token = b"Authorization: Bearer " + self.token(self.ada, "write").encode() + b"\r\n"
        self.cut_in_time({
            "refused": (POST + length, b"a"), "delivery": (HOOK + length, b"a"),
            "write": (b"POST /api/sync HTTP/1.1\r\n" + HOST + token + length, b"a"),
            "chunk": (HOOK + b"Transfer-Encoding: chunked\r\n\r\n186A0\r\n{", b"a"),
        })  # fmt: skip

    def test_two_hosts_are_refused(self):
        """A proxy may look at the other one (RFC 9112, 3.2)."""
        for first, second in ((b"localhost", b"evil.example"), (b"localhost", b"localhost")):
            with self.subTest(second):
                head = b"GET /health HTTP/1.1\r\nHost: " + first + b"\r\nHost: " + second
                self.assertEqual(self.statuses(head + b"\r\n" + CLOSE + b"\r\n")[0], [400])

    def test_the_host_of_an_absolute_target_counts(self):
        """Whatever the header says beside it (RFC 9112, 3.2.2)."""
        data = b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
        self.assertIn(self.statuses(data)[0], ([400], [403]))


if __name__ == "__main__":
    unittest.main()
