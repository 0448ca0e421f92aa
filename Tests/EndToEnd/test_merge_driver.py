"""The merge driver under real git: `git merge` gives what the daemons give, `git rebase` works."""

import json
import os
import subprocess
import tempfile
import unittest

from device import ROOT, Device, binaries
from harness import VaultTest
from trees import blob_id

INSTALL = f"{ROOT}/hooks/install-merge-driver"


def lines(*records):
    """JSON Lines."""
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)


def memory(number, text, **more):
    """A memory as mem0 has it."""
    return {"id": f"m{number}", "memory": text, "created_at": f"2026-01-0{number}T08:00:00Z"} | more


def event(number):
    """An event with a UUID."""
    return {"uuid": f"e-{number}", "timestamp": f"2026-01-0{number}T08:00:00Z", "kind": "visit"}


def turn(number, text):
    """What somebody said."""
    return {"uuid": f"t-{number}", "timestamp": f"2026-01-01T08:0{number}:00Z", "text": text}


DOCUMENT = "# Garden\n\nBeans are sown.\n\nPeas are up.\n\n- [ ] water\n"
# Each file as it was, as ada and as bob leave it: what the rules merge without asking.
FILES = {
    "memories/ada/memories.jsonl": (
        lines(memory(1, "likes tea"), memory(2, "has a cat")),
        lines(memory(1, "likes tea", tags=["drink"]), memory(2, "has a cat"), memory(3, "sings")),
        lines(memory(1, "likes tea with milk"), memory(4, "cycles")),
    ),
    "events/2026-01.jsonl": (
        lines(event(1)),
        lines(event(1), event(3)),
        lines(event(1), event(2), event(4)),
    ),
    "conversations/today.json": (
        json.dumps({"messages": [turn(1, "hello")]}),
        json.dumps({"messages": [turn(1, "hello"), turn(3, "from ada")]}),
        json.dumps({"messages": [turn(1, "hello"), turn(2, "from bob")]}),
    ),
    "documents/it's a garden.md": (
        DOCUMENT,
        DOCUMENT.replace("sown", "sown and watered").replace("[ ]", "[x]"),
        DOCUMENT.replace("Peas are up.", "Peas are picked.").replace("water", "water twice"),
    ),
    "settings/preferences.json": ('{"theme":"dark"}', '{"theme":"light"}', '{"theme":"blue"}'),
}


class Repository:
    """A work tree with the driver, or without."""

    def __init__(self, path, *arguments):
        self.path = path
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
            "SYNCCTL": f"{binaries()}/syncctl", "GIT_EDITOR": "true",
        }  # fmt: skip
        subprocess.run(
            ["git", "init", "-q", "--initial-branch=main", path], env=self.environment, check=True
        )
        self.git("config", "user.email", "ada@example.org")
        self.git("config", "user.name", "ada")
        self.seconds = 1_700_000_000
        if arguments:
            self.git(*arguments)

    def git(self, *arguments, expect=0):
        """Runs git; gives what it wrote to both outputs."""
        done = subprocess.run(
            ["git", "-C", self.path, *arguments], env=self.environment, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip
        if done.returncode != expect:
            raise AssertionError(f"git {' '.join(arguments)}: {done.returncode}\n{done.stdout}")
        return done.stdout

    def install(self, *arguments):
        """Runs the installer."""
        subprocess.run([INSTALL, *arguments], cwd=self.path, env=self.environment, check=True)

    def commit(self, files, name="ada"):
        """Writes files and commits them, a minute after the commit before."""
        for path, text in files.items():
            self.write(path, text)
        self.seconds += 60
        date = f"{self.seconds} +0000"
        self.environment |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.environment["GIT_AUTHOR_NAME"] = name
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"by {name}")
        return self.git("rev-parse", "HEAD").strip()

    def fork(self, base, ours, theirs):
        """Two branches that changed files: main by ada, other by bob, later."""
        self.commit(base)
        self.git("branch", "other")
        self.commit(ours)
        self.git("checkout", "-q", "other")
        self.commit(theirs, "bob")
        self.git("checkout", "-q", "main")

    def write(self, path, text):
        """Writes one file."""
        whole = f"{self.path}/{path}"
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        """Reads one file."""
        with open(f"{self.path}/{path}", encoding="utf-8") as file:
            return file.read()


class BesideTheDaemon(VaultTest):
    """The same two heads, merged by a daemon and by git."""

    def vault(self, name):
        """A device whose folder is all of `shared`, its daemon not running."""
        device = Device(f"{self.top}/{name}", name)
        self.devices.append(device)
        device.init(self.remote, "shared")
        return device

    def cycle(self, device):
        """One cycle of the daemon."""
        done = device.once()
        self.assertIn(done.returncode, (0, 10), done.stderr)

    def test_git_merge_gives_the_same_bytes(self):
        ada, bob = self.vault("ada"), self.vault("bob")
        for path, (base, _, _) in FILES.items():
            ada.write(path, base)
        self.cycle(ada)
        self.cycle(bob)
        for path, (_, first, second) in FILES.items():
            ada.write(path, first)
            bob.write(path, second)
        self.cycle(ada)
        self.cycle(bob)

        clone = Repository(f"{self.top}/clone")
        clone.git("fetch", "-q", self.remote, "sync")
        merged = clone.git("rev-list", "--merges", "-1", "FETCH_HEAD").strip()
        parents = clone.git("rev-parse", f"{merged}^1", f"{merged}^2").split()
        clone.install()
        for ours, theirs in (parents, reversed(parents)):
            clone.git("checkout", "-q", "--detach", ours)
            clone.git("merge", "-q", "-m", "by git", theirs)
            for path in FILES:
                by_daemon = clone.git("show", f"{merged}:shared/{path}")
                self.assertEqual(clone.read(f"shared/{path}"), by_daemon, path)
        self.assertIn("cycles", clone.read("shared/memories/ada/memories.jsonl"))
        self.assertIn("[x] water twice", clone.read("shared/documents/it's a garden.md"))
        plain = Repository(f"{self.top}/plain")
        plain.git("fetch", "-q", self.remote, "sync")
        plain.git("checkout", "-q", "--detach", parents[0])
        plain.git("merge", "-q", parents[1], expect=1)


class UnderGit(unittest.TestCase):
    """What git does with the driver's answers."""

    def setUp(self):
        if binaries() is None:
            self.fail("there is no build: swift build, or set SYNCD_BIN")
        place = tempfile.TemporaryDirectory(prefix="e2e-", dir="/tmp")
        self.addCleanup(place.cleanup)
        self.top = place.name
        self.repository = Repository(f"{self.top}/work")
        self.repository.install()

    def test_a_conflict_stands_between_markers_and_git_lists_it(self):
        base, ours, theirs = "a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n"
        repository = self.repository
        repository.fork({"n.md": base}, {"n.md": ours}, {"n.md": theirs})
        repository.git("merge", "other", expect=1)
        first = repository.read("n.md")
        ids = [blob_id(text.encode())[:8] for text in (base, ours, theirs)]
        name = first.split()[2]
        self.assertEqual(
            first,
            f"a\n<<<<<<< {name} ada {ids[1]}\nX\n||||||| {name} base {ids[0]}\nb\n"
            f"=======\nY\n>>>>>>> {name} bob {ids[2]}\nc\n",
        )
        self.assertIn("UU n.md", repository.git("status", "--short"))
        # The other way round: the same bytes.
        repository.git("merge", "--abort")
        repository.git("checkout", "-q", "other")
        repository.git("merge", "main", expect=1)
        self.assertEqual(repository.read("n.md"), first)

    def test_a_rebase_merges_and_stops_at_a_conflict(self):
        repository = self.repository
        path = "shared/memories/m.jsonl"
        repository.fork(
            {path: lines(memory(1, "a"))},
            {path: lines(memory(1, "a"), memory(2, "ours"))},
            {path: lines(memory(1, "a", tags=["t"]), memory(3, "theirs"))},
        )
        repository.git("checkout", "-q", "other")
        repository.git("rebase", "-q", "main")
        self.assertEqual(
            repository.read(path),
            lines(memory(1, "a", tags=["t"]), memory(2, "ours"), memory(3, "theirs")),
        )
        repository.commit({"n.md": "a\n"})
        repository.git("branch", "-f", "main")
        repository.commit({"n.md": "mine\n"})
        repository.git("checkout", "-q", "main")
        repository.commit({"n.md": "yours\n"})
        repository.git("checkout", "-q", "other")
        repository.git("rebase", "main", expect=1)
        self.assertIn("||||||| ", repository.read("n.md"))
        repository.write("n.md", "both\n")
        repository.git("add", "n.md")
        repository.git("rebase", "--continue")
        self.assertEqual(repository.read("n.md"), "both\n")

    def test_a_name_that_begins_with_a_dash_is_no_option(self):
        repository = self.repository
        base, ours, theirs = "a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n"
        repository.fork({"-x.md": base}, {"-x.md": ours}, {"-x.md": theirs})
        repository.git("merge", "-q", "-m", "both", "other")
        self.assertEqual(repository.read("-x.md"), "A\nb\nc\nD\n")

    def test_each_type_has_a_driver(self):
        drivers = self.repository.git("config", "--get-regexp", r"^merge\.syncd-.*\.driver$")
        help_words = self.run_driver("--help").stdout.decode()
        types = help_words.partition("TYPE is ")[2].partition(", or auto")[0]
        wanted = sorted(word.strip() for word in types.split(","))
        found = sorted(line.split(".")[1].removeprefix("syncd-") for line in drivers.splitlines())
        self.assertEqual(found, wanted)

    def test_attributes_of_the_tree_decide(self):
        repository = self.repository
        rules = "*.log sync=document sync-append\nquiet.md -sync-markers\nm/* sync=memory\n"
        base, ours, theirs = (lines(*[{"id": n} for n in some]) for some in ((1,), (1, 2), (1, 3)))
        repository.fork(
            {".gitattributes": rules, "x.log": "a\n", "quiet.md": "a\n", "m/x": base},
            {"x.log": "a\nb\n", "quiet.md": "b\n", "m/x": ours},
            {"x.log": "a\nc\n", "quiet.md": "c\n", "m/x": theirs},
        )
        repository.git("merge", "other", expect=1)
        self.assertEqual(repository.read("x.log"), "a\nb\nc\n")
        self.assertEqual(repository.read("m/x"), lines({"id": 1}, {"id": 2}, {"id": 3}))
        self.assertEqual(repository.read("quiet.md"), "b\n")
        self.assertEqual(repository.git("diff", "--name-only", "--diff-filter=U"), "quiet.md\n")

    def test_a_driver_that_fails_is_not_taken_for_a_merge(self):
        repository = self.repository
        repository.fork({"n.md": "a\n"}, {"n.md": "b\n"}, {"n.md": "c\n"})
        driver = repository.git("config", "merge.syncd.driver").strip()
        gone = driver.replace("syncctl'", "no such program'")
        self.assertNotEqual(gone, driver)
        repository.git("config", "merge.syncd.driver", gone)
        done = subprocess.run(
            ["git", "-C", repository.path, "merge", "other"], env=repository.environment,
            capture_output=True, check=False,
        )  # fmt: skip
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"merge driver failed on n.md", done.stderr)
        self.assertEqual(repository.read("n.md"), "b\n")
        # git 2.42 and later stop and change nothing; earlier ones list the file as a conflict.
        self.assertIn(repository.git("status", "--short"), ("", "UU n.md\n"))

    def test_installing_twice_is_installing_once_and_it_can_be_taken_away(self):
        repository = self.repository
        place = f"{repository.path}/.git/info/attributes"

        def state():
            with open(place, encoding="utf-8") as file:
                return file.read(), repository.git("config", "--get-regexp", "^merge\\.syncd")

        first = state()
        repository.install()
        self.assertEqual(state(), first)
        with open(place, "a", encoding="utf-8") as file:
            file.write("*.png -merge\n")
        repository.install(".", "notes/**", "*.jsonl")
        with open(place, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("notes/** merge=syncd\n*.jsonl merge=syncd\n", text)
        self.assertTrue(text.endswith("\n*.png -merge\n"))
        repository.install("--uninstall")
        with open(place, encoding="utf-8") as file:
            self.assertEqual(file.read(), "*.png -merge\n")
        repository.git("config", "--get-regexp", "^merge\\.syncd", expect=1)

    def run_driver(self, *arguments):
        """Runs the driver itself; gives the finished process."""
        return subprocess.run(
            [f"{binaries()}/syncctl", "merge-driver", *arguments], cwd=self.top,
            env=self.repository.environment, capture_output=True, check=False,
        )  # fmt: skip

    def driver(self, *arguments):
        """Runs the driver itself; gives its exit code."""
        return self.run_driver(*arguments).returncode

    def test_many_notes_are_cut_short(self):
        names = [f"{self.top}/{name}" for name in ("base", "ours", "theirs")]
        for name, start in zip(names, (0, 1, 2)):
            with open(name, "w", encoding="utf-8") as file:
                file.write(lines(*[memory(f"{start}-{n}", "same") for n in range(100 * start)]))
        done = self.run_driver("memory", *names)
        self.assertEqual(done.returncode, 0)
        words = done.stderr.decode().splitlines()
        self.assertEqual(len(words), 21, words)
        self.assertIn("more of these", words[-1])

    def test_exit_codes(self):
        names = [f"{self.top}/{name}" for name in ("base", "ours", "theirs")]

        def three(*texts):
            for name, text in zip(names, texts):
                with open(name, "wb") as file:
                    file.write(text)

        def ours():
            with open(names[1], "rb") as file:
                return file.read()

        three(b"a\n", b"b\n", b"a\n")
        self.assertEqual((self.driver("document", *names), ours()), (0, b"b\n"))
        three(b"a\n", b"b\n", b"c\n")
        self.assertEqual(self.driver("document", "--append", *names), 1)
        self.assertIn(b"<<<<<<<", ours())
        three(b"a\n", b"a\nb\n", b"a\nc\n")
        self.assertEqual(self.driver("document", "--append", *names), 0)
        self.assertEqual(ours(), b"a\nb\nc\n")
        # What cannot be merged keeps the later version, and git asks.
        three(b"a\n", b"b\0", b"c\0")
        self.assertEqual((self.driver("document", *names), ours()), (1, b"c\0"))
        self.assertEqual(self.driver("documents", *names), 64)
        self.assertEqual(self.driver("auto", *names), 64)
        self.assertEqual(self.driver("document", names[0], names[1], "nowhere"), 255)
        self.assertEqual(self.driver("document", names[0], self.top, names[2]), 255)
