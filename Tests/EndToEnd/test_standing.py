"""Conflicts that stand in files: without markers, moved, and decided while others go on."""

import json
import os

import trees
from apart import ATTRIBUTES, ApartTest
from device import PREFIX


class StandingConflicts(ApartTest):
    """What becomes of a conflict while nobody, or somebody who sees half of it, decides."""

    def without_markers(self):
        """A conflict that its file shows without markers: ada's text is the one that it shows."""
        self.start(**{"a.yaml": "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"})
        self.apart(*((device, self.replace("a.yaml", "a: 1", f"a: {device.name}"))
                     for device in (self.ada, self.bob)))  # fmt: skip
        self.meet()
        self.assertIn(b"a: ada\n", self.bob.read("a.yaml"))

    def test_a_text_without_markers(self):
        for choice, ada, bob in (("--ours", b"a: ada\n", b"a: bob\n"),
                                 ("--theirs", b"a: bob\n", b"a: ada\n")):  # fmt: skip
            with self.subTest(choice):
                self.without_markers()
                self.apart((self.ada, self.resolve("a.yaml", choice)),
                           (self.bob, self.resolve("a.yaml", choice)))  # fmt: skip
                self.meet()
                self.assertEqual(self.ada.status()["conflicts"], 1)
                # What each decided is its own now.
                for device, mine in ((self.bob, bob), (self.ada, ada)):
                    device.ctl("resolve", device.path("a.yaml"), "--ours")
                    self.assertIn(mine, device.read("a.yaml"))
                    self.meet()
                    if device is self.bob:
                        self.bob.ctl("undo")
                        self.meet()

    def test_a_decision_for_what_is_shown_stands_against_an_edit_elsewhere(self):
        for choice, text in (("--ours", b"a: ada\n"), ("--theirs", b"a: bob\n")):
            with self.subTest(choice):
                self.without_markers()
                self.apart((self.ada, self.resolve("a.yaml", choice)),
                           (self.bob, self.replace("a.yaml", "e: 5", "e: bob")))  # fmt: skip
                self.meet()
                self.assertEqual(self.ada.status()["conflicts"], 0)
                self.assertEqual(self.ada.read("a.yaml"), text + b"b: 2\nc: 3\nd: 4\ne: bob\n")

    def test_a_decision_for_what_is_shown_stands_against_a_deletion_and_a_rename(self):
        self.without_markers()
        self.apart((self.ada, self.write(a_yaml=None)),
                   (self.bob, self.resolve("a.yaml", "--theirs")))  # fmt: skip
        self.meet()
        self.assertIn(b"a: ada\n", self.ada.read("a.yaml"))
        record, = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
        self.assertEqual((record["kind"], record["ours_device"], record["theirs_device"]),
                         ("delete-modify", "ada", "bob"))  # fmt: skip
        self.without_markers()
        self.apart((self.ada, self.move("a.yaml", "b.yaml")),
                   (self.bob, self.resolve("a.yaml", "--theirs")))  # fmt: skip
        self.meet()
        self.assertIn(b"a: ada\n", self.ada.read("b.yaml"))
        self.assertEqual(self.ada.status()["conflicts"], 0)

    def test_a_conflict_goes_where_both_move_its_file(self):
        for ending, conflict in ((".yaml", self.without_markers), (".md", self.with_markers)):
            with self.subTest(ending):
                conflict()
                self.apart((self.ada, self.move(f"a{ending}", f"ada{ending}")),
                           (self.bob, self.move(f"a{ending}", f"bob{ending}")))  # fmt: skip
                self.meet()
                self.assertEqual(self.listed(), self.names())
                self.resolve(self.names()[0], "--ours")(self.bob)
                self.meet()
                self.assertEqual(self.listed(), [])
                os.unlink(self.ada.path(self.names()[0]))
                self.meet()

    def with_markers(self):
        self.start(**{"a.md": "one\ntwo\nthree\n"})
        self.apart((self.ada, self.write(a_md="one\nada\nthree\n")),
                   (self.bob, self.write(a_md="one\nbob\nthree\n")))  # fmt: skip
        self.meet()
        self.assertIn(b"<<<<<<<", self.ada.read("a.md"))

    def test_a_conflict_is_found_again_where_git_moved_its_file(self):
        """In a clone of somebody's own, who knows nothing of the record."""
        for step in (self.write(other_md="other\n"), self.write(a_md=None),
                     self.move("a.md", "ada.md")):  # fmt: skip
            self.with_markers()
            clone = f"{self.top}/clone-{len(os.listdir(self.top))}"
            trees.git(self.remote, "clone", "-q", "-b", "sync", self.remote, clone)
            trees.git(clone, "mv", f"{PREFIX}/a.md", f"{PREFIX}/git.md")
            trees.git(clone, "-c", "user.name=G", "-c", "user.email=g@x", "commit", "-qm", "moved")
            trees.git(clone, "push", "-q", "origin", "sync")
            step(self.ada)
            self.meet()
            marked = [name for name in self.names() if b"<<<<<<<" in self.ada.read(name)]
            self.assertEqual(self.listed(), marked)
            for name in self.names():
                os.unlink(self.ada.path(name))
            self.meet()

    def test_an_edit_of_who_has_not_seen_a_conflict_and_its_rename_leaves_it_open(self):
        self.start(**{"a.yaml": "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"})
        self.ada.write("a.yaml", self.ada.read("a.yaml").replace(b"a: 1", b"a: ada"))
        self.ada.once()
        self.move("a.yaml", "b.yaml")(self.bob)
        self.replace("b.yaml", "a: 1", "a: bob")(self.bob)
        self.bob.once()
        self.assertEqual(self.bob.status()["conflicts"], 1)
        self.replace("a.yaml", "e: 5", "e: ada")(self.ada)
        self.meet()
        self.assertEqual(self.listed(), ["b.yaml"])
        self.assertIn(b"e: ada\n", self.bob.read("b.yaml"))

    def test_what_is_open_without_markers_stays_so_whatever_the_file_is_called(self):
        """Under its new name the file would have markers, or be merged by another rule."""
        for name, edits in (("a.txt", False), ("a.txt", True), ("shared/settings/a.yaml", False),
                            ("shared/settings/a.yaml", True)):  # fmt: skip
            for seen in (True, False):
                with self.subTest(name=name, edits=edits, seen=seen):
                    self.conflict_and_move(name, edits, seen)

    def conflict_and_move(self, name, edits, seen):
        """Ada moves a file, and may edit it, before or after she sees the conflict in it."""
        text = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"
        self.start(**{"a.yaml": text})
        steps = [self.replace("a.yaml", "a: 1", "a: ada"), self.replace("a.yaml", "a: 1", "a: bob")]
        steps[0](self.ada)
        self.ada.once()
        steps[1](self.bob)
        self.bob.once()
        if seen:
            self.ada.once()
        os.makedirs(os.path.dirname(self.ada.path(name)), exist_ok=True)
        self.move("a.yaml", name)(self.ada)
        self.ada.once()
        if edits:
            self.replace(name, "e: 5", "e: ada")(self.ada)
        self.meet()
        self.assertEqual(self.listed(), [name])
        self.assertEqual(self.bob.read(name).decode().count("e: ada"), edits)
        self.bob.ctl("resolve", self.bob.path(name), "--ours")
        self.assertIn(b"a: bob\n", self.bob.read(name))
        os.unlink(self.bob.path(name))
        self.meet()

    def test_a_rule_that_is_set_later_closes_nothing(self):
        self.start(**{".gitattributes": f"{ATTRIBUTES}a.md sync-markers=off\n",
                      "a.md": "one\ntwo\nthree\nfour\n"})  # fmt: skip
        self.apart((self.ada, self.replace("a.md", "one", "ada")),
                   (self.bob, self.replace("a.md", "one", "bob")))  # fmt: skip
        self.meet()
        self.ada.write(".gitattributes", ATTRIBUTES)
        self.meet()
        self.assertEqual(self.listed(), ["a.md"])
        self.replace("a.md", "four\n", "four\nmore\n")(self.ada)
        self.meet()
        self.assertEqual(self.listed(), ["a.md"])
        self.bob.ctl("resolve", self.bob.path("a.md"), "--ours")
        self.assertEqual(self.bob.read("a.md"), b"bob\ntwo\nthree\nfour\nmore\n")

    def test_a_decision_taken_back_over_another_edit_opens_the_conflict_of_both(self):
        """Each side is that of the device that wrote it."""
        for name, conflict in (("a.yaml", self.without_markers), ("a.md", self.with_markers)):
            with self.subTest(name):
                conflict()
                self.resolve(name, "--ours")(self.ada)
                self.meet()
                self.bob.write(name, self.bob.read(name) + b"# end\n")
                self.meet()
                self.ada.ctl("undo", expect=(0, 10))
                self.meet()
                record, = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
                self.assertEqual((record["ours_device"], record["theirs_device"]), ("ada", "bob"))
                self.resolve(name, "--ours")(self.bob)
                self.assertIn(b"bob\n", self.bob.read(name))
                self.assertNotIn(b"ada", self.bob.read(name))
                self.assertIn(b"# end\n", self.bob.read(name))
                os.unlink(self.bob.path(name))
                self.meet()

    def test_what_one_device_did_is_taken_back_out_of_a_conflict(self):
        for name in ("a.yaml", "a.md"):
            for mine, other in (("ada", "bob"), ("bob", "ada")):
                with self.subTest(name=name, device=mine):
                    self.start(**{name: "a: 1\nb: 2\nc: 3\n"})
                    at = trees.head(self.ada.repository)
                    self.apart(*((device, self.replace(name, "a: 1", f"a: {device.name}"))
                                 for device in (self.ada, self.bob)))  # fmt: skip
                    self.meet()
                    self.assertEqual(self.listed(), [name])
                    self.ada.ctl("rollback", at, "--device", mine, expect=(0, 10))
                    self.meet()
                    self.assertEqual(self.bob.read(name), f"a: {other}\nb: 2\nc: 3\n".encode())
                    self.assertEqual(self.listed(), [])
                    os.unlink(self.bob.path(name))
                    self.meet()

    def test_a_conflict_of_undeclared_records_stays_without_markers(self):
        records = [f'{{"id": "{count}", "memory": "{count}"}}' for count in range(4)]
        torn = '{"id": "torn'
        text = "\n".join([*records, torn])
        self.start(**{".gitattributes": "# nothing\n", "u.jsonl": text})
        mended = "\n".join(records[1:])
        edited = text.replace('"memory": "1"', '"memory": "1, ada"') + "\n"
        for device, content in ((self.bob, mended), (self.ada, edited)):
            device.write("u.jsonl", content)
            device.once()
        self.assertEqual(self.listed(), ["u.jsonl"])
        # Who has not seen it goes on.
        self.bob.write("u.jsonl", mended.replace('"1"}', '"1", "by": "bob"}') + "\n")
        self.meet()
        self.assertNotIn(b"<<<<<<<", self.ada.read("u.jsonl"))
        self.assertEqual(self.listed(), ["u.jsonl"])
        sides = self.ada.ctl("conflicts", self.ada.path("u.jsonl"), expect=(10,)).stdout
        self.assertIn("1, ada", sides)
        self.assertIn('"by": "bob"', sides)

    def test_of_a_file_that_several_added_one_takes_its_own_back(self):
        """The others' stand, in a file with markers and in one without."""
        for name in ("new.yaml", "new.md", "new.json"):
            for restored in (False, True):
                with self.subTest(name=name, restored=restored):
                    self.start(**{name: "k: old\n"})
                    past = trees.head(self.remote)
                    os.unlink(self.ada.path(name))
                    self.meet()
                    at = trees.head(self.remote)
                    bring = lambda ada: ada.ctl("restore", "--to", past, ada.path(name))
                    add = bring if restored else self.write(**{name: "k: ada\n"})
                    self.apart((self.ada, add), (self.bob, self.write(**{name: "k: bob\n"})))
                    self.meet()
                    self.assertEqual(self.listed(), [name])
                    back = ["undo"] if restored else ["rollback", at, "--device", "ada"]
                    said = self.ada.ctl(*back, "--dry-run", expect=(0,))
                    self.assertIn("would take back ", said.stdout + said.stderr)
                    self.assertNotIn("would delete", said.stdout + said.stderr)
                    self.ada.ctl(*back, expect=(0,))
                    self.meet()
                    self.assertEqual(self.bob.read(name), b"k: bob\n")
                    self.assertEqual(self.listed(), [])
                    self.ada.ctl("undo", expect=(10,))
                    self.meet()
                    self.assertEqual(self.listed(), [name])
                    os.unlink(self.bob.path(name))
                    self.meet()

    def test_a_second_round_without_markers_keeps_the_sides_apart(self):
        self.without_markers()
        for _ in range(3):
            self.apart((self.ada, self.replace("a.yaml", "c: 3", "c: 3\n# ada")),
                       (self.bob, self.replace("a.yaml", "e: 5", "e: 5\n# bob")))  # fmt: skip
            self.meet()
            self.assertIn(b"a: ada\n", self.ada.read("a.yaml"))
            record, = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
            self.assertEqual((record["ours_device"], record["theirs_device"]), ("ada", "bob"))
        # Both edit the very line: each has its own by `--ours`.
        self.apart((self.ada, self.replace("a.yaml", "a: ada", "a: ada2")),
                   (self.bob, self.replace("a.yaml", "a: ada", "a: bob2")))  # fmt: skip
        self.meet()
        self.assertIn(b"a: ada2\n", self.bob.read("a.yaml"))
        self.ada.ctl("resolve", self.ada.path("a.yaml"), "--ours")
        self.assertIn(b"a: ada2\n", self.ada.read("a.yaml"))
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 0)
        for line in (b"# ada", b"# bob"):
            self.assertEqual(self.ada.read("a.yaml").count(line), 3)

    def come_upon(self, name, step):
        """Bob comes upon a conflict in a file without markers before ada, who makes a step."""
        text = "one: 1\ntwo: 2\nthree: 3\nfour: 4\n"
        self.start(**{name: text})
        for device in (self.ada, self.bob):
            device.write(name, text.replace("two: 2", f"two: {device.name.upper()}"))
            device.once()
        step(self.ada)
        self.meet()

    def unseen(self, step):
        """Bob comes upon a conflict in a file without markers; ada, who has not seen it, does
        something else to the file."""
        self.come_upon("conf.yaml", step)
        listed = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
        self.assertEqual(len(listed), 1, self.names())
        place = listed[0]["path"].removeprefix(f"{PREFIX}/")
        self.assertIn("two: ADA", self.ada.read(place).decode())
        self.resolve(place, "--theirs")(self.ada)
        self.meet()
        self.assertIn("two: BOB", self.ada.read(place).decode())
        self.assertEqual(self.ada.status()["conflicts"], 0)
        os.unlink(self.ada.path(place))
        self.meet()

    def test_what_nobody_saw_in_a_file_without_markers_is_not_deleted(self):
        self.unseen(lambda device: os.unlink(device.path("conf.yaml")))
        self.unseen(self.move("conf.yaml", "x.md"))

    def test_an_unseen_conflict_goes_along_with_a_name(self):
        self.unseen(self.move("conf.yaml", "moved.yaml"))

        def move_directory(device):
            os.mkdir(device.path("d"))
            os.rename(device.path("conf.yaml"), device.path("d/conf.yaml"))

        self.unseen(move_directory)

    def test_what_nobody_saw_in_a_file_that_is_replaced_stands_in_its_copy(self):
        """A link, or bytes that are no text, in place of a file whose conflict was not seen: the
        file is kept beside, and what disagrees in it is to be decided there."""

        def link(device):
            os.unlink(device.path("link.yaml"))
            os.symlink("x.md", device.path("link.yaml"))

        self.replaced("link.yaml", link)
        self.replaced("binary.yaml", self.write(binary_yaml=b"\0\1binary"))
        self.replaced("large.yaml", self.write(large_yaml=b"k: v\n" * 500_000))

    def replaced(self, name, step):
        """A conflict in a file without markers which a device, that did not see it, replaces."""
        self.come_upon(name, step)
        (copy,) = self.copies()
        self.assertEqual(sorted(self.listed()), sorted([name, copy]))
        self.assertIn("two: ADA", self.bob.read(copy).decode())
        self.resolve(copy, "--theirs")(self.ada)
        self.meet()
        self.assertIn("two: BOB", self.ada.read(copy).decode())
        self.assertEqual(self.listed(), [name])
        self.resolve(name, "--both")(self.bob)
        os.unlink(self.bob.path(copy))
        self.meet()
        self.assertEqual(self.listed(), [])

    def test_an_undone_decision_is_open_under_the_name_that_the_file_got(self):
        text = "one: 1\ntwo: 2\nthree: 3\n"
        self.start(**{"a.yaml": text})
        self.apart((self.ada, self.write(a_yaml=text.replace("2", "ADA"))),
                   (self.bob, self.write(a_yaml=text.replace("2", "BOB"))))  # fmt: skip
        self.meet()
        self.apart((self.bob, self.move("a.yaml", "b.yaml")),
                   (self.ada, self.resolve("a.yaml", "--ours")))  # fmt: skip
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 0)
        self.ada.ctl("undo", expect=(0, 10))
        self.meet()
        for device in (self.ada, self.bob):
            listed = json.loads(device.ctl("conflicts", "--json", expect=(0, 10)).stdout)
            self.assertEqual([x["path"] for x in listed], [f"{PREFIX}/b.yaml"])
            self.assertIsNone(device.read("a.yaml"))
        self.resolve("b.yaml", "--theirs")(self.ada)
        self.meet()
        self.assertEqual(self.bob.read("b.yaml").decode(), text.replace("2", "BOB"))

    def test_a_rename_closes_no_conflict_of_a_file_without_markers(self):
        text = "one: 1\ntwo: 2\nthree: 3\n"
        self.start(**{"a.yaml": text})
        self.apart((self.ada, self.write(a_yaml=text.replace("2", "ADA"))),
                   (self.bob, self.write(a_yaml=text.replace("2", "BOB"))))  # fmt: skip
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 1)
        self.move("a.yaml", "b.yaml")(self.ada)
        self.meet()
        listed = json.loads(self.bob.ctl("conflicts", "--json", expect=(0, 10)).stdout)
        self.assertEqual([x["path"] for x in listed], [f"{PREFIX}/b.yaml"])
        self.resolve("b.yaml", "--theirs")(self.bob)
        self.meet()
        self.assertEqual(self.ada.read("b.yaml").decode(), text.replace("2", "ADA"))
