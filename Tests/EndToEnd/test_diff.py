"""What changed and who wrote it, with the real programs, beside what git says of it."""

import json
import os
import re
import shutil
import subprocess
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest

FAILED = 1


class Diff(VaultTest):
    """One device, with its daemon and without."""

    def history(self):
        """A device whose daemon is stopped, with two commits."""
        ada = self.device("ada", start=False)
        ada.write("a.md", "".join(f"line {n}\n" for n in range(30)))
        ada.write("no end.md", "one\ntwo")
        ada.write("bin", b"\0one")
        ada.write("old.md", "the same\nin another place\n")
        ada.write("run.sh", "echo\n")
        self.assertEqual(ada.once().returncode, 0)
        ada.write("a.md", "".join(f"line {n}\n" if n != 12 else "LINE\n" for n in range(31)))
        ada.write("no end.md", "one\ntwo\n")
        ada.write("bin", b"\0another")
        os.rename(ada.path("old.md"), ada.path("new.md"))
        os.chmod(ada.path("run.sh"), 0o755)
        ada.write("came äöü.md", "new\n")
        self.assertEqual(ada.once().returncode, 0)
        return ada

    def ask(self, device, route):
        """What a route of the control socket answers."""
        return self.exchange(device, route)[2]

    def exchange(self, device, route):
        """The same with its status and its headers."""
        socket = f"{device.home}/run/syncd/default.sock"
        command = ["curl", "-s", "-i", "--unix-socket", socket, f"http://localhost{route}"]
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        head, _, body = said.partition(b"\r\n\r\n")
        first, *lines = head.decode().splitlines()
        headers = {name.lower(): value for name, _, value in
                   (line.partition(": ") for line in lines)}  # fmt: skip
        return int(first.split()[1]), headers, body

    def test_a_patch_is_one_that_git_takes(self):
        ada = self.history()
        first, last = f"{trees.head(ada.repository)}~1", trees.head(ada.repository)
        patch = ada.ctl("diff", "HEAD~1", "HEAD", expect=(0,)).stdout
        place = f"{self.top}/plain"
        subprocess.run(["git", "clone", "-q", "-b", "sync", ada.repository, place], check=True)
        subprocess.run(["git", "-C", place, "checkout", "-q", first], check=True)
        # What git cannot take is the file that is no text.
        parts = [part for part in patch.split("diff --git") if "Binary files" not in part]
        text = "diff --git".join(parts)
        done = subprocess.run(
            ["git", "-C", place, "apply", "-"], input=text.encode(), check=False,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        for name in ("a.md", "no end.md", "new.md", "came äöü.md"):
            with open(f"{place}/{PREFIX}/{name}", "rb") as file:
                self.assertEqual(file.read(), ada.read(name), name)
        self.assertTrue(os.access(f"{place}/{PREFIX}/run.sh", os.X_OK))
        self.assertFalse(os.path.exists(f"{place}/{PREFIX}/old.md"))
        self.assertIn("Binary files", patch)
        self.assertIn("rename from", patch)
        ours = ada.ctl("diff", "HEAD~1", "HEAD", f"{PREFIX}/a.md", expect=(0,)).stdout
        theirs = trees.git(
            ada.repository, "diff", "--no-color", first, last, "--", f"{PREFIX}/a.md"
        ).decode()

        def hunks(text):
            return [line for line in text.splitlines() if line[:1] in "+-@ "]

        # git writes the line before a hunk behind its numbers, and shorter names of objects.
        self.assertEqual(
            [line.split(" @@")[0] for line in hunks(ours)],
            [line.split(" @@")[0] for line in hunks(theirs)],
        )

    def test_git_takes_no_patch_that_leaves_a_large_file_out(self):
        ada = self.history()
        ada.write("large.md", "line\n" * (2 << 20))
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        patch = ada.ctl("diff", "HEAD~1", "HEAD", expect=(0,)).stdout
        self.assertIn(f"Binary files /dev/null and b/{PREFIX}/large.md differ\n", patch)
        place = f"{self.top}/plain"
        subprocess.run(["git", "clone", "-q", "-b", "sync", ada.repository, place], check=True)
        subprocess.run(["git", "-C", place, "checkout", "-q", "HEAD~1"], check=True)
        done = subprocess.run(
            ["git", "-C", place, "apply", "-"], input=patch.encode(), check=False,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cannot apply binary patch", done.stderr.decode())
        self.assertIn("large.md | Bin 0 -> ", ada.ctl("diff", "HEAD~1", "HEAD", "--stat").stdout)

    def test_git_takes_a_patch_with_a_submodule(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        first, place = trees.head(self.remote), f"{self.top}/plain"
        trees.git(self.top, "clone", "-q", self.remote, place)
        names = ("-c", "user.name=Pat", "-c", "user.email=pat@example.org")
        for number in ("1a", "2b", None):
            entry = f"160000,{(number or '') * 20},{PREFIX}/sub"
            change = ("--add", "--cacheinfo", entry) if number else ("--remove", f"{PREFIX}/sub")
            trees.git(place, "update-index", *change)
            trees.git(place, *names, "commit", "-q", "-m", f"a submodule {number}")
            trees.git(place, "push", "-q", "origin", "HEAD:sync")
            self.assertIn(ada.once().returncode, (0, 1))
            patch = ada.ctl("diff", first, "HEAD", expect=(0,)).stdout
            self.assertEqual(
                [line for line in patch.splitlines() if not line.startswith("index")],
                [line for line in trees.git(place, "diff", first, "HEAD").decode().splitlines()
                 if not line.startswith("index")])  # fmt: skip
            first = trees.head(self.remote)
        self.assertIn("deleted file mode 160000", patch)

    def test_a_file_that_became_a_link(self):
        ada = self.device("ada", start=False)
        ada.write("f", "1\n")
        ada.write("k", "1\n")
        os.symlink("k", ada.path("l"))
        ada.write("bin", b"\0one")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        for name in ("f", "l"):
            os.remove(ada.path(name))
        os.symlink("k", ada.path("f"))
        ada.write("l", "a file\n")
        ada.write("bin", b"\0another")
        self.assertEqual(ada.once().returncode, 0)
        place = f"{self.top}/plain"
        trees.git(self.top, "clone", "-q", self.remote, place)
        trees.git(place, "checkout", "-q", first)
        for name in ("f", "l"):
            patch = ada.ctl("diff", first, "HEAD", f"{PREFIX}/{name}", expect=(0,)).stdout
            theirs = trees.git(place, "diff", first, "origin/sync", "--", f"{PREFIX}/{name}")
            self.assertEqual(
                [line for line in patch.splitlines() if not line.startswith("index")],
                [line for line in theirs.decode().splitlines() if not line.startswith("index")],
            )
            trees.git(place, "apply", "-", stdin=patch.encode())
        self.assertEqual(os.readlink(f"{place}/{PREFIX}/f"), "k")
        with open(f"{place}/{PREFIX}/l", encoding="utf-8") as file:
            self.assertEqual(file.read(), "a file\n")
        answer = json.loads(ada.ctl("diff", first, "HEAD", "--json", expect=(0,)).stdout)
        self.assertEqual(
            [(entry["path"].rpartition("/")[2], entry["status"]) for entry in answer["files"]],
            [("bin", "modified"), *((name, how) for name in "fl" for how in ("deleted", "added"))],
        )
        patch = ada.ctl("diff", first, "HEAD", f"{PREFIX}/bin", expect=(0,)).stdout
        name = f"{PREFIX}/bin"
        self.assertEqual(patch.splitlines()[-1], f"Binary files a/{name} and b/{name} differ")

    def test_json_words_and_figures(self):
        ada = self.history()
        answer = json.loads(ada.ctl("diff", "HEAD~1", "HEAD", "--json", expect=(0,)).stdout)
        by_name = {entry["path"].removeprefix(f"{PREFIX}/"): entry for entry in answer["files"]}
        self.assertEqual(answer["to"], trees.head(ada.repository))
        self.assertEqual(by_name["bin"]["kind"], "binary")
        self.assertEqual(by_name["bin"]["size_after"], 8)
        self.assertEqual(by_name["new.md"]["old_path"], f"{PREFIX}/old.md")
        self.assertEqual(by_name["run.sh"]["mode_after"], "100755")
        self.assertEqual((by_name["a.md"]["insertions"], by_name["a.md"]["deletions"]), (2, 1))
        self.assertIsNone(by_name["came äöü.md"]["before"])
        figures = ada.ctl("diff", "HEAD~1", "HEAD", "--stat", expect=(0,)).stdout
        self.assertIn("Bin 4 -> 8 bytes", figures)
        self.assertIn("6 files changed", figures)
        words = ada.ctl("diff", "--words", "HEAD~1", "HEAD", f"{PREFIX}/a.md", expect=(0,)).stdout
        self.assertIn("[-line 12-]{+LINE+}\n", words)
        self.assertIn("{+line 30+}\n", words)
        self.assertNotIn("\x1b", words)

    def test_with_what_the_folder_holds(self):
        ada = self.history()
        ada.write("a.md", "short\n")
        os.remove(ada.path("bin"))
        head = trees.head(ada.repository)
        for running in (False, True):
            if running:
                ada.start()
            with self.subTest("with the daemon" if running else "without"):
                answer = json.loads(ada.ctl("diff", head, "--json", expect=(0,)).stdout)
                self.assertIsNone(answer["to"])
                self.assertEqual(
                    [(entry["path"], entry["status"]) for entry in answer["files"]],
                    [(f"{PREFIX}/a.md", "modified"), (f"{PREFIX}/bin", "deleted")],
                )
                if not running:
                    self.assertEqual(trees.head(ada.repository), head)
        for time in ("2h ago", "1999-01-01"):
            self.assertIn("nothing is as old", ada.ctl("diff", time, expect=(1,)).stderr)

    def test_memories_are_compared_and_blamed_by_record(self):
        ada = self.device("ada", start=False)
        with open(ada.config, encoding="utf-8") as file:
            text = file.read().replace(PREFIX, "shared/memories")
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write(text)
        first = [{"id": "4f2a91c08d1b7c52", "memory": "likes tea"}, {"id": "b", "memory": "goes"}]
        ada.write("m.json", json.dumps(first))
        self.assertEqual(ada.once().returncode, 0)
        first[0]["memory"] = "prefers TypeScript"
        ada.write("m.json", json.dumps([first[0], {"id": "c", "memory": "comes"}]))
        self.assertEqual(ada.once().returncode, 0)
        lines = ada.ctl("diff", "HEAD~1", "HEAD", expect=(0,)).stdout.splitlines()
        self.assertEqual(
            lines[-3:],
            [
                '~ memory 4f2a91c0… "likes tea" → "prefers TypeScript"',
                '- memory b "goes"',
                '+ memory c "comes"',
            ],
        )
        answer = json.loads(ada.ctl("diff", "HEAD~1", "HEAD", "--json", expect=(0,)).stdout)
        before = [record["text_before"] for record in answer["files"][0]["records"]]
        self.assertEqual(set(before), {"likes tea", "goes", None})
        answer = json.loads(ada.ctl("blame", ada.path("m.json"), "--json", expect=(0,)).stdout)
        self.assertEqual([entry["agent"] for entry in answer["entries"]], [None, None])
        self.assertEqual(answer["kind"], "records")
        head = trees.head(ada.repository)
        self.assertEqual([entry["commit"] for entry in answer["entries"]], [head, head])
        answer = json.loads(
            ada.ctl("blame", "--at", "HEAD~1", ada.path("m.json"), "--json", expect=(0,)).stdout
        )
        self.assertNotEqual(answer["entries"][1]["commit"], head)
        # A record without an id makes nobody the author of the others.
        ada.write("m.json", json.dumps(
            [first[0], {"id": "c", "memory": "comes"}, {"memory": "no id"}]))  # fmt: skip
        self.assertEqual(ada.once().returncode, 0)
        answer = json.loads(ada.ctl("blame", ada.path("m.json"), "--json", expect=(0,)).stdout)
        self.assertEqual(
            [entry["commit"] for entry in answer["entries"]],
            [head, head, trees.head(ada.repository)])  # fmt: skip
        # What a record is called cannot forge a line.
        ada.write("m.json", json.dumps([{"id": "d\nforged", "memory": "line"}]))
        self.assertEqual(ada.once().returncode, 0)
        for arguments in (("diff", "HEAD~1"), ("show", "HEAD"), ("blame", ada.path("m.json"))):
            lines = ada.ctl(*arguments, expect=(0,)).stdout.splitlines()
            self.assertEqual([line for line in lines if line.startswith("forged")], [])
            self.assertEqual(sum("d\\nforged" in line for line in lines), 1, arguments)

    def test_no_change_of_a_file_of_records_is_hidden(self):
        ada = self.device("ada", start=False)

        def saved(version, *records):
            memories = [dict(zip(("id", "memory", "meta"), record)) for record in records]
            ada.write("m.json", json.dumps({"version": version, "memories": memories}))
            self.assertEqual(ada.once().returncode, 0)

        saved(1, ("a", "m"), ("x", "one"), ("x", "two"))
        ada.ctl("type", f"{PREFIX}/m.json", "memory", expect=(0,))
        self.assertEqual(ada.once().returncode, 0)
        for version, records, shown in (
            (2, (("a", "m"), ("x", "one"), ("x", "two")), '+{"version": 2'),
            (2, (("a", "m", 1), ("x", "one"), ("x", "two")), '~ memory a "m" (meta)'),
            (2, (("a", "m", 1), ("x", "one"), ("x", "2")), '~ memory x "two" → "2"'),
            (2, (("a", "m", 1), ("x", "one")), '- memory x "2"'),
            (2, (("x", "one"), ("a", "m", 1)), '+{"version": 2, "memories": [{"id": "x"'),
            (3, (("x", "one"), ("a", "n", 1)), "more changed than these records:"),
        ):
            saved(version, *records)
            for command in (
                ("diff", "HEAD~1", "HEAD"), ("show", "HEAD"), ("log", "--patch", "-n", "1"),
            ):  # fmt: skip
                with self.subTest(shown, command=command):
                    self.assertIn(shown, ada.ctl(*command, expect=(0,)).stdout)
            self.assertNotIn("| 0", ada.ctl("diff", "HEAD~1", "HEAD", "--stat").stdout)
            answer = json.loads(ada.ctl("diff", "HEAD~1", "HEAD", "--json").stdout)
            (file,) = answer["files"]
            self.assertTrue(file["records"] or file["hunks"])
            self.assertEqual(file["beyond_records"], version == 3)
        self.assertIn('+{"version": 3', ada.ctl("diff", "HEAD~1", "HEAD").stdout)

    def test_blame_says_what_git_says(self):
        ada = self.device("ada", start=False)
        lines = [f"line {n}" for n in range(12)]
        for round_ in range(8):
            at = self.random.randrange(len(lines))
            if self.random.randrange(2):
                lines.insert(at, f"new {round_}")
            else:
                lines[at] = f"other {round_}"
            ada.write("a.md", "\n".join(lines) + "\n")
            self.assertEqual(ada.once().returncode, 0)
        os.rename(ada.path("a.md"), ada.path("b.md"))
        self.assertEqual(ada.once().returncode, 0)
        self.assert_blamed_as_by_git(ada, "b.md", lines)
        self.assertIn("(ada ", ada.ctl("blame", ada.path("b.md"), expect=(0,)).stdout)

    def test_who_ends_the_last_line_made_it(self):
        ada = self.device("ada", start=False)
        for content in ("a\nb", "a\nb\n", "a\nb\nc", "a\nb\nc\nd"):
            ada.write("a.md", content)
            self.assertEqual(ada.once().returncode, 0)
        self.assert_blamed_as_by_git(ada, "a.md", ["a", "b", "c", "d"])

    def assert_blamed_as_by_git(self, ada, name, lines):
        answer = json.loads(ada.ctl("blame", ada.path(name), "--json", expect=(0,)).stdout)
        git = trees.git(
            ada.repository, "blame", "-s", "-l", "--root", "sync", "--", f"{PREFIX}/{name}"
        ).decode()
        self.assertEqual(
            [entry["commit"] for entry in answer["entries"]],
            [line.split()[0].lstrip("^") for line in git.splitlines()],
        )
        self.assertEqual([entry["text"] for entry in answer["entries"]], lines)

    def test_over_the_control_socket(self):
        ada = self.history()
        head = trees.head(ada.repository)
        ada.start()
        answer = json.loads(self.ask(ada, "/api/sync/diff?from=HEAD~1&to=HEAD"))
        self.assertEqual(answer["to"], head)
        page = json.loads(self.ask(ada, "/api/sync/history?limit=1"))
        self.assertEqual([entry["commit"] for entry in page], [head])
        page = json.loads(self.ask(ada, f"/api/sync/history?limit=1&before={head}"))
        # Up to the end of the second that the log shows.
        shown = json.loads(ada.ctl("log", "-n", "1", "--json").stdout)[0]["time"]
        until = json.loads(self.ask(ada, f"/api/sync/history?limit=1&before={shown}"))
        self.assertEqual(until[0]["commit"], head)
        self.assertNotEqual(page[0]["commit"], head)
        shown = json.loads(self.ask(ada, "/api/sync/commit/HEAD"))
        self.assertEqual(shown["entry"]["commit"], head)
        path = f"{PREFIX}/came%20%C3%A4%C3%B6%C3%BC.md"
        self.assertEqual(self.ask(ada, f"/api/sync/blob/HEAD/{path}"), b"new\n")
        blame = json.loads(self.ask(ada, f"/api/sync/blame?path={PREFIX}/a.md"))
        self.assertEqual(len(blame["entries"]), 31)
        for route, status in (
            ("/api/sync/diff", 400), ("/api/sync/diff?from=soon", 404),
            ("/api/sync/blob/HEAD/nowhere", 404), ("/api/sync/blame?path=nowhere", 404),
            ("/api/sync/history?limit=0", 400), ("/api/sync/deleted?path=../x", 400),
            ("/api/sync/commit/soon", 404),
        ):  # fmt: skip
            with self.subTest(route):
                self.assertEqual(json.loads(self.ask(ada, route))["status"], status)
        self.assertEqual(json.loads(self.ask(ada, "/api/sync/deleted")), [])
        shown = ada.ctl("show", "HEAD", expect=(0,)).stdout
        self.assertIn(f"commit {head}", shown)
        self.assertIn("+LINE", shown)
        self.check_pages_of_deleted(ada)

    def check_pages_of_deleted(self, ada):
        """A page says where the next one is."""
        names = {f"{number}.md" for number in range(5)}
        for name in names:
            ada.write(f"many/{name}", name)
        self.wait_in_sync(ada)
        shutil.rmtree(ada.path("many"))
        self.wait_in_sync(ada)
        found, target = [], f"/api/sync/deleted?limit=2&path={PREFIX}/many"
        while target:
            status, headers, body = self.exchange(ada, target)
            self.assertEqual(status, 200)
            found += [entry["path"].rpartition("/")[2] for entry in json.loads(body)]
            link = re.search(r"<(.*)>; rel=\"next\"", headers.get("link", ""))
            target = link and link[1]
        self.assertEqual((len(found), set(found)), (5, names))
        status, _, _ = self.exchange(ada, "/api/sync/deleted?cursor=soon")
        self.assertEqual(status, 400)

    def test_what_a_daemon_could_not_capture_is_shown(self):
        ada = self.device("ada")
        ada.write("kept.md", "one two\n")
        ada.write("gone.md", "gone\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", "what was written goes out")
        self.assertEqual(ada.ctl("diff", "HEAD").stdout, "")
        ada.ctl("pause")
        ada.write("kept.md", "one three\nmore")
        ada.write("sub/new.md", "new\n")
        os.remove(ada.path("gone.md"))
        beside = ada.ctl("diff", "HEAD").stdout
        words = ada.ctl("diff", "HEAD", "--words").stdout
        files = json.loads(ada.ctl("diff", "HEAD", "--json").stdout)
        below = ada.ctl("diff", "HEAD", ada.path("sub"), "--stat").stdout
        ada.stop()
        self.assertEqual(beside, ada.ctl("diff", "HEAD").stdout)
        self.assertEqual(words, ada.ctl("diff", "HEAD", "--words").stdout)
        self.assertEqual(files, json.loads(ada.ctl("diff", "HEAD", "--json").stdout))
        self.assertIn("+one three", beside)
        self.assertIn("No newline at end of file", beside)
        self.assertEqual(
            [(one["path"], one["status"]) for one in files["files"]],
            [(f"{PREFIX}/gone.md", "deleted"), (f"{PREFIX}/kept.md", "modified"),
             (f"{PREFIX}/sub/new.md", "added")])  # fmt: skip
        self.assertIn("1 file changed", below)

    def test_lines_that_begin_with_a_combining_character_are_shown(self):
        ada = self.device("ada")
        ada.write("a.md", "\u0301one\nsame\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", "what was written goes out")
        ada.ctl("pause")
        ada.write("a.md", "\u0301two\nsame\n\u200dthree")
        beside = ada.ctl("diff", "HEAD").stdout
        ada.stop()
        self.assertEqual(beside, ada.ctl("diff", "HEAD").stdout)
        for line in ("-\u0301one", "+\u0301two", "+\u200dthree"):
            self.assertIn(line.encode(), beside.encode().splitlines())

    def test_much_that_is_in_no_commit_is_compared_by_parts(self):
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", "what was written goes out")
        ada.ctl("pause")
        ada.write("picture.bin", b"")
        os.truncate(ada.path("picture.bin"), 90 << 20)
        ada.write("a.md", "two\n")
        lines = {line.split("|")[0].strip(): line.split("|")[1].strip()
                 for line in ada.ctl("diff", "HEAD", "--stat").stdout.splitlines()[:-1]}
        self.assertIn("Bin", lines[f"{PREFIX}/picture.bin"])
        # The limit is 32 MiB, of which the picture's first 64 KiB and the four bytes are some.
        text = ("x" * 63 + "\n") * ((2 << 20) // 64)
        for number in range(15):
            ada.write(f"text/{number}.md", text)
        ada.write("text/rest.md", text[(64 << 10) + 4:])
        ada.ctl("diff", "HEAD", "--stat", expect=(0,))
        ada.write("text/rest.md", text[(64 << 10) + 3:])
        for running in (True, False):
            if not running:
                ada.stop()
            done = ada.ctl("diff", "HEAD", "--stat", expect=(FAILED,))
            self.assertIn("name a file or directory", done.stderr)
            done = ada.ctl("diff", "HEAD", ada.path("a.md"), expect=(0,))
            self.assertIn("+two", done.stdout)

    def test_what_waits_to_be_applied_does_not_stand_there_yet(self):
        """A file that a program has open, and a name at which something unsynced stands."""
        ada, bob = self.pair()
        ada.write("open.md", "one\n")
        ada.write(".gitignore", "built/\n")
        self.wait_in_sync(ada, bob)
        bob.write("built/of/bob", "not synced\n")
        with open(bob.path("open.md"), "r+", encoding="utf-8"):
            ada.write("open.md", "two\n")
            ada.write("other.md", "other\n")
            ada.write("built", "a file\n")
            self.wait_in_sync(ada)
            held = lambda: json.loads(bob.ctl("held", "--json").stdout)  # noqa: E731
            wait_until(lambda: len(held()) == 2, lambda: f"{held()}")
            for running in (True, False):
                if not running:
                    bob.stop()
                with self.subTest(running=running):
                    answer = json.loads(bob.ctl("diff", "HEAD", "--json").stdout)
                    found = [(one["path"], one["status"]) for one in answer["files"]]
                    self.assertEqual(
                        found,
                        [(f"{PREFIX}/built", "deleted"), (f"{PREFIX}/open.md", "modified")])
                    self.assertIn("+one", bob.ctl("diff", "HEAD", f"{PREFIX}/open.md").stdout)
        bob.start()
        os.remove(bob.path("built/of/bob"))
        os.removedirs(bob.path("built/of"))
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.ctl("diff", "HEAD").stdout, "")

    def test_a_folder_in_whose_place_another_directory_stands_is_named(self):
        """With a daemon and without: what it holds is not compared, which is not no difference."""
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)
        os.rename(ada.folder, f"{ada.folder}.away")
        os.mkdir(ada.folder)
        wait_until(lambda: ada.status()["state"] == "blocked", lambda: f"{ada.status()}")
        for running in (True, False):
            if not running:
                ada.stop()
            with self.subTest(running=running):
                done = ada.ctl("diff", "HEAD", "--json", expect=(1,))
                self.assertIn("another directory stands there", done.stderr)
                self.assertEqual(json.loads(done.stdout)["files"], [])
                ada.ctl("diff", "HEAD", f"{PREFIX}/a.md", expect=(1,))


if __name__ == "__main__":
    unittest.main()
