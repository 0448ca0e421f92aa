"""The vault taken back with the real programs: all of it, what an agent did, and undone again."""

import json
import os
import re
import subprocess
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest

AGENT = "scribe"


class Rollback(VaultTest):
    """One or two devices and an agent that commits by itself, in a clone of its own."""

    def report(self, device, *arguments, expect=(0,)):
        """What a command that changes the vault prints as JSON."""
        return json.loads(device.ctl(*arguments, "--json", expect=expect).stdout)

    def clone(self):
        """The agent's clone of the remote."""
        place = f"{self.top}/agent"
        subprocess.run(["git", "clone", "-q", "-b", "sync", self.remote, place], check=True)
        for key, value in (("user.name", AGENT), ("user.email", f"{AGENT}@x")):
            subprocess.run(["git", "-C", place, "config", key, value], check=True)
        return place

    def publish(self, place, subject):
        """Commits what stands in the agent's clone and pushes it, over whatever came meanwhile."""
        git = ["git", "-C", place]
        subprocess.run([*git, "add", "-A"], check=True)
        words = f"{subject}\n\nSync-Agent: {AGENT}\n"
        subprocess.run([*git, "commit", "-q", "-m", words], check=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        for _ in range(50):
            if subprocess.run([*git, "push", "-q", "origin", "HEAD:sync"], **quiet).returncode == 0:
                return
            subprocess.run([*git, "pull", "-q", "--rebase", "origin", "sync"], check=True)
        self.fail("the agent cannot push")

    def test_to_a_commit_and_undone_with_and_without_the_daemon(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        ada.write("d/b.md", "b\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        ada.write("a.md", "two\n")
        os.remove(ada.path("d/b.md"))
        ada.write("c.md", "c\n")
        self.assertEqual(ada.once().returncode, 0)
        second = ada.tree()
        for running in (False, True):
            with self.subTest("with the daemon" if running else "without"):
                if running:
                    ada.start()
                said = self.report(ada, "rollback", first, "--dry-run")
                self.assertIsNone(said["commit"])
                self.assertEqual(ada.tree(), second)
                done = self.report(ada, "rollback", first)
                self.assertEqual(done["paths"], said["paths"])
                self.assertEqual(done["deletions"], [f"{PREFIX}/c.md"])
                self.assertEqual(ada.read("a.md"), b"one\n")
                self.assertEqual(ada.read("d/b.md"), b"b\n")
                self.assertIsNone(ada.read("c.md"))
                told = trees.git(ada.repository, "log", "-1", "--format=%B", "sync").decode()
                self.assertIn("rolled back to", told)
                self.assertIn("Sync-Action: rollback", told)
                undone = self.report(ada, "undo")
                self.assertEqual(undone["undone"], [done["commit"]])
                self.assertEqual(ada.read("a.md"), b"two\n")
                self.assertIsNone(ada.read("d/b.md"))
                self.assertEqual(ada.read("c.md"), b"c\n")
                told = trees.git(ada.repository, "log", "-1", "--format=%B", "sync").decode()
                self.assertIn(f"Sync-Undoes: {done['commit']}", told)
                only = self.report(ada, "rollback", first, "--path", "*.md", "--dry-run")
                self.assertIn(f"{PREFIX}/a.md", only["paths"])
                only = self.report(ada, "rollback", first, "--path", ada.path("d"), "--dry-run")
                self.assertEqual(only["paths"], [f"{PREFIX}/d/b.md"])
        self.wait_in_sync(ada)

    def test_what_is_no_commit_is_refused(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        self.assertIn("names no commit", ada.ctl("rollback", "soon", expect=(1,)).stderr)
        self.assertIn("nothing to take back", ada.ctl("undo", expect=(1,)).stderr)

    def test_whom_nobody_knows_is_refused(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        ada.write("a.md", "two\n")
        self.assertEqual(ada.once().returncode, 0)
        for option, name, words in (
            ("--device", "Ada", "no commit is by the device Ada"),
            ("--agent", "nobody", "no commit is by the agent nobody"),
            ("--path", "nope.md", "nope.md matches no file"),
            ("--path", "/*.md", "/*.md matches no file"),
        ):
            said = ada.ctl("rollback", first, option, name, expect=(1,))
            self.assertIn(words, said.stderr)
        self.assertEqual(ada.read("a.md"), b"two\n")

    def test_an_undo_of_which_nothing_is_left_says_so(self):
        ada = self.device("ada", start=False)
        heads = []
        for text in ("one\n", "two\n"):
            ada.write("a.md", text)
            self.assertEqual(ada.once().returncode, 0)
            heads.append(trees.head(ada.repository))
        self.report(ada, "restore", f"{PREFIX}/a.md", "--to", heads[0])
        ada.write("a.md", "two\n")
        self.assertEqual(ada.once().returncode, 0)
        last = trees.head(ada.repository)
        said = ada.ctl("undo", expect=(1,))
        self.assertIn("nothing is left of", said.stderr)
        self.assertNotIn("took back", said.stdout)
        self.assertEqual(trees.head(ada.repository), last)

    def test_an_edit_over_what_an_agent_did_is_a_conflict(self):
        ada, bob = self.pair()
        place = self.clone()
        first = trees.head(self.remote)
        with open(f"{place}/{PREFIX}/agent.md", "w", encoding="utf-8") as file:
            file.write("nonsense\n")
        with open(f"{place}/{PREFIX}/other.md", "w", encoding="utf-8") as file:
            file.write("more nonsense\n")
        self.publish(place, "wrote")
        wait_until(lambda: ada.read("agent.md") and ada.read("other.md"), "nothing came")
        ada.write("agent.md", "nonsense, but mine\n")
        self.wait_in_sync(ada, bob)
        done = self.report(bob, "rollback", first, "--agent", AGENT, expect=(10,))
        self.assertEqual([c["path"] for c in done["conflicts"]], [f"{PREFIX}/agent.md"])
        self.assertEqual(done["deletions"], [f"{PREFIX}/other.md"])
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("agent.md"), b"nonsense, but mine\n")
        self.assertIsNone(ada.read("other.md"))
        listed = json.loads(ada.ctl("conflicts", "--json", expect=(10,)).stdout)
        self.assertEqual([c["kind"] for c in listed], ["delete-modify"])
        self.report(ada, "undo")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("other.md"), b"more nonsense\n")
        self.assertEqual(json.loads(ada.ctl("conflicts", "--json", expect=(0,)).stdout), [])

    def test_an_undone_deletion_leaves_an_edit_that_stood_against_it(self):
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        ada.write("x.md", "x\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        names = {"doc.md": "1\n2\n3\n", "mem.jsonl": '{"id": "a", "memory": "b"}\n'}
        for name, text in names.items():
            ada.write(name, text)
        for device in (ada, bob):
            self.assertEqual(device.once().returncode, 0)
        for name, text in names.items():
            bob.write(name, text + text.replace("1", "mine").replace('"a"', '"c"'))
        edited = {name: bob.read(name) for name in names}
        self.report(ada, "rollback", first)
        for device in (ada, bob, ada):
            device.once()
        self.assertEqual({name: ada.read(name) for name in names}, edited)
        listed = json.loads(ada.ctl("conflicts", "--json", expect=(10,)).stdout)
        self.assertEqual({one["kind"] for one in listed}, {"delete-modify"})
        self.report(ada, "undo")
        self.assertEqual({name: ada.read(name) for name in names}, edited)
        self.assertEqual(json.loads(ada.ctl("conflicts", "--json", expect=(0,)).stdout), [])
        for device in (bob, ada):
            self.assertEqual(device.once().returncode, 0)
        self.assertEqual(bob.tree(), ada.tree())

    def agents(self, files):
        """The agent writes files, takes them away (None), or moves them (a tuple of one name)."""
        place = self.clone() if not os.path.exists(f"{self.top}/agent") else f"{self.top}/agent"
        subprocess.run(["git", "-C", place, "pull", "-q"], check=True)
        for name, content in files.items():
            path = f"{place}/{PREFIX}/{name}"
            if content is None:
                os.remove(path)
            elif isinstance(content, tuple):
                os.rename(path, f"{place}/{PREFIX}/{content[0]}")
            else:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(content)
        self.publish(place, "worked")

    def taken_back(self, before, agents, persons, code=0):
        """What a rollback of the agent says, after which a person went on, and the device."""
        ada = self.device("ada", start=False)
        for step in (before, agents, persons):
            if step is agents:
                self.agents(step)
            else:
                for name, content in step.items():
                    ada.write(name, content)
            self.assertIn(ada.once().returncode, (0, 10))
            if step is before:
                self.first = trees.head(self.remote)
        return ada, self.report(ada, "rollback", self.first, "--agent", AGENT, expect=(code,))

    def test_a_conflict_that_came_after_keeps_its_sides(self):
        bob, ada = self.device("bob", start=False), self.device("ada", start=False)
        text = "".join(f"k{number}: base\n" for number in range(20))
        for name in ("doc.md", "set.yaml"):
            with self.subTest(name):
                ada.write(".gitattributes", "*.yaml sync=document sync-markers=off\n")
                ada.write(name, text)
                for device in (ada, bob, ada):
                    self.assertEqual(device.once().returncode, 0)
                first = trees.head(self.remote)
                self.agents({name: text.replace("k15: base", "k15: AGENT")})
                for device in (ada, bob):
                    self.assertEqual(device.once().returncode, 0)
                for device in (bob, ada):
                    said = f"k4: {device.name}"
                    device.write(name, device.read(name).decode().replace("k4: base", said))
                for device in (bob, ada, bob):
                    device.once()
                before = ada.read(name)
                self.report(ada, "rollback", first, "--agent", AGENT, expect=(10,))
                self.assertEqual(
                    re.sub(rb" [0-9a-f]{8,}", b"", ada.read(name)),
                    re.sub(rb" [0-9a-f]{8,}", b"", before.replace(b"AGENT", b"base")))
                ada.ctl("resolve", f"{PREFIX}/{name}", "--both", expect=(0,))
                kept = [line for line in ada.read(name).splitlines() if line.startswith(b"k4:")]
                self.assertEqual(sorted(kept), [b"k4: ada", b"k4: bob"])
                bob.once()

    def test_once_more_over_a_file_made_anew_adds_nothing(self):
        ada, _ = self.taken_back(
            {"doc.md": "the old text\n"}, {"doc.md": None}, {"doc.md": "made anew\n"}, code=10)
        shown, head = ada.read("doc.md"), trees.head(ada.repository)
        again = self.report(ada, "rollback", self.first, "--agent", AGENT, expect=(0, 10))
        self.assertEqual((again["commit"], again["paths"]), (None, []))
        self.assertEqual((ada.read("doc.md"), trees.head(ada.repository)), (shown, head))

    def test_a_value_of_the_front_matter_that_stays_is_named(self):
        text = "---\ntitle: {0}\nx: 1\n---\nbody\n".format
        ada, done = self.taken_back(
            {"doc.md": text("good")}, {"doc.md": text("AGENT")}, {"doc.md": text("AGENT and me")})
        self.assertIn("AGENT and me", ada.read("doc.md").decode())
        self.assertEqual([one["path"] for one in done["kept"]], [f"{PREFIX}/doc.md"])

    def test_records_that_stay_are_named_and_no_others(self):
        def lines(**records):
            return "".join(f'{{"id": "{key}", "memory": "{text}"}}\n'
                           for key, text in records.items())  # fmt: skip

        ada, done = self.taken_back(
            {".gitattributes": "*.jsonl sync=memory\n", "m.jsonl": lines(a="1", b="2"),
             "old.jsonl": lines(c="3", d="4")},
            {"m.jsonl": None, "old.jsonl": ("new.jsonl",)},
            {"m.jsonl": lines(a="mine", p="5"), "new.jsonl": lines(c="mine", d="4")})
        self.assertEqual(
            done["kept"], [{"path": f"{PREFIX}/m.jsonl", "records": ["a"]}], done)
        self.assertEqual(ada.read("old.jsonl").decode(), lines(c="mine", d="4"))
        self.assertIsNone(ada.read("new.jsonl"))

    def test_a_file_goes_where_an_empty_directory_comes(self):
        ada = self.device("ada", start=False)
        ada.write("note.md", "one\n")
        ada.write("stays.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        os.remove(ada.path("note.md"))
        os.mkdir(ada.path("note.md"))
        self.assertEqual(ada.once().returncode, 0)
        second = trees.head(ada.repository)
        gone = json.loads(ada.ctl("deleted", "--json").stdout)
        self.assertEqual([one["path"] for one in gone], [f"{PREFIX}/note.md"])
        self.assertEqual(self.report(ada, "rollback", first)["deletions"], [])
        self.assertEqual(ada.read("note.md"), b"one\n")
        said = ada.ctl("rollback", second, "--dry-run").stdout
        self.assertIn(f"would delete {PREFIX}/note.md", said)
        done = self.report(ada, "rollback", second)
        self.assertEqual(done["deletions"], [f"{PREFIX}/note.md"])
        self.assertTrue(os.path.isdir(ada.path("note.md")))

    def test_once_more_over_its_own_conflict_adds_nothing(self):
        ada = self.device("ada", start=False)
        lines = [f"line {number}\n" for number in range(20)]
        ada.write("doc.md", "".join(lines))
        ada.write("other.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(self.remote)
        place = self.clone()

        def write(name, text, subject):
            with open(f"{place}/{PREFIX}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
            self.publish(place, subject)
            self.assertIn(ada.once().returncode, (0, 10))

        lines[5] = "nonsense\n"
        write("doc.md", "".join(lines), "wrote")
        lines[5] = "nonsense, but mine\n"
        ada.write("doc.md", "".join(lines))
        self.assertEqual(ada.once().returncode, 0)
        back = ("rollback", first, "--agent", AGENT)
        done = self.report(ada, *back, expect=(10,))
        self.assertEqual([one["path"] for one in done["conflicts"]], [f"{PREFIX}/doc.md"])
        shown, head = ada.read("doc.md"), trees.head(ada.repository)
        for words in (back, (*back, "--dry-run")):
            again = self.report(ada, *words, expect=(0, 10))
            self.assertEqual((again["commit"], again["paths"], again["undone"]), (None, [], []))
        self.assertEqual((ada.read("doc.md"), trees.head(ada.repository)), (shown, head))
        # What the agent did since is taken back all the same.
        subprocess.run(["git", "-C", place, "pull", "-q", "origin", "sync"], check=True)
        write("other.md", "more nonsense\n", "wrote again")
        again = self.report(ada, *back, expect=(10,))
        self.assertEqual(again["paths"], [f"{PREFIX}/other.md"])
        self.assertEqual(ada.read("doc.md"), shown)
        self.report(ada, "undo", expect=(10,))
        self.report(ada, "undo", head)
        self.assertEqual(ada.read("doc.md").decode(), "".join(lines))

    def test_what_stays_in_data_that_nobody_declared_is_named(self):
        ada = self.device("ada", start=False)
        files = {
            "settings.json": ('{"a": 1, "b": 2}\n', '{"a": 5, "b": 2}\n', '{"a": 6, "b": 2}\n'),
            "list.json": ('[{"id": "x", "n": 1}]\n', '[{"id": "x", "n": 2}]\n',
                          '[{"id": "x", "n": 3}]\n'),
            "lines.jsonl": ('{"id": "x"}\n', '{"id": "x"}\n{"id": "new", "n": 1}\n',
                            '{"id": "x"}\n{"id": "new", "n": 2}\n'),
        }  # fmt: skip
        for name, (first, _, _) in files.items():
            ada.write(name, first)
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(self.remote)
        place = self.clone()
        for name, (_, agents, _) in files.items():
            with open(f"{place}/{PREFIX}/{name}", "w", encoding="utf-8") as file:
                file.write(agents)
        self.publish(place, "wrote")
        self.assertEqual(ada.once().returncode, 0)
        for name, (_, _, persons) in files.items():
            ada.write(name, persons)
        self.assertEqual(ada.once().returncode, 0)
        done = self.report(ada, "rollback", first, "--agent", AGENT, "--dry-run")
        self.assertEqual([edit["path"] for edit in done["kept"]],
                         [f"{PREFIX}/{name}" for name in sorted(files)])  # fmt: skip
        said = ada.ctl("rollback", first, "--agent", AGENT).stdout
        self.assertEqual(said.count("stays, since somebody changed it"), len(files))
        self.assertNotIn("up to date", said)
        for name, (_, _, persons) in files.items():
            self.assertEqual(ada.read(name).decode(), persons)

    def test_an_agents_memories_among_a_persons_are_taken_back(self):
        self.prefix = "shared/memories"
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        for device in (ada, bob):
            with open(device.config, encoding="utf-8") as file:
                text = file.read().replace(PREFIX, self.prefix)
            with open(device.config, "w", encoding="utf-8") as file:
                file.write(text)

        def line(name, text):
            return json.dumps({"id": name, "memory": text}) + "\n"

        memories, notes = "m.jsonl", "notes.jsonl"
        ada.write(memories, line("start", "a person's"))
        ada.start()
        bob.start()
        wait_until(lambda: bob.read(memories), "nothing came")
        first = trees.head(self.remote)
        remote_file = f"sync:{self.prefix}/{memories}"
        place = self.clone()
        mine = ["start"]
        for round_ in range(25):
            with open(f"{place}/{self.prefix}/{memories}", "a", encoding="utf-8") as file:
                for number in range(20):
                    file.write(line(f"bad-{round_}-{number}", "nonsense"))
            self.publish(place, f"learnt {round_}")
            bad = f"bad-{round_}-".encode()
            wait_until(lambda bad=bad: bad in (ada.read(memories) or b""), "the agent's are late")
            mine.append(f"mine-{round_}")
            text = ada.read(memories).decode() + line(mine[-1], "a person's")
            ada.write(memories, text)
            ada.write(notes, line("n", f"{round_}"))
            # What is pushed first may be the other file, or an earlier edit of it: two that
            # append to one file at once are a conflict for git.
            wait_until(
                lambda text=text: trees.git(self.remote, "show", remote_file).decode() == text,
                "nothing is pushed")  # fmt: skip
            subprocess.run(
                ["git", "-C", place, "pull", "-q", "--rebase", "origin", "sync"], check=True
            )
        text = ada.read(memories).decode()
        ada.write(memories, text.replace(line("bad-3-3", "nonsense"), line("bad-3-3", "true")))
        wait_until(lambda: b"true" in (bob.read(memories) or b""), "the edit is late")
        done = self.report(ada, "rollback", first, "--agent", AGENT, expect=(0,))
        self.assertEqual(len(done["undone"]), 25)
        self.assertEqual(
            done["kept"], [{"path": f"{self.prefix}/{memories}", "records": ["bad-3-3"]}]
        )

        def names(device):
            lines = (device.read(memories) or b"").decode().splitlines()
            return sorted(json.loads(one)["id"] for one in lines)

        for device in (ada, bob):
            wait_until(
                lambda device=device: names(device) == sorted([*mine, "bad-3-3"]),
                lambda device=device: f"{device.name}: {names(device)[:50]}",
            )
            self.assertEqual(json.loads(device.read(notes))["memory"], "24")

    def test_a_directory_and_a_bad_deploy_come_back_on_two_devices(self):
        ada, bob = self.pair()
        for number in range(1000):
            ada.write(f"site/{number}.html", f"page {number}\n")
        self.wait_in_sync(ada, bob)
        good = ada.tree()
        ada.ctl("pause")
        for number in range(1000):
            os.remove(ada.path(f"site/{number}.html"))
        ada.ctl("resume")
        ada.ctl("sync", "--accept-deletes", expect=(0, 1))
        self.wait_in_sync(ada, bob)
        self.assertIsNone(bob.read("site/1.html"))
        last = json.loads(ada.ctl("deleted", "-n", "1", "--json").stdout)[0]["last"]
        done = self.report(bob, "restore", "--to", last, f"{PREFIX}/site")
        self.assertEqual(len(done["paths"]), 1000)
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.tree(), good)
        # The commits' clocks are of milliseconds: whoever goes back by time needs one in between.
        date = ["date", "-u", "+%Y-%m-%dT%H:%M:%S.%3NZ"]
        before = subprocess.run(date, stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        for number in range(1000):
            ada.write(f"site/{number}.html", "broken\n")
        ada.write("mine.md", "stays\n")
        self.wait_in_sync(ada, bob)
        done = self.report(bob, "rollback", before, "--path", f"{PREFIX}/site/**")
        self.assertEqual(len(done["paths"]), 1000)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("site/7.html"), b"page 7\n")
        self.assertEqual(ada.read("mine.md"), b"stays\n")

    def test_back_to_a_time_keeps_what_a_device_that_was_away_had_made(self):
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        ada.write("shared.md", "1\n2\n3\n4\n5\n")
        for device in (ada, bob):
            self.assertEqual(device.once().returncode, 0)
        ada.write("shared.md", "1 of ada\n2\n3\n4\n5\n")
        self.assertEqual(ada.once().returncode, 0)
        # Bob's train is in a tunnel.
        os.rename(self.remote, self.remote + ".away")
        bob.write("shared.md", "1\n2\n3\n4\n5 of bob\n")
        bob.write("of-bob.md", "bob\n")
        bob.once()
        os.rename(self.remote + ".away", self.remote)
        date = ["date", "-u", "+%Y-%m-%dT%H:%M:%S.%3NZ"]
        before = subprocess.run(date, stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        # A file's time is of a tick of the kernel's, which may have been before.
        ada.write("deployed.md", "broken\n")
        later = os.stat(ada.path("deployed.md")).st_mtime_ns + 10**9
        os.utime(ada.path("deployed.md"), ns=(later, later))
        for device in (ada, bob, ada):
            self.assertEqual(device.once().returncode, 0)
        self.assert_converged(ada, bob)
        for name, content in (
            ("shared.md", b"1 of ada\n2\n3\n4\n5 of bob\n"), ("of-bob.md", b"bob\n"),
        ):  # fmt: skip
            place = f"{self.top}/beside-{name}"
            ada.ctl("restore", f"{PREFIX}/{name}", "--to", before, "--output", place)
            with open(f"{place}/{name}", "rb") as file:
                self.assertEqual(file.read(), content)
            said = self.report(ada, "restore", f"{PREFIX}/{name}", "--to", before, "--dry-run")
            self.assertEqual(said["paths"], [])
        done = self.report(ada, "rollback", before)
        self.assertEqual(done["paths"], [f"{PREFIX}/deployed.md"])
        self.assertEqual(ada.read("of-bob.md"), b"bob\n")
        # Of a file that is gone by now, too.
        os.remove(ada.path("shared.md"))
        self.assertEqual(ada.once().returncode, 0)
        ada.ctl("restore", f"{PREFIX}/shared.md", "--to", before)
        self.assertEqual(ada.read("shared.md"), b"1 of ada\n2\n3\n4\n5 of bob\n")


if __name__ == "__main__":
    unittest.main()
