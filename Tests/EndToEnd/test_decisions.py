"""What two devices decide about whole files while they do not see each other: names, copies and
conflicts that both resolved. Without daemons."""

import json
import os

import trees
from device import PREFIX
from harness import VaultTest

PICTURE = b"\0picture of "
ATTRIBUTES = "* sync=document\n*.jsonl sync=memory\n*.yaml sync=document sync-markers=off\n"


class Decisions(VaultTest):
    """Two devices in sync, and what each does offline."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.clock = 1_700_000_000

    def meet(self, rounds=3):
        """Both see what the other did; a round more changes nothing."""
        for _ in range(rounds):
            self.ada.once()
            self.bob.once()
        head = trees.head(self.remote)
        for device in (self.ada, self.bob):
            self.assertEqual(device.once().returncode, 10 if device.status()["conflicts"] else 0)
        self.assertEqual(trees.head(self.remote), head, "another round made a commit")
        self.assert_converged(self.ada, self.bob)

    def start(self, **files):
        """Both have some files."""
        for name, content in {".gitattributes": ATTRIBUTES, "x.md": "x\n", **files}.items():
            self.ada.write(name, content)
        self.meet(2)

    def apart(self, *steps):
        """What each device does while the remote is away, each captured in its turn."""
        os.rename(self.remote, f"{self.remote}.away")
        for device, step in steps:
            step(device)
            device.once()
        os.rename(f"{self.remote}.away", self.remote)

    def write(self, **files):
        """A step that writes files, or takes them away, each later than the one before."""

        def step(device):
            for name, content in files.items():
                name = name.replace("__", "/").replace("_", ".")
                if content is None:
                    os.unlink(device.path(name))
                    continue
                device.write(name, content)
                self.clock += 10
                os.utime(device.path(name), (self.clock, self.clock))

        return step

    @staticmethod
    def move(old, new):
        return lambda device: os.rename(device.path(old), device.path(new))

    @staticmethod
    def resolve(name, choice):
        return lambda device: device.ctl("resolve", device.path(name), choice)

    def names(self, device=None):
        """What a device has beside the files of each test."""
        names = {os.fsdecode(name) for name in (device or self.ada).tree()}
        return sorted(names - {".gitattributes", "x.md"})

    def copies(self):
        return [name for name in self.names() if ".conflict-" in name]

    def history_has(self, content):
        """Whether a commit that the branch reaches has a file of this content."""
        blob = trees.blob_id(content)
        objects = trees.git(self.ada.repository, "rev-list", "--objects", "sync").decode()
        return blob in objects

    def test_a_copy_replaces_no_file_that_has_its_name(self):
        self.start()
        self.apart((self.ada, self.write(n_jpg=PICTURE + b"ada")),
                   (self.bob, self.write(n_jpg=PICTURE + b"bob")))  # fmt: skip
        self.meet()
        copy = self.copies()[0]
        # Somebody goes on with the copy, and later there is the same clash again.
        self.ada.write(copy, PICTURE + b"rotated")
        os.unlink(self.ada.path("n.jpg"))
        self.meet()
        lost = PICTURE + (b"ada" if self.bob.read("n.jpg") != PICTURE + b"ada" else b"bob")
        self.apart((self.ada, self.write(n_jpg=lost)),
                   (self.bob, self.write(n_jpg=PICTURE + b"third")))  # fmt: skip
        self.meet()
        self.assertEqual(self.ada.read(copy), PICTURE + b"rotated")
        other = [name for name in self.copies() if name != copy]
        self.assertEqual(len(other), 1, self.names())
        self.assertEqual({self.ada.read("n.jpg"), self.ada.read(other[0])},
                         {lost, PICTURE + b"third"})  # fmt: skip
        listed = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
        self.assertEqual([x["path"] for x in listed], [f"{PREFIX}/n.jpg"])
        # Its conflict is resolved as any other.
        self.resolve("n.jpg", "--both")(self.ada)
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 0)
        self.assertEqual(self.ada.read(copy), PICTURE + b"rotated")

    def opposite(self, first, second):
        """Both resolve the one open conflict while they do not see each other; then it is open
        again as it was, and what one of them decides next counts."""
        self.assertEqual(self.ada.status()["conflicts"], 1)
        before, listed = self.ada.tree(), self.ada.ctl("conflicts", expect=(0, 10)).stdout
        self.apart((self.ada, first), (self.bob, second))
        self.meet()
        self.assertEqual(self.ada.tree(), before)
        self.assertEqual(self.ada.ctl("conflicts", expect=(0, 10)).stdout, listed)
        first(self.ada)
        wanted = self.ada.tree()
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 0)
        self.assertEqual(self.ada.tree(), wanted)

    def test_a_deletion_against_an_edit(self):
        for first, second in (("--ours", "--ours"), ("--theirs", "--theirs")):
            with self.subTest(first):
                self.start(**{"a.md": "one\n"})
                self.apart((self.ada, self.write(a_md=None)),
                           (self.bob, self.write(a_md="one\nmore\n")))  # fmt: skip
                self.meet()
                self.opposite(self.resolve("a.md", first), self.resolve("a.md", second))

    def test_two_pictures(self):
        for first, second in (("--ours", "--ours"), ("--both", "--ours"), ("--ours", "--both")):
            with self.subTest(first=first, second=second):
                self.start()
                self.apart((self.ada, self.write(a_png=PICTURE + b"ada")),
                           (self.bob, self.write(a_png=PICTURE + b"bob")))  # fmt: skip
                self.meet()
                self.opposite(self.resolve("a.png", first), self.resolve("a.png", second))
                for name in self.names():
                    os.unlink(self.ada.path(name))
                self.meet()

    def without_markers(self):
        """A conflict that its file shows without markers: ada's text is the one that it shows."""
        self.start(**{"a.yaml": "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"})
        self.apart(*((device, self.replace("a.yaml", "a: 1", f"a: {device.name}"))
                     for device in (self.ada, self.bob)))  # fmt: skip
        self.meet()
        self.assertIn(b"a: ada\n", self.bob.read("a.yaml"))

    @staticmethod
    def replace(name, old, new):
        """A step that edits a text."""

        def step(device):
            text = device.read(name).decode()
            assert old in text, text
            device.write(name, text.replace(old, new))

        return step

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

    def listed(self):
        """The paths of open conflicts."""
        listed = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
        return [found["path"].removeprefix(f"{PREFIX}/") for found in listed]

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

    def test_an_equal_record_that_was_added_is_not_lost_to_one_that_was_taken_away(self):
        start, stop = '{"event":"start"}\n', '{"event":"stop"}\n'
        self.start(**{"run.jsonl": start + stop})
        self.apart((self.ada, self.write(run_jsonl=stop)),
                   (self.bob, self.write(run_jsonl=start + stop + start)))  # fmt: skip
        self.meet()
        lines = self.ada.read("run.jsonl").decode().splitlines(keepends=True)
        self.assertEqual(sorted(lines), sorted([start, start, stop]))

    def test_a_link_against_a_file(self):
        self.start(**{"a.md": "one\n"})

        def link(device):
            os.unlink(device.path("a.md"))
            os.symlink("x.md", device.path("a.md"))

        self.apart((self.ada, link), (self.bob, self.write(a_md="one\nmore\n")))
        self.meet()
        self.opposite(self.resolve("a.md", "--ours"), self.resolve("a.md", "--ours"))

    def test_the_same_decision_is_one(self):
        self.start()
        self.apart((self.ada, self.write(a_png=PICTURE + b"ada")),
                   (self.bob, self.write(a_png=PICTURE + b"bob")))  # fmt: skip
        self.meet()
        self.apart((self.ada, self.resolve("a.png", "--ours")),
                   (self.bob, self.resolve("a.png", "--theirs")))  # fmt: skip
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 0)
        self.assertEqual(self.names(), ["a.png"])
        self.assertEqual(self.ada.read("a.png"), PICTURE + b"ada")

    def test_what_was_edited_after_the_decision_stands(self):
        """An edit is more than a decision: it stays, and nothing that was there is gone."""
        self.start()
        self.apart((self.ada, self.write(a_png=PICTURE + b"ada")),
                   (self.bob, self.write(a_png=PICTURE + b"bob")))  # fmt: skip
        self.meet()
        self.apart((self.ada, self.resolve("a.png", "--ours")),
                   (self.ada, self.write(a_png=PICTURE + b"ada, edited")),
                   (self.bob, self.resolve("a.png", "--ours")))  # fmt: skip
        self.meet()
        self.assertEqual(self.ada.read("a.png"), PICTURE + b"ada, edited")
        for content in (PICTURE + b"ada", PICTURE + b"bob"):
            self.assertTrue(self.history_has(content))

    def renamed_twice(self, ending, before, edit_of_bob, edit_of_ada, merged):
        """Bob edits and renames; ada renames, bob merges that, ada renames again."""
        name = lambda stem: f"{stem}{ending}"  # noqa: E731
        self.start(**{name("m"): before})
        self.apart((self.bob, lambda device: device.write(name("m"), edit_of_bob)),
                   (self.bob, self.move(name("m"), name("zz"))))  # fmt: skip
        os.rename(self.ada.path(name("m")), self.ada.path(name("m3")))
        self.ada.once()
        self.bob.once()
        self.assertEqual(self.names(self.bob), [name("zz")])
        self.apart((self.ada, lambda device: device.write(name("m3"), edit_of_ada)),
                   (self.ada, self.move(name("m3"), name("m2"))))  # fmt: skip
        self.meet()
        self.assertEqual(self.names(), [name("m2")], "the later name, and one file")
        text = self.ada.read(name("m2")).decode()
        for line in merged:
            self.assertEqual(text.count(line), 1, text)
        self.assertEqual(self.ada.status()["conflicts"], 0)

    def test_a_file_that_both_rename_and_one_again(self):
        text = "".join(f"line {number}\n" for number in range(10))
        for edit in (text, f"ada's\n{text}"):
            with self.subTest(edited=edit != text):
                self.renamed_twice(
                    ".md", text, f"{text}bob's\n", edit,
                    ["bob's", "line 5"] + ["ada's"] * (edit != text))
                os.unlink(self.ada.path("m2.md"))
                self.meet()

    def test_records_that_both_rename_and_one_again(self):
        record = '{{"id": "{0}", "memory": "{0}"}}\n'.format
        text = "".join(record(f"r{number}") for number in range(8))
        without = text.replace(record("r3"), "")
        self.renamed_twice(".jsonl", text, without + record("bob"), text + record("ada"),
                           [record("bob"), record("ada"), record("r5")])  # fmt: skip
        self.assertNotIn('"r3"', self.ada.read("m2.jsonl").decode(), "a deleted record is back")

    def unseen(self, step):
        """Bob comes upon a conflict in a file without markers; ada, who has not seen it, does
        something else to the file."""
        name, text = "conf.yaml", "one: 1\ntwo: 2\nthree: 3\nfour: 4\n"
        self.start(**{"conf.yaml": text})
        self.ada.write(name, text.replace("two: 2", "two: ADA"))
        self.ada.once()
        self.bob.write(name, text.replace("two: 2", "two: BOB"))
        self.bob.once()
        step(self.ada)
        self.meet()
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

    def test_an_empty_directory_and_a_file_that_differ_in_case(self):
        self.start()
        self.apart((self.ada, self.write(todo_md="text\n")),
                   (self.bob, lambda device: os.mkdir(device.path("TODO.md"))))  # fmt: skip
        self.meet()
        copy = self.copies()[0]
        self.assertEqual(self.ada.status()["conflicts"], 1)
        listed = self.ada.ctl("conflicts", expect=(0, 10)).stdout
        self.assertIn("todo.md  case-clash", listed)
        self.ada.ctl("resolve", "--all", "--both")
        self.meet()
        self.assertEqual(self.ada.status()["conflicts"], 0)
        self.assertEqual(self.ada.read(copy), b"text\n")
        left = trees.git(self.ada.repository, "ls-tree", "-r", "--name-only", "sync").decode()
        self.assertNotIn(".sync/conflicts/", left)
