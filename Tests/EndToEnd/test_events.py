"""Server-sent events: nothing is missed, nobody holds others up, all end with the daemon."""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import threading
import time
import unittest

from api import PATIENCE, APITest, Events, ask
from device import ROOT, wait_until

MANY = 500


class EventsTest(APITest):
    """Gives each test a daemon, a token that reads, and deliveries as events."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()
        self.read, self.write = self.token(self.ada), self.token(self.ada, "write")

    def deliver(self, count, ref="refs/heads/other"):
        """Makes so many events: deliveries with a token, each about a branch that is not ours."""
        for _ in range(count):
            answer = ask(self.ada.port, "POST", "/api/sync/webhook", {"ref": ref}, token=self.write)
            self.assertEqual(answer.json["result"], "ignored", answer)

    def deliver_until(self, over):
        """Makes events with long words until somebody says that it is over."""
        while not over.is_set():
            self.deliver(1, "refs/heads/" + "o" * 20000)

    def behind(self, work, *arguments):
        """Does something on a thread of its own until the test ends."""
        thread = threading.Thread(target=work, args=arguments)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def follow(self, last=None):
        """A stream of the daemon's."""
        return Events(self.ada.port, self.read, last)

    def streams(self):
        """How many streams there are, as the metrics say it."""
        text = ask(self.ada.port, "GET", "/metrics", token=self.read).body.decode()
        lines = [line for line in text.splitlines() if line.startswith("syncd_event_streams ")]
        return int(lines[0].split()[1])


class Following(EventsTest):
    """What a client sees that follows."""

    def test_a_stream_begins_with_the_status(self):
        with self.follow() as stream:
            self.assertEqual(stream.status, 200)
            head = {name.lower(): value for name, value in stream.answer.getheaders()}
            self.assertEqual(head["content-type"], "text/event-stream")
            self.assertEqual(head["x-accel-buffering"], "no")
            self.assertEqual(head["cache-control"], "no-store")
            blocks = stream.blocks()
            self.assertEqual(next(blocks), [": syncd"])
            self.assertEqual(next(blocks)[1], "event: state")
        wait_until(lambda: self.streams() == 0, lambda: f"{self.streams()} streams")

    def test_a_look_at_what_is_there_is_no_stream(self):
        client = http.client.HTTPConnection("127.0.0.1", self.ada.port, timeout=PATIENCE)
        with contextlib.closing(client):
            for _ in range(3):
                client.request(
                    "HEAD", "/api/sync/events", headers={"Authorization": f"Bearer {self.read}"})
                answer = client.getresponse()
                answer.read()
                self.assertEqual(answer.status, 200)
            self.assertEqual(self.streams(), 0)

    def test_what_happens_is_told(self):
        with self.follow() as stream:
            self.ada.write("a.md", "a\n")
            stream.next("commit", lambda data: data["origin"] == "captured")
            stream.next("commit", lambda data: data["origin"] == "pushed")
            bob = self.device("bob")
            bob.write("b.md", "b\n")
            stream.next("commit", lambda data: data["origin"] == "applied")
            stream.next("device", lambda data: data["device"] == "bob")

    def test_who_comes_again_misses_nothing(self):
        """Over 500 events the stream breaks off again and again; no number is left out."""
        seen, last = [], None
        with self.follow() as stream:
            last = next(iter(stream))[0]
        self.behind(self.deliver, MANY)
        delivered = breaks = 0
        while delivered < MANY:
            with self.follow(last) as stream:
                for count, (last, name, _) in enumerate(stream):
                    self.assertNotEqual(name, "reset")
                    seen.append(int(last.split("-")[1]))
                    delivered += name == "delivery"
                    if count == 36 or delivered == MANY:
                        break
            breaks += 1
        self.assertEqual(seen, list(range(seen[0], seen[0] + len(seen))))
        self.assertGreater(breaks, 10)

    def test_an_id_that_is_not_known_any_more_is_a_reset(self):
        with self.follow() as stream:
            known = next(iter(stream))[0]
        boot, count = known.split("-")
        for last in (f"{boot}0-{count}", f"{boot}-999999", "x", f"{boot}-", "-", "0"):
            with self.subTest(last), self.follow(last) as stream:
                number, name, data = next(iter(stream))
                self.assertEqual(name, "reset")
                self.assertEqual(data["state"], "in-sync")
                self.assertEqual(number.split("-")[0], boot)
        self.ada.stop()
        self.ada.start()
        self.wait_for_listener(self.ada)
        with self.follow(known) as stream:
            number, name, _ = next(iter(stream))
            self.assertEqual(name, "reset")
            self.assertNotEqual(number.split("-")[0], boot)

    def test_a_comment_comes_each_15_seconds(self):
        began = time.monotonic()
        with self.follow() as stream:
            wait = next(time.monotonic() - began for block in stream.blocks() if ": here" in block)
        self.assertLess(wait, 17.0)

    def test_there_is_a_bound_on_streams(self):
        with contextlib.ExitStack() as stack:
            statuses = [stack.enter_context(self.follow()).status for _ in range(260)]
            self.assertEqual(statuses, [200] * 256 + [503] * 4)
            self.healthy(self.ada)
        wait_until(lambda: self.streams() == 0, lambda: f"{self.streams()} streams")

    def test_all_streams_end_with_the_daemon(self):
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(self.follow()) for _ in range(20)]
            for stream in streams:
                next(iter(stream))
            sleeper = stack.enter_context(self.sleeper())
            code, seconds = self.ada.stop()
            print(f"20 streams and one that does not read: ended after {seconds:.2f} s")
            self.assertEqual(code, 0)
            self.assertLess(seconds, 5.0)
            for stream in streams:
                with contextlib.suppress(ConnectionResetError):
                    self.assertEqual([name for _, name, _ in stream if name == "reset"], [])
            sleeper.settimeout(5)
            with contextlib.suppress(ConnectionResetError):
                while sleeper.recv(65536):
                    pass

    def sleeper(self):
        """A client that asks for the events and never reads."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", self.ada.port))
        client.sendall(
            b"GET /api/sync/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + self.read.encode() + b"\r\n\r\n")  # fmt: skip
        return client

    def test_who_does_not_read_is_cut_and_others_go_on(self):
        with self.sleeper() as sleeper, self.follow() as stream:
            wait_until(lambda: self.streams() == 2, "two streams")
            # Limits.eventBacklog, and what the system's buffers take: a few hundred, or thousands.
            cut = threading.Event()
            self.addCleanup(cut.set)
            for _ in range(4):
                self.behind(self.deliver_until, cut)
            for delivered, _ in enumerate(stream):
                self.assertLess(delivered, 20000, "it is never cut")
                if delivered % 100 == 0 and self.streams() == 1:
                    break
            cut.set()
            self.assertEqual(self.streams(), 1)
            self.healthy(self.ada)
            sleeper.settimeout(10)
            # What is in the buffers is still there; then comes the end.
            with contextlib.suppress(ConnectionResetError):
                while sleeper.recv(1 << 20):
                    pass

    def test_a_stream_does_not_hold_the_end_up(self):
        with self.follow() as stream:
            next(iter(stream))
            code, seconds = self.ada.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 2.0)

    def test_the_words_of_a_delivery_have_a_bound(self):
        """The newest 1,000 deliveries are kept, and 10,000 events."""
        with self.follow() as stream:
            stream.next("state")
            head = {"X-GitHub-Event": "e" * 8000, "X-GitHub-Delivery": "d" * 8000}
            body = {"ref": "refs/heads/" + "r" * (1 << 20), "after": "a" * (1 << 20)}
            answer = ask(self.ada.port, "POST", "/api/sync/webhook", body, head, self.write)
            self.assertEqual(answer.status, 202)
            self.assertLess(len(answer.body), 4 << 10)
            self.assertLess(len(str(stream.next("delivery"))), 4 << 10)
        listed = ask(self.ada.port, "GET", "/api/sync/deliveries", token=self.read)
        self.assertLess(len(listed.body), 4 << 10)


class Metrics(EventsTest):
    """Figures in Prometheus' text format."""

    def test_promtool_has_nothing_to_say_and_all_names_are_there(self):
        self.ada.write("a.md", "a\n")
        self.wait_in_sync(self.ada)
        self.deliver(1)
        answer = ask(self.ada.port, "GET", "/metrics", token=self.read)
        self.assertTrue(answer.header("content-type").startswith("text/plain; version=0.0.4"))
        text = answer.body.decode()
        with open(f"{ROOT}/docs/reference/http.md", encoding="utf-8") as file:
            table = file.read().partition("## Metrics")[2]
        names = [word.split("`")[0].split("{")[0] for word in table.split("`syncd_")[1:]]
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertIn(f"# TYPE syncd_{name} ", text)
        written = re.findall(r"^# TYPE syncd_(\w+)", text, re.M)
        self.assertEqual(sorted(written), sorted(names))
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        self.assertGreaterEqual(float(values['syncd_syncs_total{result="success"}']), 1)
        self.assertEqual(values['syncd_webhook_deliveries_total{result="ignored"}'], "1")
        self.assertEqual(values["syncd_in_sync"], "1")
        self.assertGreaterEqual(float(values["syncd_edit_to_pushed_seconds_count"]), 1)
        self.assertGreater(float(values["process_resident_memory_bytes"]), 1 << 20)
        listed = json.loads(self.ada.ctl("metrics", "--json").stdout)
        found = {(one["name"], *sorted(one["labels"].items())): one["value"] for one in listed}
        self.assertEqual(len(found), len(values))
        self.assertEqual(found["syncd_webhook_deliveries_total", ("result", "ignored")], 1)
        self.assertEqual(found["syncd_in_sync",], 1)
        try:
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                  capture_output=True, check=False)  # fmt: skip
        except FileNotFoundError:
            self.skipTest("promtool is not installed (package prometheus)")
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
