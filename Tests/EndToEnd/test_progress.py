"""`syncctl sync` says how far it is: one line on a terminal, a few elsewhere, none where asked."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from device import binaries
from harness import VaultTest, number

COLUMNS = 60


class Progress(VaultTest):
    """A sync of so many files that it takes some seconds."""

    turn = VaultTest.FIRST

    def setUp(self):
        super().setUp()
        self.ada = self.device("ada", start=False)

    def fill(self, name="many"):
        """Writes files that were not there before."""
        os.makedirs(self.ada.path(name))
        for index in range(number("SYNC_PROGRESS_FILES", 12_000)):
            self.ada.write(f"{name}/{index}.md", f"{name} {index} {self.random.random()}\n" * 20)

    def on_terminal(self, *arguments, **environment):
        """Runs `syncctl` with a terminal as standard error; gives what that showed, and the end."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        process = subprocess.Popen(
            [f"{binaries()}/syncctl", "--config", self.ada.config, *arguments],
            env=self.ada.environment | {"TERM": "xterm"} | environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # The last that had the terminal open is gone.
        os.close(ours)
        said = process.stdout.read().decode()
        process.stdout.close()
        self.ada.note(process.wait(), "syncctl sync")
        self.assertEqual(process.returncode, 0, shown)
        return shown.decode(), said

    def assert_one_line(self, shown):
        """One line that begins anew again and again, fits, and is gone at the end."""
        self.assertNotIn("\n", shown)
        lines = [line.removesuffix("\x1b[K") for line in shown.split("\r")]
        self.assertGreaterEqual(len(lines), 3, shown)
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)
        self.assertLess(max(map(len, lines)), COLUMNS, lines)
        words = re.compile(r"(writing|sending|scanning|receiving|applying): [\d,]+( of [\d,]+)? ")
        for line in lines[1:-1]:
            self.assertRegex(line, words)

    def test_a_terminal_has_one_line_that_is_kept_up_to_date(self):
        """By itself, and through a daemon that captures what came while it was away."""
        self.fill()
        shown, said = self.on_terminal("sync")
        self.assert_one_line(shown)
        self.assertIn("in sync at", said)
        self.assertRegex(shown, r"\d objects, [\d.]+ [KM]iB")
        self.ada.start()
        self.wait_in_sync(self.ada)
        self.ada.stop()
        self.fill("more")
        self.ada.start()
        shown, said = self.on_terminal("sync")
        self.assert_one_line(shown)
        self.assertIn("in sync at", said)

    def test_elsewhere_are_plain_lines_and_few(self):
        self.fill()
        done = self.ada.ctl("sync")
        lines = done.stderr.splitlines()
        self.assertLess(len(lines), 20, lines)
        for line in lines:
            self.assertRegex(line, r"^syncctl: (writing|sending|scanning): [\d,]+ .*$")

    def test_a_sync_that_ends_at_once_says_nothing(self):
        self.ada.write("one.md", "one\n")
        self.assertEqual(self.on_terminal("sync")[0], "")
        self.assertEqual(self.ada.ctl("sync").stderr, "")
        self.ada.start()
        self.assertEqual(self.on_terminal("sync")[0], "")

    def test_json_and_quiet_and_a_dumb_terminal_have_no_line(self):
        for index, (words, environment) in enumerate(
                ((("--json",), {}), (("--quiet",), {}), ((), {"TERM": "dumb"}))):  # fmt: skip
            with self.subTest(words, **environment):
                self.fill(f"set-{index}")
                shown, _ = self.on_terminal("sync", *words, **environment)
                self.assertNotIn("\r\x1b", shown)
                if words:
                    self.assertEqual(shown, "")
