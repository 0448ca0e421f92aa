"""`syncctl events` and `status --watch`: they go on with the daemon, and say why they end."""

import contextlib
import json
import subprocess
import threading
import unittest

from api import APITest, Events
from device import binaries, wait_until


class Follower:
    """A command that follows the daemon; use as a context."""

    def __init__(self, device, *words):
        self.run = subprocess.Popen(
            [f"{binaries()}/syncctl", "--config", device.config, *words],
            env=device.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        """Takes what it prints, until it ends."""
        for line in self.run.stdout:
            self.lines.append(json.loads(line))

    def end(self):
        """Waits for its end; gives the exit code and its messages."""
        code = self.run.wait(30)
        self.reader.join()
        return code, self.run.stderr.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.kill()
        self.run.wait()
        self.reader.join()
        self.run.stdout.close()
        self.run.stderr.close()


class Followers(APITest):
    """One daemon, and who follows it."""

    def test_a_reload_goes_on_and_the_end_is_told(self):
        ada = self.listening()
        with Follower(ada, "events", "--json") as events, \
                Follower(ada, "status", "--watch", "--json") as watch:  # fmt: skip
            wait_until(lambda: events.lines and watch.lines, "the first event")
            ada.set("sync", "poll", '"7s"')
            ada.ctl("reload")
            wait_until(
                lambda: any(line["event"] == "reset" for line in events.lines),
                lambda: f"no stream after the reload: {events.lines}")  # fmt: skip
            ada.write("a.md", "a\n")
            wait_until(
                lambda: any(line["event"] == "commit" for line in events.lines),
                lambda: f"no commit after the reload: {events.lines}")  # fmt: skip
            head = ada.status()["head"]
            wait_until(lambda: any(line["head"] == head for line in watch.lines), "its status")
            ada.stop()
            for follower in (events, watch):
                code, words = follower.end()
                self.assertEqual(code, 3, words)
                self.assertIn("the daemon is not running", words)

    def test_who_is_refused_is_told_why(self):
        ada = self.listening()
        token = self.token(ada)
        with contextlib.ExitStack() as stack:
            for _ in range(256):
                self.assertEqual(stack.enter_context(Events(ada.port, token)).status, 200)
            done = ada.ctl("events", expect=(1,))
            self.assertIn("too many streams", done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
