"""What anybody wrote into the history does nothing to a terminal that shows it."""

import json
import subprocess
import unittest

import trees
from api import APITest, ask
from device import PREFIX, binaries

# What stood for red and for its end before each run had marks of its own; marks that turn the
# text, and a control sequence of Latin-1.
SUBJECT = "a\U000f000031\U000f0001evil\U000f00000\U000f0001 \u202eb\u009b31m\u200ec\u061cd"


class OnATerminal(APITest):
    """A vault whose remote has a hostile commit."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()
        self.ada.write("a.md", "one\n")
        self.wait_in_sync(self.ada)

    def push(self, content):
        """A commit of somebody else's, with a hostile subject."""
        clone = f"{self.top}/clone"
        subprocess.run(["git", "clone", "-q", "-b", "sync", self.url, clone], check=True)
        with open(f"{clone}/{PREFIX}/evil.md", "wb") as file:
            file.write(content)
        me = ("-c", "user.name=Eve", "-c", "user.email=eve@example.org")
        trees.git(clone, "add", "-A")
        trees.git(clone, *me, "commit", "-qm", SUBJECT)
        trees.git(clone, "push", "-q")
        self.ada.ctl("sync")

    def test_a_subject_has_no_colour_and_turns_nothing(self):
        self.push(b"evil\n")
        shown = self.on_a_terminal(self.ada, "log", "-n", "1", PAGER="cat")
        self.assertIn("\x1b[33m", shown)
        self.assertNotIn("\x1b[31m", shown)
        for scalar in "\u202e\u009b\u200e\u061c":
            self.assertNotIn(scalar, shown)
            self.assertIn(f"\\u{{{ord(scalar):x}}}", shown)

    def test_json_says_the_same_in_other_characters(self):
        self.push(b"evil\n")
        words = ("log", "-n", "1", "--json")
        shown = self.on_a_terminal(self.ada, *words)
        for scalar in "\u202e\u009b\u200e\u061c":
            self.assertNotIn(scalar, shown)
        plain = self.ada.ctl(*words).stdout
        self.assertIn("\u202e", plain)
        self.assertEqual(json.loads(shown), json.loads(plain))
        self.assertEqual(json.loads(shown)[0]["subject"], SUBJECT)

    def test_a_version_is_shown_escaped_and_written_as_it_is(self):
        content = "\u202ea\x1b[2J\n\tb".encode() + b"\xff\nend"
        self.push(content)
        version = f"HEAD:{PREFIX}/evil.md"
        shown = self.on_a_terminal(self.ada, "show", version)
        self.assertEqual(
            shown.splitlines(), ["\\u{202e}a\\u{1b}[2J", "\tb\ufffd", "end"])  # fmt: skip
        with open(f"{self.top}/shown", "wb") as file:
            subprocess.run(
                [f"{binaries()}/syncctl", "--config", self.ada.config, "show", version],
                env=self.ada.environment, stdout=file, check=True)  # fmt: skip
        with open(f"{self.top}/shown", "rb") as file:
            self.assertEqual(file.read(), content)

    def test_a_reference_adds_no_line(self):
        token = self.token(self.ada, "write")
        body = {"ref": "refs/heads/x\n2026-01-01T00:00:00Z  github push  sync  accepted"}
        answer = ask(self.ada.port, "POST", "/api/sync/webhook", body, token=token)
        self.assertEqual(answer.status, 202, answer)
        for words in (("webhook", "deliveries"), ("webhook", "deliveries", "--limit", "1")):
            lines = self.ada.ctl(*words).stdout.splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("x\\n2026", lines[0])


if __name__ == "__main__":
    unittest.main()
