"""Paths and bodies over TCP that try to get out, or to use the daemon up."""

import json
import os
import unittest

from api import APITest, ask, raw
from device import PREFIX, wait_until

KI, MI = 1 << 10, 1 << 20
# Ways to write "..", "/", "\" and NUL in a target.
DOTS = ("..", "%2e%2e", "%2E.", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "..%00")
SLASHES = ("/", "%2f", "%252f", "%5c", "\\", "%c0%af")
# Paths of a body that are none below the folder's prefix.
OUTSIDE = (
    "", "/", ".", "..", "/etc/passwd", "etc/passwd", "../secret", "shared", "shared/", PREFIX,
    f"{PREFIX}/", f"{PREFIX}/..", f"{PREFIX}/../x", f"{PREFIX}/../../../x", f"{PREFIX}/./x",
    f"{PREFIX}//x", f"/{PREFIX}/x", f"{PREFIX}/x/", f"{PREFIX}/.git/config", f"{PREFIX}/.GIT/hooks",
    f"{PREFIX}/a/.git/config", f"{PREFIX}/git~1/config", f"{PREFIX}/.g\u200cit/config",
    f"{PREFIX}/a\0b", f"{PREFIX}/a\nb", f"{PREFIX}/a\x7fb", f"{PREFIX}x/y", "shared/other/x",
    f"{PREFIX}/{'a' * 256}", f"{PREFIX}/{'a/' * 5000}x", f"{PREFIX}/..\\x", "\\..\\x", "C:\\x",
)  # fmt: skip


class Input(APITest):
    """None of it is answered 5xx, and nothing of it is found in or out of the folder."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()
        self.write = self.token(self.ada, "write")
        self.secret("canary-outside\n", "outside")
        self.ada.write("inside.md", "inside\n")
        self.wait_in_sync(self.ada)

    def tearDown(self):
        self.healthy(self.ada, "at the end")

    def post(self, target, body, expected, **options):
        """Posts and checks the status; a body in bytes goes as it is."""
        if isinstance(body, bytes):
            options["headers"] = {"Content-Type": "application/json"} | options.get("headers", {})
        answer = ask(self.ada.port, "POST", target, body, token=self.write, **options)
        self.assertIn(answer.status, expected, f"{str(body)[:120]}: {answer}")
        if answer.status >= 400:
            self.assertEqual(answer.header("content-type"), "application/problem+json")
            self.assertEqual(answer.json["status"], answer.status)
        return answer

    def test_no_target_leads_out_of_the_tree(self):
        tried = 0
        for dots in DOTS:
            for slash in SLASHES:
                for steps in (1, 9):
                    for end in ("etc/passwd", "outside", "output", "config/syncd/config.toml"):
                        up = (dots + slash) * steps + end
                        for target in (f"/api/sync/blob/HEAD/{PREFIX}/{up}",
                                       f"/api/sync/blob/HEAD/{up}", f"/api/sync/blob/{up}"):
                            self.check_target(target)
                            tried += 1
        for revision in ("-h", "--help", "@{u}", "HEAD:x", "refs%2fheads%2fsync", "HEAD%00",
                         "%0aHEAD", "HEAD..HEAD", "a" * 5000, ":/inside", "^HEAD"):  # fmt: skip
            self.check_target(f"/api/sync/blob/{revision}/{PREFIX}/absent")
        for target in ("//etc/passwd", "/../../etc/passwd", "/%2e%2e/etc/passwd", "/api/../health/",
                       "/api/sync/conflicts/..%2f..%2fetc", "/?x=%00"):
            self.check_target(target)
        print(f"{tried} targets")
        answer = ask(
            self.ada.port, "GET", f"/api/sync/blob/HEAD/{PREFIX}/inside.md", token=self.write
        )
        self.assertEqual((answer.status, answer.body), (200, b"inside\n"))

    def check_target(self, target):
        """A target is refused; over one connection each, because some are no HTTP at all."""
        head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.write}\r\n"
        found, _ = raw(self.ada.port, f"{head}Connection: close\r\n\r\n".encode("latin-1"))
        statuses = [answer.status for answer in found]
        self.assertIn(statuses, ([400], [404]), target)
        for words in (b"canary-outside", b"root:", b"[repository]"):
            self.assertNotIn(words, found[0].body, target)

    def test_no_write_leads_out_of_the_folder(self):
        before = self.files()
        for path in OUTSIDE:
            with self.subTest(path=path[:60]):
                self.post("/api/sync", {"path": path, "content": "out"}, [400, 404])
                batch = [{"path": f"{PREFIX}/ok", "content": "x"}, {"path": path, "delete": True}]
                self.post("/api/sync/batch", {"writes": batch}, [400, 404])
        for path in (b'"\\ud800"', b'"shared/files/\xff"', b"7", b"null", b"[]", b"{}"):
            with self.subTest(path=path):
                self.post("/api/sync", b'{"path": %s, "content": "out"}' % path, [400])
        self.assertEqual(self.files(), before)

    def files(self):
        """The device's own files and the folder's, without what the daemon writes."""
        own = [self.ada.folder, f"{self.ada.home}/user", f"{self.ada.home}/config"]
        return sorted(os.path.join(top, name) for place in own
                      for top, _, names in os.walk(place) for name in names)  # fmt: skip

    def test_a_symbolic_link_in_the_folder_leads_no_write_out(self):
        os.makedirs(f"{self.top}/elsewhere")
        os.symlink(f"{self.top}/elsewhere", self.ada.path("link"))
        self.wait_in_sync(self.ada)
        body = {"path": f"{PREFIX}/link/x", "content": "out"}
        self.post("/api/sync", body, [400, 409])
        self.post("/api/sync", {"path": f"{PREFIX}/link", "content": "in"}, [200, 400, 409])
        self.assertEqual(os.listdir(f"{self.top}/elsewhere"), [])

    def test_bombs_are_refused_in_time(self):
        deep = 100_000
        path = f'"path": "{PREFIX}/bomb", "content": "x"'.encode()
        bombs = {
            "arrays": b"[" * deep, "closed arrays": b"[" * deep + b"]" * deep,
            "objects": b'{"a":' * deep, "closed objects": b'{"a":' * deep + b"1" + b"}" * deep,
            "deep inside": b'{%s, "agent": %s}' % (path, b"[" * deep + b"]" * deep),
            "a number that is long": b'{"path": %s}' % (b"9" * (MI - 20)),
            "a number that is large": b'{"path": 1e999999999}',
            "no JSON": b"\xff\xfe{}", "nothing": b"", "a word": b"true", "spaces": b" " * (MI - 1),
            "cut off": b'{"path": "' + b"a" * 1000, "NaN": b'{"path": NaN}',
            "a text of escapes": b'{"path": "%s"}' % (b"\\u0041" * 150_000),
        }  # fmt: skip
        for target in ("/api/sync", "/api/sync/batch", "/api/sync/restore", "/api/sync/type",
                       "/api/sync/conflicts/x/resolve"):  # fmt: skip
            for what, body in bombs.items():
                with self.subTest(what, target=target):
                    self.post(target, body, [400, 404], timeout=10)
        self.post("/api/sync/cycle", bombs["arrays"], [400], timeout=10)

    def test_a_mebibyte_of_keys_is_read_in_time(self):
        keys = b",".join(b'"k%d":0' % n for n in range(90_000))
        body = b'{"path": "%s/keys", "content": "x", %s}' % (PREFIX.encode(), keys)
        self.post("/api/sync", body, [200, 400], timeout=10)

    def test_what_readers_take_differently_is_refused(self):
        """Of equal keys one reader takes the first and another the last."""
        one, two = (f'"path": "{PREFIX}/{name}"' for name in ("one", "two"))
        before = self.files()
        for target, body, words in (
            ("/api/sync", f'{{{one}, {two}, "content": "x"}}', "'path' twice"),
            ("/api/sync", f'{{{one}, "\\u0070ath": "x", "content": "x"}}', "'path' twice"),
            ("/api/sync/batch", f'{{"writes": [{{{one}, {two}, "content": "x"}}]}}',
             "'writes[0].path' twice"),
            ("/api/sync/undo", '{"dry_run": true, "dry_run": false}', "'dry_run' twice"),
            ("/api/sync", f'{{{one}, "content": "x",}}', "no JSON"),
            ("/api/sync/batch", f'{{"writes": [{{{one}, "content": "x"}},]}}', "no JSON"),
            ("/api/sync/cycle", '{"scan": true,}', "no JSON"),
            ("/api/sync/rollback", '{"to": "HEAD", "path": "a", "paths": ["b"]}', "paths"),
        ):
            with self.subTest(body=body):
                answer = self.post(target, body.encode(), [400])
                self.assertIn(words, answer.json["detail"])
        self.assertEqual(self.files(), before)

    def test_a_body_that_is_cut_wrongly_is_the_askers_mistake(self):
        head = (
            "HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.write}\r\nTransfer-Encoding: chunked\r\n"
        )
        for key in ("", "Idempotency-Key: cut\r\n"):
            for target in ("/api/sync", "/api/sync/cycle", "/api/sync/flush", "/api/sync/webhook"):
                with self.subTest(target, key=key):
                    found, _ = raw(
                        self.ada.port, f"POST {target} {head}{key}\r\nxyz\r\n{{}}\r\n".encode())
                    self.assertEqual([answer.status for answer in found], [400], found)

    def test_a_percent_sign_in_a_query_is_not_passed_over(self):
        for target in ("history?path=%zz", "history?path=a%2", "diff?from=HEAD&to=%", "held?x=%fg",
                       "history?%zz=1", "diff?from=%ff"):
            with self.subTest(target):
                answer = ask(self.ada.port, "GET", f"/api/sync/{target}", token=self.write)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(target.rpartition("?")[2].rpartition("&")[2], answer.json["detail"])

    def test_a_name_of_a_query_that_would_be_passed_over_is_refused(self):
        for target, words in (
            ("history?devise=ada", "'devise' in the query is not known: there are before, limit"),
            ("history?limit=1&limit=2", "'limit' in the query stands twice: there are before"),
            ("history?limit=1&%6cimit=2", "'limit' in the query stands twice"),
            ("diff?from=HEAD&too=HEAD~1", "'too' in the query is not known"),
            ("status?x", "'x' in the query is not known: expected no query"),
        ):
            with self.subTest(target):
                answer = ask(self.ada.port, "GET", f"/api/sync/{target}", token=self.write)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(words, answer.json["detail"])
        # A program that watches may send what it likes.
        self.assertEqual(ask(self.ada.port, "GET", "/health?x=1").status, 200)

    def test_bodies_have_a_bound(self):
        hook = b'{"ref": "refs/heads/sync", "pad": "%s"}'
        for target, body, expected in (
            ("/api/sync", self.body(MI), [200]), ("/api/sync", self.body(MI + 1), [413]),
            ("/api/sync/batch", b" " * (MI + 1), [413]),
            ("/api/sync/cycle", b" " * (MI + 1), [413]),
            ("/api/sync/conflicts/x/resolve", b" " * (4 * MI + 1), [413]),
            ("/api/sync/webhook", hook % (b"a" * (24 * MI)), [202]),
            ("/api/sync/webhook", hook % (b"a" * (25 * MI)), [413]),
        ):  # fmt: skip
            with self.subTest(target, size=len(body)):
                try:
                    self.post(target, body, expected)
                except (BrokenPipeError, ConnectionResetError):
                    # It need not wait for all of it to say no.
                    self.assertEqual(expected, [413])
        self.endless()

    @staticmethod
    def body(size):
        """A write whose body has so many bytes."""
        head = b'{"path": "%s/large", "content": "' % PREFIX.encode()
        return head + b"a" * (size - len(head) - 2) + b'"}'

    def endless(self):
        """Chunks without end are cut at the bound; of who shows nothing none is read."""
        for shown, status in (("X-Hub-Signature-256: sha256=00\r\n", 413), ("", 401)):
            head = (
                "POST /api/sync/webhook HTTP/1.1\r\nHost: localhost\r\n"
                f"{shown}Transfer-Encoding: chunked\r\n\r\n"
            ).encode()
            chunk = b"10000\r\n" + b"a" * (64 * KI) + b"\r\n"
            found, _ = raw(self.ada.port, head + chunk * 800, count=1)
            self.assertIn([answer.status for answer in found], ([status], []))

    def test_what_is_written_is_what_was_sent(self):
        for name, content, encoding, expected in (
            ("t.md", "Grüße \U0001f600\n", "utf-8", "Grüße \U0001f600\n".encode()),
            ("b.bin", "AAECAw==", "base64", b"\0\1\2\3"), ("empty", "", "utf-8", b""),
        ):  # fmt: skip
            body = {"path": f"{PREFIX}/{name}", "content": content, "encoding": encoding}
            answer = self.post("/api/sync", body, [200])
            self.assertEqual(self.ada.read(name), expected)
            blob = ask(
                self.ada.port, "GET", f"/api/sync/blob/{answer.json['commit']}/{PREFIX}/{name}",
                token=self.write)  # fmt: skip
            self.assertEqual(blob.body, expected)
            self.assertEqual(blob.header("etag"), f'"{answer.json["files"][0]["blob"]}"')
        for body in ({"encoding": "base64", "content": "%%"}, {"encoding": "latin-1"}, {}):
            self.post("/api/sync", {"path": f"{PREFIX}/no"} | body, [400])
        wait_until(lambda: self.ada.status()["state"] == "in-sync", json.dumps(self.ada.status()))


if __name__ == "__main__":
    unittest.main()
