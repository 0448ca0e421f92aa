"""What two devices decide about whole files while they do not see each other: names, copies and
conflicts that both resolved. Without daemons."""

import json
import os
import shutil

import trees
from apart import PICTURE, ApartTest


class Decisions(ApartTest):
    """What two devices decide while they do not see each other."""

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
        # Nobody decided about the first copy either.
        self.assertEqual(self.listed(), ["n.jpg", "n.jpg"])
        for _ in range(2):
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

    def test_a_copy_is_listed_until_somebody_decides_about_it(self):
        """Whatever becomes of the file beside which it stands."""
        for first, second in (("edit", "edit"), ("edit", "move"), ("edit", "delete")):
            with self.subTest(first=first, second=second):
                self.start()
                self.apart((self.ada, self.write(a_png=PICTURE + b"ada")),
                           (self.bob, self.write(a_png=PICTURE + b"bob")))  # fmt: skip
                self.meet()
                steps = {"edit": lambda device: self.write(a_png=PICTURE + device.name.encode()
                                                           + b"2")(device),
                         "move": self.move("a.png", "b.png"),
                         "delete": self.write(a_png=None)}  # fmt: skip
                self.apart((self.ada, steps[first]), (self.bob, steps[second]))
                self.meet()
                self.assertEqual(self.listed(), ["a.png"] * len(self.copies()))
                for copy in self.copies():
                    os.unlink(self.ada.path(copy))
                self.meet()
                self.assertEqual(self.listed(), [])
                for name in self.names():
                    os.unlink(self.ada.path(name))
                self.meet()

    def test_three_that_add_one_name_have_two_copies_listed(self):
        cyd = self.device("cyd", start=False)
        self.start()
        cyd.once()
        self.apart(*((device, self.write(a_png=PICTURE + device.name.encode()))
                     for device in (self.ada, self.bob, cyd)))  # fmt: skip
        for _ in range(2):
            for device in (cyd, self.ada, self.bob):
                device.once()
        self.meet()
        cyd.once()
        self.assert_converged(self.ada, cyd)
        self.assertEqual(len(self.copies()), 2)
        self.assertEqual(self.listed(), ["a.png", "a.png"])
        for _ in range(2):
            self.ada.ctl("resolve", self.ada.path("a.png"), "--both")
        self.meet()
        self.assertEqual(self.listed(), [])
        pictures = {self.ada.read(name) for name in self.names()}
        self.assertEqual(pictures, {PICTURE + name for name in (b"ada", b"bob", b"cyd")})

    def test_an_equal_record_that_was_added_is_not_lost_to_one_that_was_taken_away(self):
        start, stop = '{"event":"start"}\n', '{"event":"stop"}\n'
        self.start(**{"run.jsonl": start + stop})
        self.apart((self.ada, self.write(run_jsonl=stop)),
                   (self.bob, self.write(run_jsonl=start + stop + start)))  # fmt: skip
        self.meet()
        lines = self.ada.read("run.jsonl").decode().splitlines(keepends=True)
        self.assertEqual(sorted(lines), sorted([start, start, stop]))

    def test_who_goes_back_changes_no_decision(self):
        """As with markers: the base is what neither wanted."""
        self.start(**{"a.md": "one\n"})
        self.apart((self.ada, self.write(a_md=None)),
                   (self.bob, self.write(a_md="one\nmore\n")))  # fmt: skip
        self.meet()
        self.apart((self.ada, self.resolve("a.md", "--theirs")),
                   (self.bob, self.resolve("a.md", "--base")))  # fmt: skip
        self.meet()
        self.assertEqual(self.bob.read("a.md"), b"one\nmore\n")
        self.assertEqual(self.ada.status()["conflicts"], 0)

    def test_who_each_keep_one_of_two_pictures_keep_both(self):
        self.start()
        self.apart((self.ada, self.write(a_png=PICTURE + b"ada")),
                   (self.bob, self.write(a_png=PICTURE + b"bob")))  # fmt: skip
        self.meet()
        both = self.names()
        self.apart((self.ada, self.resolve("a.png", "--theirs")),
                   (self.bob, self.write(a_png=None)))  # fmt: skip
        self.meet()
        self.assertEqual(self.names(), both)
        self.assertEqual(self.listed(), ["a.png"])

    def test_an_edit_of_who_has_not_seen_a_deletion_leaves_it_to_be_decided(self):
        cyd = self.device("cyd", start=False)
        self.start(**{"a.md": "1\n2\n3\n4\n5\n"})
        cyd.once()
        self.apart((self.ada, self.write(a_md=None)),
                   (self.bob, self.replace("a.md", "1\n", "1 bob\n")),
                   (cyd, self.replace("a.md", "5\n", "5 cyd\n")))  # fmt: skip
        self.meet()
        self.assertEqual(self.listed(), ["a.md"])
        cyd.once()
        self.meet()
        self.assertEqual(self.ada.read("a.md"), b"1 bob\n2\n3\n4\n5 cyd\n")
        self.assertEqual(self.listed(), ["a.md"])

    def test_who_keeps_what_another_deletes_keeps_it_as_it_stands(self):
        """Against the deletion of a file that others edit: its newest text, and what is open in it
        stays open."""
        carl = self.device("carl", start=False)
        lines = b"1\n2\n3\n4\n5\n"
        for text, listed in ((lines.replace(b"2", b"2 CARL"), 1),
                             (lines.replace(b"5", b"5 CARL"), 0)):  # fmt: skip
            with self.subTest(listed):
                self.start(**{"a.md": lines})
                carl.once()
                self.apart((self.ada, self.write(a_md=None)),
                           (self.bob, self.write(a_md=lines.replace(b"2", b"2 BOB"))),
                           (carl, self.write(a_md=text)))  # fmt: skip
                self.meet()
                carl.once()
                self.meet()
                before = self.ada.read("a.md")
                self.assertIn(b"CARL", before)
                found = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
                (deleted,) = [one for one in found if one["kind"] == "delete-modify"]
                self.assertEqual(len(found), listed + 1)
                self.ada.ctl("resolve", deleted["id"], "--theirs")
                self.assertEqual(self.ada.read("a.md"), before)
                self.assertEqual(self.listed(), ["a.md"] * listed)
                if listed:
                    self.ada.ctl("resolve", self.ada.path("a.md"), "--both")
                self.meet()
                carl.once()

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

    def opposite_names(self, *steps):
        """A clash of names about which both decide, each in another way."""
        for first, second in (("--ours", "--ours"), ("--theirs", "--theirs"),
                              ("--both", "--ours"), ("--ours", "--both")):  # fmt: skip
            with self.subTest(first=first, second=second):
                self.start()
                self.apart(*steps)
                self.meet()
                path = self.listed()[0]
                self.opposite(self.resolve(path, first), self.resolve(path, second))
                shutil.rmtree(self.ada.path("notes"), ignore_errors=True)
                for name in self.names():
                    os.unlink(self.ada.path(name))
                self.meet()
                self.assertEqual(self.names(), [])

    def test_two_names_that_differ_in_case(self):
        self.opposite_names((self.ada, self.write(Todo_md="ada's\n")),
                            (self.bob, self.write(TODO_md="bob's\n")))  # fmt: skip

    def test_a_file_against_a_directory(self):
        self.opposite_names((self.ada, self.write(notes="ada's\n")),
                            (self.bob, self.write(notes__a_md="a\n", notes__b_md="b\n")),
                            )  # fmt: skip

    def test_what_came_into_a_directory_after_the_decision_stays(self):
        self.start()
        self.apart((self.ada, self.write(notes="ada's\n")),
                   (self.bob, self.write(notes__a_md="a\n")))  # fmt: skip
        self.meet()
        self.apart((self.ada, self.resolve("notes", "--ours")),
                   (self.bob, self.resolve("notes", "--ours")),
                   (self.bob, self.write(notes__new_md="new\n")))  # fmt: skip
        self.meet()
        held = {self.ada.read(name) for name in self.names()}
        self.assertLessEqual({b"ada's\n", b"a\n", b"new\n"}, held)
        self.assertEqual(len(self.listed()), 1)

    def test_what_was_written_in_an_editor_stays_where_it_is_refused(self):
        self.start(**{"a.md": "one\n"})
        self.apart((self.ada, self.write(a_md="ada's\n")), (self.bob, self.write(a_md="bob's\n")))
        self.meet()
        editor = f"{self.top}/editor"
        with open(editor, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho "an hour of work" >> "$1"\n')
        os.chmod(editor, 0o755)
        self.ada.environment["EDITOR"] = editor
        done = self.ada.ctl("resolve", self.ada.path("a.md"), "--edit", expect=(1,))
        place = done.stderr.strip().splitlines()[-1].split(" stays in ")[1]
        with open(place, encoding="utf-8") as file:
            self.assertIn("an hour of work\n", file.read())
        shutil.rmtree(os.path.dirname(place))
        with open(editor, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho "whole" > "$1"; dirname "$1" > "$PLACE"\n')
        self.ada.environment["PLACE"] = f"{self.top}/place"
        self.ada.ctl("resolve", self.ada.path("a.md"), "--edit", expect=(0,))
        with open(f"{self.top}/place", encoding="utf-8") as file:
            self.assertFalse(os.path.exists(file.read().strip()))
