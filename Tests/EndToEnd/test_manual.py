"""Manual pages and shell completions, made and installed as packaging/README.md says."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from device import ROOT, binaries

README = f"{ROOT}/packaging/README.md"
# A line that a shell is given, and what it has to offer for its last word.
OFFERS = {"syncctl st": {"status"}, "syncctl token ": {"create", "list", "revoke"}}

BASH = r"""
source ~/.local/share/bash-completion/completions/syncctl
COMP_LINE=$1 COMP_POINT=${#1}
read -ra COMP_WORDS <<< "$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function=$(complete -p syncctl) && function=${function#*-F } && function=${function%% *}
"$function" syncctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""

# A zsh at a terminal, where TAB is pressed; it is read until everything was offered.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=(~/.local/share/zsh/site-functions \$fpath); LISTMAX=999"
zpty -w shell "autoload -Uz compinit; compinit -u -d ~/zcompdump; print REA''DY"
zpty -r -m shell text '*READY*'
zpty -n -w shell "$1"$'\t'
zpty -r -m shell text "$2"
print -r -- "$text"
zpty -d shell
"""


def shown(page):
    """A page as a reader sees it, without overstrikes, its blanks made one."""
    done = subprocess.run(["mandoc", "-Tascii", page], check=True, stdout=subprocess.PIPE)
    return " ".join(re.sub(r".\x08", "", done.stdout.decode()).split())


def words(command, path=()):
    """Of each command that help shows the words that call it, and its arguments."""
    yield path, command.get("arguments", [])
    for child in command.get("subcommands", []):
        if child.get("shouldDisplay", True):
            yield from words(child, (*path, child["commandName"]))


class Installed(unittest.TestCase):
    """A home in which a block of packaging/README.md was run."""

    heading = None

    def setUp(self):
        self.programs = binaries()
        if self.programs is None:
            self.fail("there is no build: swift build, or set SYNCD_BIN")
        self.home = tempfile.mkdtemp(prefix="e2e-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.environment = {
            "HOME": self.home, "PATH": f"{self.programs}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8", "TERM": "dumb", "SYNCD_BIN": self.programs,
        }  # fmt: skip
        with open(README, encoding="utf-8") as file:
            part = file.read().partition(f"\n## {self.heading}\n")[2].partition("\n## ")[0]
        block = re.search(r"```sh\n(.*?)```", part, re.DOTALL)
        self.assertIsNotNone(block, self.heading)
        self.run_here("sh", "-euc", block[1])

    def needs(self, program):
        """Skips where a program is missing."""
        if shutil.which(program) is None:
            self.skipTest(f"there is no {program} here")

    def run_here(self, *command):
        """What a command writes; it has 15 s and has to succeed."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=15)  # fmt: skip
        text = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, 0, f"{command}\n{text}")
        return text


class ManualTest(Installed):
    """`packaging/manual`."""

    heading = "Manual pages"

    def page(self, program):
        """The installed page of a program."""
        return f"{self.home}/.local/share/man/man1/{program}.1"

    def test_pages_have_no_warning(self):
        self.needs("mandoc")
        for program in ("syncctl", "syncd"):
            self.run_here("mandoc", "-Tlint", "-W", "warning", self.page(program))

    def test_pages_name_every_command_option_and_exit_code(self):
        self.needs("mandoc")
        for program in ("syncctl", "syncd"):
            text = shown(self.page(program))
            root = json.loads(self.run_here(program, "--experimental-dump-help"))["command"]
            for path, arguments in words(root):
                with self.subTest(program=program, command=" ".join(path)):
                    self.assertTrue(" ".join(path) in text)
                    for argument in arguments:
                        if not argument["shouldDisplay"]:
                            continue
                        for name in argument.get("names", []):
                            dashes = "-" if name["kind"] == "short" else "--"
                            option = re.compile(rf"(?<!\S)\[?{dashes}{name['name']}\b")
                            self.assertTrue(option.search(text), option.pattern)
                        meaning = " ".join((argument.get("abstract") or "").split())
                        self.assertTrue(meaning in text, meaning)
            codes = text.partition("EXIT STATUS")[2].partition("SEE ALSO")[0]
            self.assertEqual(
                re.findall(r"(?<!\S)(\d+) [A-Z]", codes),
                ["0", "1", "3", "4", "10", "64", "78", "130"], program)  # fmt: skip

    def test_wrong_usage_and_missing_programs_are_said(self):
        for arguments, code in (((), 64), ((f"{self.home}/x", "/nonexistent"), 1)):
            done = subprocess.run(
                [f"{ROOT}/packaging/manual", *arguments], check=False, capture_output=True)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertNotIn(b"Traceback", done.stderr)


class CompletionTest(Installed):
    """`--generate-completion-script`, in the shells themselves."""

    heading = "Completions"

    def test_bash_offers_commands(self):
        for line, offers in OFFERS.items():
            offered = self.run_here("bash", "--norc", "-euc", BASH, "bash", line).split()
            self.assertLessEqual(offers, set(offered), line)
            self.assertNotIn("pause", offered, line)

    def test_zsh_offers_commands(self):
        self.needs("zsh")
        for program in ("syncctl", "syncd"):
            self.run_here("zsh", "-n", f"{self.home}/.local/share/zsh/site-functions/_{program}")
        for line, offers in OFFERS.items():
            pattern = f"*{'*'.join(sorted(offers))}*"
            text = self.run_here("zsh", "-f", "-c", ZSH, "zsh", line, pattern)
            for offer in offers:
                self.assertIn(offer, text, line)

    def test_fish_offers_commands(self):
        self.needs("fish")
        for line, offers in OFFERS.items():
            lines = self.run_here("fish", "-c", f"complete -C '{line}'").splitlines()
            self.assertEqual({line.partition("\t")[0] for line in lines}, offers, line)
