"""Conflicts of whole versions: of files that lines cannot merge."""

import json
import os
import unittest

import test_conflicts
import trees
from harness import VaultTest


class WholeConflicts(VaultTest):
    """As in `test_conflicts`: both edit while both are down."""

    apart = test_conflicts.Conflicts.apart
    edit = test_conflicts.Conflicts.edit
    listed = test_conflicts.Conflicts.listed

    def test_whole_versions_know_what_they_were_made_from(self):
        """No lines to merge: the loser is kept beside, which no rule settled."""
        name, base = "pictures/s.png", b"\x89PNG\0base"
        ada, bob = self.apart(
            {".gitattributes": "pictures/* sync=document\n", name: base},
            {name: b"\x89PNG\0ada"},
            {name: b"\x89PNG\0bob"},
        )
        for device in (ada, bob):
            (found,) = self.listed(device)
            self.assertEqual((found["kind"], found["base"]), ("binary", trees.blob_id(base)))
            settled = device.ctl("conflicts", "--settled", "--json").stdout
            self.assertEqual(json.loads(settled), [])
        ada.ctl("resolve", ada.path(name), "--base", expect=(0,))
        self.wait_in_sync(ada, bob)
        self.assertEqual(os.listdir(bob.path("pictures")), ["s.png"])
        self.assertEqual((bob.read(name), self.listed(bob)), (base, []))
        for _ in range(2):
            said = ada.ctl("undo")
            self.assertIn("took back", said.stdout + said.stderr)
            self.assertNotIn("already", said.stdout + said.stderr)
        self.assertEqual(ada.read(name), base)

    def test_a_link_against_an_edit_knows_what_both_were_made_from(self):
        name = "notes/todo.md"
        ada, bob = self.pair()
        ada.write(name, "one\n")
        self.wait_in_sync(ada, bob)
        for device in (ada, bob):
            device.stop()
        os.unlink(ada.path(name))
        os.symlink("target", ada.path(name))
        bob.write(name, "one\ntwo\n")
        for device in (ada, bob):
            device.start()
        self.wait_in_sync(ada, bob)
        (found,) = self.listed(bob)
        self.assertEqual(
            (found["kind"], found["base"]), ("type-change", trees.blob_id(b"one\n")))
        said = bob.ctl("conflicts", bob.path(name), expect=(10,)).stdout
        self.assertNotIn("+one", said)
        bob.ctl("resolve", bob.path(name), "--base", expect=(0,))
        self.wait_in_sync(ada, bob)
        self.assertEqual((ada.read(name), os.path.islink(ada.path(name))), (b"one\n", False))
        self.assertEqual(os.listdir(ada.path("notes")), ["todo.md"])
        self.assert_converged(ada, bob)

    def test_of_a_link_that_three_changed_ours_is_the_one_in_the_folder(self):
        """The earlier conflict's side under the file's name is none of this device's any more."""
        devices = [self.device(name) for name in ("ada", "bob", "cyd")]
        cyd = devices[2]
        for name, what in (("one", ["--all"]), ("two", [cyd.path("two")])):
            os.symlink("base", devices[0].path(name))
            self.wait_in_sync(*devices)
            for device in devices:
                device.stop()
                os.unlink(device.path(name))
                os.symlink(device.name, device.path(name))
            for device in devices:
                device.start()
            self.wait_in_sync(*devices)
            self.assertEqual(len(self.listed(cyd)), 2)
            self.assertEqual(os.readlink(cyd.path(name)), "cyd")
            while self.listed(cyd):
                cyd.ctl("resolve", *what, "--ours", expect=(0, 10))
                self.assertEqual(os.readlink(cyd.path(name)), "cyd", what)
            self.wait_in_sync(*devices)
            self.assert_converged(*devices)

    def test_what_takes_no_path_along_is_no_nothing(self):
        name = "pictures/s.png"
        ada, _ = self.apart(
            {".gitattributes": "pictures/* sync=document\n", name: b"\0base"},
            {name: b"\0ada"},
            {name: b"\0bob"},
        )
        (found,) = self.listed(ada)
        done = ada.ctl("conflicts", ada.path(name), "--json", expect=(10,))
        self.assertEqual(json.loads(done.stdout), [found])
        ada.ctl("resolve", ada.path(name), "--both", expect=(0,))
        for count in (1, 0):
            said = ada.ctl("undo")
            self.assertIn("took back", said.stdout + said.stderr)
            self.assertNotIn("already", said.stdout + said.stderr)
            self.assertEqual(len(self.listed(ada)), count)

    def test_the_copy_of_a_long_name_has_a_name_of_whole_characters(self):
        name = f"{'ü' * 120}.bin"
        ada, bob = self.apart(
            {".gitattributes": "*.bin sync=document\n", name: b"\0base"},
            {name: b"\0ada"},
            {name: b"\0bob"},
        )
        (copy,) = [path for path in ada.tree() if b".conflict-" in path]
        self.assertRegex(copy.decode(), r"\Aü+\.conflict-[0-9a-f]{8}\.bin\Z")
        self.assertGreater(len(copy), 250)
        self.assertIn(copy, bob.tree())

    def test_two_new_files_were_made_from_nothing(self):
        ada, _ = self.apart({}, {"n.md": "ada\n"}, {"n.md": "bob\n"})
        (found,) = self.listed(ada)
        self.assertEqual((found["kind"], found["base"]), ("add-add", None))


if __name__ == "__main__":
    unittest.main()
