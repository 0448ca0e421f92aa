"""Two devices change the same things while they do not see each other: what comes of it, by the
type of the file, and how what no rule resolves is resolved."""

import json
import os
import unittest

import trees
from device import wait_until
from harness import VaultTest

ATTRIBUTES = """\
*.jsonl sync=memory
events/* sync=event
talks/* sync=conversation
settings/* sync=simple
"""


def lines(*records):
    """JSON Lines of the records."""
    return "".join(json.dumps(record) + "\n" for record in records)


class Conflicts(VaultTest):
    """Each test writes a base on ada, lets bob have it, and edits both while both are down."""

    def apart(self, base, ada_edit, bob_edit):
        """Both devices after they met again; the later edit is bob's."""
        ada, bob = self.device("ada"), self.device("bob")
        ada.write(".gitattributes", ATTRIBUTES)
        for name, content in base.items():
            ada.write(name, content)
        self.wait_in_sync(ada, bob)
        ada.stop()
        bob.stop()
        before = os.stat(ada.folder).st_mtime
        self.edit(ada, ada_edit)
        self.edit(bob, bob_edit)
        # Found by a scan, an edit is dated by its file: bob's are the later ones.
        for name, content in ada_edit.items():
            if content is not None:
                os.utime(ada.path(name), (before + 10, before + 10))
        for name, content in bob_edit.items():
            if content is not None:
                os.utime(bob.path(name), (before + 20, before + 20))
        ada.start()
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        return ada, bob

    def edit(self, device, edit):
        """Writes files; None deletes one."""
        for name, content in edit.items():
            if content is None:
                os.unlink(device.path(name))
            else:
                device.write(name, content)

    def listed(self, device):
        """`conflicts --json`."""
        done = device.ctl("conflicts", "--json", expect=(0, 10))
        found = json.loads(done.stdout)
        self.assertEqual(done.returncode, 10 if found else 0)
        return found

    def records(self, device, name):
        """The records of a JSON Lines file."""
        return [json.loads(line) for line in device.read(name).splitlines()]

    # Settings.

    def test_of_a_preference_the_newest_wins_and_nothing_is_asked(self):
        ada, bob = self.apart(
            {"settings/theme.json": '{"theme": "light"}\n'},
            {"settings/theme.json": '{"theme": "dark"}\n'},
            {"settings/theme.json": '{"theme": "blue"}\n'},
        )
        self.assertEqual(ada.read("settings/theme.json"), b'{"theme": "blue"}\n')
        self.assertEqual(self.listed(ada), [])
        settled = json.loads(ada.ctl("conflicts", "--settled", "--json").stdout)
        self.assertEqual([entry["file"] for entry in settled], ["shared/files/settings/theme.json"])
        ada.ctl("restore", ada.path("settings/theme.json"), "--to", settled[0]["loser"])
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("settings/theme.json"), b'{"theme": "dark"}\n')

    def test_a_binary_file_is_whole_on_both(self):
        one, two = b"\x00one" * 50, b"\x00two" * 60
        ada, bob = self.apart({"a.bin": b"\x00base"}, {"a.bin": one}, {"a.bin": two})
        self.assertEqual((ada.read("a.bin"), bob.read("a.bin")), (two, two))

    # Documents.

    def test_paragraphs_apart_join(self):
        base = "one\n\ntwo\n\nthree\n"
        ada, bob = self.apart(
            {"a.md": base},
            {"a.md": base.replace("one", "one by ada")},
            {"a.md": base.replace("three", "three by bob")},
        )
        self.assertEqual(ada.read("a.md"), b"one by ada\n\ntwo\n\nthree by bob\n")
        self.assertEqual(self.listed(bob), [])

    def conflict(self):
        """A document of which both changed the same line."""
        return self.apart(
            {"a.md": "first\nline\nlast\n"},
            {"a.md": "first\nada's line\nlast\n"},
            {"a.md": "first\nbob's line\nlast\n"},
        )

    def test_the_same_line_is_marked_listed_and_resolved_from_the_command_line(self):
        ada, bob = self.conflict()
        marked = ada.read("a.md").decode()
        self.assertRegex(
            marked,
            r"(?s)\Afirst\n<<<<<<< [0-9a-f]{16} ada [0-9a-f]{8}\nada's line\n\|\|\|\|\|\|\| "
            r".*\nline\n=======\nbob's line\n>>>>>>> [0-9a-f]{16} bob [0-9a-f]{8}\nlast\n\Z",
        )
        (on_ada,), (on_bob,) = self.listed(ada), self.listed(bob)
        self.assertEqual(
            set(on_ada),
            {"id", "path", "type", "kind", "rule", "base", "ours", "theirs", "ours_device",
             "theirs_device", "detected_at", "status"},
        )  # fmt: skip
        self.assertEqual((on_ada["kind"], on_ada["type"]), ("content", "document"))
        self.assertEqual((on_ada["ours_device"], on_bob["ours_device"]), ("ada", "bob"))
        self.assertEqual((on_ada["ours"], on_ada["theirs"]), (on_bob["theirs"], on_bob["ours"]))
        self.assertEqual(on_ada["ours"], trees.blob_id(b"first\nada's line\nlast\n"))
        self.assertEqual(on_ada["base"], trees.blob_id(b"first\nline\nlast\n"))
        status = ada.status()
        self.assertEqual((status["state"], status["conflicts"]), ("conflicts", 1))
        self.assertEqual(ada.ctl("sync", expect=(10,)).returncode, 10)
        record = f".sync/conflicts/{on_ada['id']}.json"
        names = trees.git(self.remote, "ls-tree", "-r", "--name-only", "sync")
        self.assertIn(record.encode(), names)
        wait_until(lambda: self.pending(ada) == [on_ada], lambda: str(self.pending(ada)))
        shown = ada.ctl("conflicts", ada.path("a.md"), expect=(10,)).stdout
        for words in ("ours: ada", "theirs: bob", "-line", "+ada's line", "+bob's line"):
            self.assertIn(words, shown)
        would = ada.ctl("resolve", "shared/files/a.md", "--theirs", "--dry-run").stdout
        self.assertIn("would resolve", would)
        self.assertEqual(ada.read("a.md").decode(), marked)

        ada.ctl("resolve", ada.path("a.md"), "--theirs")
        self.wait_in_sync(ada, bob)
        for device in (ada, bob):
            self.assertEqual(device.read("a.md"), b"first\nbob's line\nlast\n")
            self.assertEqual(self.listed(device), [])
            self.assertEqual(device.status()["state"], "in-sync")
        names = trees.git(self.remote, "ls-tree", "-r", "--name-only", "sync")
        self.assertNotIn(b".sync", names)
        wait_until(lambda: self.pending(bob) == [], lambda: str(self.pending(bob)))

    def pending(self, device):
        """The open conflicts of `state.json`."""
        with open(f"{device.state}/state.json", encoding="utf-8") as file:
            return json.load(file)["pending_conflicts"]

    def test_what_both_append_while_nobody_resolves_stands_in_it_once(self):
        ada, bob = self.apart(
            {"day.md": "# Today\n"}, {"day.md": "# Today\nada 0\n"}, {"day.md": "# Today\nbob 0\n"})
        for number in range(1, 5):
            ada.stop()
            bob.stop()
            for device in (ada, bob):
                with open(device.path("day.md"), "a", encoding="utf-8") as file:
                    file.write(f"{device.name} {number}\n")
            ada.start()
            bob.start()
            self.wait_in_sync(ada, bob)
            self.assert_converged(ada, bob)
        adas = "".join(f"ada {number}\n" for number in range(5))
        bobs = "".join(f"bob {number}\n" for number in range(5))
        text = ada.read("day.md").decode()
        self.assertEqual([line for line in text.splitlines() if line.startswith(("ada", "bob"))],
                         (adas + bobs).splitlines())  # fmt: skip
        for way, expected in (("--theirs", bobs), ("--both", adas + bobs)):
            ada.ctl("resolve", "shared/files/day.md", way)
            self.assertEqual(ada.read("day.md").decode(), "# Today\n" + expected)
            ada.ctl("undo")
        ada.ctl("resolve", "shared/files/day.md", "--ours")
        self.assertEqual(ada.read("day.md").decode(), "# Today\n" + adas)
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_editing_the_markers_away_resolves(self):
        ada, bob = self.conflict()
        bob.write("a.md", "first\nboth lines\nlast\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual((self.listed(ada), self.listed(bob)), ([], []))
        self.assertEqual(ada.read("a.md"), b"first\nboth lines\nlast\n")

    def test_each_way_to_resolve(self):
        expected = {
            "--ours": b"first\nada's line\nlast\n",
            "--base": b"first\nline\nlast\n",
            "--both": b"first\nada's line\nbob's line\nlast\n",
        }
        ada, bob = self.conflict()
        marked = ada.read("a.md")
        for way, content in expected.items():
            with self.subTest(way):
                ada.ctl("resolve", "--all", way)
                self.wait_in_sync(ada, bob)
                self.assertEqual(bob.read("a.md"), content)
                self.again(ada, bob)
        own = f"{self.top}/own"
        with open(own, "wb") as file:
            file.write(b"my own\n")
        ada.ctl("resolve", "shared/files/a.md", "--file", own)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("a.md"), b"my own\n")
        self.assertNotEqual(marked, b"")
        ada.ctl("resolve", "shared/files/a.md", "--ours", expect=(1,))
        ada.ctl("resolve", "shared/files/a.md", expect=(64,))

    def again(self, ada, bob):
        """Brings the same conflict back."""
        for device in (ada, bob):
            device.stop()
        base = ada.read("a.md")
        first, *_, last = base.splitlines(keepends=True)
        ada.write("a.md", first + b"ada's line\n" + last)
        bob.write("a.md", first + b"bob's line\n" + last)
        if base.splitlines()[1:-1] == [b"ada's line"]:
            ada.write("a.md", first + b"ada's other\n" + last)
        ada.start()
        bob.start()
        wait_until(lambda: self.resolved_to(ada, bob), lambda: self.picture(ada, bob))
        ada.ctl("restore", "shared/files/a.md", "--to", self.id_of(ada, b"first\nline\nlast\n"))
        self.wait_in_sync(ada, bob)
        for device in (ada, bob):
            device.stop()
        ada.write("a.md", "first\nada's line\nlast\n")
        bob.write("a.md", "first\nbob's line\nlast\n")
        ada.start()
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(len(self.listed(ada)), 1)

    def resolved_to(self, ada, bob):
        """Whether both hold the same and say so."""
        return ada.tree() == bob.tree() and ada.status()["head"] == bob.status()["head"]

    def id_of(self, device, content):
        """The name of a content that the history has."""
        name = trees.blob_id(content)
        trees.git(device.repository, "cat-file", "-e", name)
        return name

    def test_an_editor_that_changes_nothing_resolves_nothing(self):
        ada, _ = self.conflict()
        before = ada.read("a.md")
        ada.environment["EDITOR"] = "true"
        said = ada.ctl("resolve", ada.path("a.md"), "--edit", expect=(1,)).stderr
        self.assertIn("was not changed in the editor: nothing is resolved", said)
        self.assertEqual(ada.read("a.md"), before)
        self.assertEqual(ada.status()["conflicts"], 1)

    def test_an_editor_resolves(self):
        ada, bob = self.conflict()
        own = f"{self.top}/own"
        with open(own, "wb") as file:
            file.write(b"by hand\n")
        ada.environment["VISUAL"] = f"cp {own}"
        ada.ctl("resolve", ada.path("a.md"), "--edit")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("a.md"), b"by hand\n")
        self.assertEqual(self.listed(bob), [])

    def test_an_editor_that_needs_no_terminal_is_run_without_one(self):
        """As by git: whoever names it knows what it needs."""
        ada, _ = self.conflict()
        for more, words in (((), "needs a terminal"), (("--no-input",), "--no-input")):
            done = ada.ctl("resolve", ada.path("a.md"), "--edit", *more, expect=(64,))
            self.assertIn(words, done.stderr)
        ada.environment["EDITOR"] = "false"
        done = ada.ctl("resolve", ada.path("a.md"), "--edit", expect=(1,))
        self.assertIn("'false' ended with 1 (there is no terminal here", done.stderr)
        self.assertEqual(len(self.listed(ada)), 1)
        ada.environment["EDITOR"] = "sed -i '/^[<=>|]/d'"
        ada.ctl("resolve", ada.path("a.md"), "--edit", expect=(0,))
        self.assertEqual(self.listed(ada), [])

    def test_without_the_daemon_it_is_resolved_too(self):
        ada, bob = self.conflict()
        ada.stop()
        self.assertEqual(len(self.listed(ada)), 1)
        ada.ctl("resolve", "shared/files/a.md", "--ours")
        self.assertEqual(ada.read("a.md"), b"first\nada's line\nlast\n")
        ada.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(self.listed(bob), [])

    def test_one_conflict_holds_up_nothing_else(self):
        ada, bob = self.conflict()
        ada.write("other.md", "other\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("other.md"), b"other\n")
        self.assertEqual(len(self.listed(bob)), 1)

    def test_an_edit_stays_against_a_deletion_and_is_listed(self):
        ada, bob = self.apart({"a.md": "base\n"}, {"a.md": None}, {"a.md": "edited\n"})
        self.assertEqual(ada.read("a.md"), b"edited\n")
        (listed,) = self.listed(ada)
        self.assertEqual((listed["kind"], listed["ours"]), ("delete-modify", None))
        ada.ctl("resolve", ada.path("a.md"), "--ours")
        self.wait_in_sync(ada, bob)
        self.assertIsNone(bob.read("a.md"))
        self.assertEqual(self.listed(bob), [])

    def test_an_edit_lands_at_the_name_the_other_side_gave(self):
        base = "a text of some length\n" * 3
        ada, bob = self.apart({"a.md": base}, {"a.md": None, "b.md": base}, {"a.md": base + "x\n"})
        self.assertEqual(ada.read("b.md").decode(), base + "x\n")
        self.assertIsNone(bob.read("a.md"))
        self.assertEqual(self.listed(ada), [])

    def test_names_that_differ_in_case_alone_are_told_apart(self):
        ada, bob = self.apart({}, {"Read.md": "ada\n"}, {"read.md": "bob\n"})
        names = sorted(name for name in ada.tree() if name.lower().startswith(b"read"))
        self.assertEqual(len(names), 2)
        self.assertEqual(len([name for name in names if b".conflict-" in name]), 1)
        (listed,) = self.listed(bob)
        self.assertEqual(listed["kind"], "case-clash")
        bob.ctl("resolve", listed["id"], "--both")
        self.wait_in_sync(ada, bob)
        self.assertEqual(self.listed(ada), [])

    # Memories.

    def test_what_both_remember_is_joined(self):
        one, two, three = ({"id": name, "memory": name} for name in "abc")
        ada, bob = self.apart(
            {"m.jsonl": lines(one)}, {"m.jsonl": lines(one, two)}, {"m.jsonl": lines(one, three)}
        )
        self.assertCountEqual(self.records(ada, "m.jsonl"), [one, two, three])
        self.assertEqual(self.listed(bob), [])

    def test_one_memory_is_joined_field_by_field(self):
        base = {"id": "a", "memory": "likes tea", "tags": ["x"], "score": 1}
        ada, _ = self.apart(
            {"m.jsonl": lines(base)},
            {"m.jsonl": lines(base | {"tags": ["x", "y"]})},
            {"m.jsonl": lines(base | {"score": 2})},
        )
        self.assertEqual(self.records(ada, "m.jsonl"), [base | {"tags": ["x", "y"], "score": 2}])

    def test_a_memory_edited_here_and_deleted_there_stays(self):
        one, two = {"id": "a", "memory": "a"}, {"id": "b", "memory": "b"}
        ada, bob = self.apart(
            {"m.jsonl": lines(one, two)},
            {"m.jsonl": lines(two)},
            {"m.jsonl": lines(one | {"memory": "better"}, two)},
        )
        self.assertEqual(
            self.records(ada, "m.jsonl"), [one | {"memory": "better"}, two]
        )
        # What was set aside is told to both, whoever merged.
        for device in (ada, bob):
            settled = json.loads(device.ctl("conflicts", "--settled", "--json").stdout)
            self.assertEqual([entry["file"] for entry in settled], ["shared/files/m.jsonl"])
            blob = trees.git(device.repository, "cat-file", "blob", settled[0]["loser"])
            self.assertEqual(blob.decode(), lines(two))

    def test_a_deleted_memory_stays_deleted(self):
        one, two, three = ({"id": name, "memory": name} for name in "abc")
        ada, _ = self.apart(
            {"m.jsonl": lines(one, two)},
            {"m.jsonl": lines(two)},
            {"m.jsonl": lines(one, two, three)},
        )
        self.assertEqual(self.records(ada, "m.jsonl"), [two, three])

    def test_events_with_one_uuid_are_one(self):
        event = {"uuid": "6f1c", "type": "note", "timestamp": "2026-01-01T00:00:00Z"}
        mine = event | {"uuid": "7a00", "timestamp": "2026-01-02T00:00:00Z"}
        ada, _ = self.apart(
            {"events/a.jsonl": ""},
            {"events/a.jsonl": lines(event, mine)},
            {"events/a.jsonl": lines(event)},
        )
        self.assertEqual(self.records(ada, "events/a.jsonl"), [event, mine])

    def test_two_bodies_of_one_event_stay_and_are_listed(self):
        one = {"uuid": "6f1c", "type": "note", "text": "ada's"}
        two, other = one | {"text": "bob's"}, {"uuid": "7a00", "type": "note", "text": "x"}
        ada, bob = self.apart(
            {"events/a.jsonl": ""},
            {"events/a.jsonl": lines(one)},
            {"events/a.jsonl": lines(two, other)},
        )
        self.assertCountEqual(self.records(ada, "events/a.jsonl"), [one, two, other])
        (listed,) = self.listed(bob)
        self.assertEqual((listed["type"], listed["kind"]), ("event", "content"))
        # Neither side's file has all that both have now.
        bob.ctl("resolve", bob.path("events/a.jsonl"), "--ours", expect=(1,))
        bob.ctl("resolve", bob.path("events/a.jsonl"), "--both")
        self.wait_in_sync(ada, bob)
        self.assertEqual(self.listed(ada), [])
        self.assertEqual(len(self.records(ada, "events/a.jsonl")), 3)

    def test_a_conversation_goes_on_on_both(self):
        def said(number, who):
            return {"id": f"{who}{number}", "timestamp": f"2026-01-01T00:00:{number:02}Z"}

        ada, _ = self.apart(
            {"talks/t.jsonl": lines(said(1, "a"))},
            {"talks/t.jsonl": lines(said(1, "a"), said(4, "a"))},
            {"talks/t.jsonl": lines(said(1, "a"), said(2, "b"), said(6, "b"))},
        )
        ids = [record["id"] for record in self.records(ada, "talks/t.jsonl")]
        self.assertEqual(ids, ["a1", "b2", "a4", "b6"])

    def test_a_torn_last_line_is_made_whole(self):
        one, two, three = ({"id": name, "memory": name} for name in "abc")
        torn = lines(one) + lines(two)[:-6]
        ada, _ = self.apart(
            {"m.jsonl": lines(one)}, {"m.jsonl": torn}, {"m.jsonl": lines(one, two, three)}
        )
        self.assertEqual(self.records(ada, "m.jsonl"), [one, two, three])

    def test_a_broken_settings_file_never_wins(self):
        ada, _ = self.apart(
            {"settings/s.json": '{"a": 1}\n'},
            {"settings/s.json": '{"a": 2}\n'},
            {"settings/s.json": '{"a": '},
        )
        self.assertEqual(ada.read("settings/s.json"), b'{"a": 2}\n')

    # Types.

    def test_a_type_is_told_and_set_for_all(self):
        ada, bob = self.pair()
        told = json.loads(ada.ctl("type", "--json", ada.path("hello.txt")).stdout)
        self.assertEqual(told["type"], "document")
        ada.ctl("type", "shared/files/*.txt", "simple")
        self.wait_in_sync(ada, bob)
        told = json.loads(bob.ctl("type", "--json", bob.path("hello.txt")).stdout)
        self.assertEqual((told["type"], told["source"]), ("simple", "line 1 of .gitattributes"))
        ada.ctl("type", "x", "no-such-type", expect=(64,))

    # Agreement.

    def test_newer_rules_stop_the_merging_and_not_the_capture(self):
        ada, bob = self.pair()
        bob.stop()
        ada.stop()
        tree = trees.git(self.remote, "rev-parse", "sync^{tree}").decode().strip()
        head = trees.head(self.remote)
        who = ("-c", "user.name=syncd merge", "-c", "user.email=merge@syncd.invalid")

        def commit(message, *parents):
            words = [word for parent in parents for word in ("-p", parent)]
            made = trees.git(self.remote, *who, "commit-tree", tree, *words, "-m", message)
            return made.decode().strip()

        # By its form a merge of ours: a trailer on any other commit says nothing.
        other = commit("x\n\nSync-Merge-Version: 99", head)
        newer = commit(
            f"merged {head[:8]} and {other[:8]}\n\nSync-Merge-Version: 99", head, other)
        trees.git(self.remote, "update-ref", "refs/heads/sync", newer)
        bob.write("hello.txt", "edited\n")
        bob.start()
        wait_until(lambda: bob.status()["state"] == "blocked", lambda: self.picture(bob), 20)
        self.assertIn("newer rules", bob.status()["sync_health"]["last_error"])
        self.assertEqual(trees.head(self.remote), newer)
        # Ada went along with it; what comes next she may not merge either.
        self.assertEqual(ada.once().returncode, 0)
        trees.git(self.remote, "update-ref", "refs/heads/sync", commit("more", newer))
        ada.write("new.md", "new\n")
        self.assertIn("newer rules", ada.once().stderr)
        bob.write("hello.txt", "edited again\n")
        name = "sync:shared/files/hello.txt"
        wait_until(
            lambda: b"edited again" in trees.git(bob.repository, "show", name), "not captured"
        )

    # Versions.

    def test_a_version_of_a_time_and_of_a_commit_come_back(self):
        ada, bob = self.pair()
        first = trees.head(ada.repository)
        ada.write("hello.txt", "second\n")
        ada.write("dir/a.txt", "a\n")
        self.wait_in_sync(ada, bob)
        ada.ctl("restore", "shared/files/hello.txt", "--to", first)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")
        ada.ctl("restore", "shared/files/hello.txt", "--to", "1h ago", expect=(1,))
        ada.ctl("restore", "shared/files/none.txt", "--to", first, expect=(1,))
        done = ada.ctl("restore", "shared/files/hello.txt", "--to", "HEAD~1", "--dry-run")
        self.assertIn("would change shared/files/hello.txt", done.stdout)
        self.assertEqual(ada.read("hello.txt"), b"hello\n")


if __name__ == "__main__":
    unittest.main()
