"""The sides of an open conflict are told as they stand, and a call that settles names them."""

import json
import os
import unittest

import trees
from api import APITest, ask
from device import binaries

BASE = "first\nline\nlast\n"


class Sides(APITest):
    """Ada's daemon runs; bob makes a cycle at a time."""

    def disputed(self):
        """A line of a.md that both changed."""
        ada, bob = self.listening(start=False), self.device("bob", start=False)
        ada.write("a.md", BASE)
        for device in (ada, bob):
            self.cycle(device)
        ada.write("a.md", BASE.replace("line", "ADA"))
        bob.write("a.md", BASE.replace("line", "BOB"))
        for device in (ada, bob, ada):
            self.cycle(device)
        return ada, bob

    def cycle(self, device):
        """One cycle of a device whose daemon is down."""
        done = device.once()
        self.assertIn(done.returncode, (0, 10), done.stderr)

    @staticmethod
    def sides(conflict):
        """What a settling call names."""
        return [conflict["ours"], conflict["theirs"]]

    def listed(self, device):
        """`conflicts --json`."""
        return json.loads(device.ctl("conflicts", "--json", expect=(0, 10)).stdout)

    def test_an_editor_resolves_only_what_it_was_opened_on(self):
        ada, bob = self.disputed()
        bob.write("a.md", bob.read("a.md").replace(b"last", b"LAST"))
        self.cycle(bob)
        editor = f"{self.top}/editor"
        take_out = "sed -i '/^|/,/^=/d;/^[<>]/d'"
        with open(editor, "w", encoding="utf-8") as file:
            file.write(f"""#!/bin/sh
                {binaries()}/syncd run --once --config {ada.config} > {self.top}/log 2>&1
                {take_out} "$1" """)
        os.chmod(editor, 0o755)
        ada.environment["EDITOR"] = editor
        done = ada.ctl("resolve", ada.path("a.md"), "--edit", expect=(1,))
        self.assertIn("a.md was changed meanwhile", done.stderr)
        place = done.stderr.strip().splitlines()[-1].split(" stays in ")[1]
        with open(place, encoding="utf-8") as file:
            self.assertEqual(file.read(), "first\nADA\nBOB\nlast\n")
        self.assertIn(b"LAST\n", ada.read("a.md"))
        self.assertEqual(len(self.listed(ada)), 1)
        # What is in no commit is captured before the editor is opened.
        ada.write("a.md", ada.read("a.md").replace(b"first", b"FIRST"))
        ada.environment["EDITOR"] = take_out
        ada.ctl("resolve", ada.path("a.md"), "--edit", expect=(0,))
        self.assertEqual(ada.read("a.md"), b"FIRST\nADA\nBOB\nLAST\n")

    def test_an_edit_between_the_markers_is_shown_as_it_will_be_taken(self):
        ada, bob = self.disputed()
        (before,) = self.listed(ada)
        bob.write("a.md", bob.read("a.md").replace(b"BOB\n", b"BOB\nBOB more\n"))
        self.cycle(bob)
        self.cycle(ada)
        (now,) = self.listed(ada)
        self.assertEqual(now["id"], before["id"])
        self.assertEqual(now["base"], before["base"])
        shown = ada.ctl("conflicts", "shared/files/a.md", expect=(10,)).stdout
        self.assertIn("+BOB more\n", shown)
        self.assertIn(now["theirs"][:8], shown)
        taken = b"first\nBOB\nBOB more\nlast\n"
        self.assertEqual(now["theirs"], trees.blob_id(taken))
        ada.start()
        self.wait_for_listener(ada)
        with open(f"{ada.state}/state.json", encoding="utf-8") as file:
            self.assertEqual(json.load(file)["pending_conflicts"], [now])
        token = self.token(ada, "write")
        route = f"/api/sync/conflicts/{now['id']}"
        self.assertEqual(ask(ada.port, "GET", route, token=token).json, now)
        for sides, status in ((self.sides(before), 409), (self.sides(now), 200)):
            answer = ask(
                ada.port, "POST", f"{route}/resolve", {"choice": "theirs", "sides": sides},
                token=token)  # fmt: skip
            self.assertEqual(answer.status, status, answer)
        self.assertEqual(ada.read("a.md"), taken)

    def test_what_was_not_edited_has_the_sides_that_the_history_has(self):
        ada, bob = self.disputed()
        for device in (ada, bob):
            (found,) = self.listed(device)
            own, other = ("ADA", "BOB") if device is ada else ("BOB", "ADA")
            self.assertEqual(
                (found["base"], found["ours"], found["theirs"]),
                tuple(trees.blob_id(BASE.replace("line", word).encode())
                      for word in ("line", own, other)))  # fmt: skip

    def three(self):
        """Three devices."""
        devices = [self.device(name, start=False) for name in ("ada", "bob", "cleo")]
        devices[0].write("x.md", "x\n")
        self.meet(devices)
        return devices

    def meet(self, devices):
        """Each sees what the others did."""
        for _ in range(3):
            for device in devices:
                self.cycle(device)
        self.assert_converged(*devices)

    def differ(self, devices, name, contents, base=None):
        """Each makes something else of a file, or (None) deletes it."""
        if base is not None:
            devices[0].write(name, base)
            self.meet(devices)
        for device, content in zip(devices, contents):
            if content is None:
                os.unlink(device.path(name))
                self.cycle(device)
            else:
                device.write(name, content)
        self.meet(devices)

    def test_ours_is_what_stands_where_a_merged_edit_has_another_name(self):
        devices = self.three()
        for name in ("m.jsonl", "m.md"):
            edits = [f'{{"id": "{count}", "memory": "{count}"}}\n' for count in range(3)]
            if name == "m.md":
                edits = [f"line {count}\n\n" for count in range(3)]
            with self.subTest(name):
                base = "".join(edits)
                self.differ(
                    devices, name, [None, base.replace("0", "00"), base.replace("2", "22")], base)
                edited = base.replace("0", "00").replace("2", "22").encode()
                for device in devices[1:]:
                    self.assertEqual(device.read(name), edited)
                    (found,) = self.listed(device)
                    self.assertEqual((found["ours"] is None, found["theirs"]), (False, None))
                    device.ctl("resolve", device.path(name), "--ours", "--dry-run", expect=(0,))
                (found,) = self.listed(devices[0])
                self.assertEqual((found["ours"], found["theirs"] is None), (None, False))
                devices[2].ctl("resolve", devices[2].path(name), "--ours", expect=(0,))
                self.meet(devices)
                self.assertEqual(devices[0].read(name), edited)

    def test_all_go_to_the_remote_at_once(self):
        devices = self.three()
        for number in range(3):
            self.differ(devices, f"{number}.md", [f"{device.name}\n" for device in devices])
        before = len(os.listdir(f"{self.remote}/objects/pack"))
        devices[0].write("unseen.md", "captured with what is pushed\n")
        devices[0].ctl("resolve", "--all", "--both", expect=(0,))
        # Each push is a pack, with its index.
        self.assertEqual(len(os.listdir(f"{self.remote}/objects/pack")), before + 2)
        self.meet(devices)
        for number in range(3):
            self.assertEqual(
                sorted(devices[2].read(f"{number}.md").split()), [b"ada", b"bob", b"cleo"])
        self.assertIsNotNone(devices[2].read("unseen.md"))

    def test_of_several_pictures_of_one_name_ours_is_our_own(self):
        devices = self.three()
        for index in range(3):
            with self.subTest(index):
                name = f"{index}.png"
                pictures = [b"\0picture of " + name for name in (b"ada", b"bob", b"cleo")]
                self.differ(devices, name, pictures)
                own = devices[index]
                self.assertEqual(len(self.listed(own)), 2)
                own.ctl("resolve", "--all", "--ours", expect=(0,))
                self.meet(devices)
                self.assertEqual(devices[0].read(name), pictures[index])

    def test_an_edit_elsewhere_is_no_side(self):
        base = "".join(f"k{number}: base\n" for number in range(20))
        choices = {"both": ["ada", "bob"], "theirs": ["ada"], "ours": ["bob"]}
        names = [f"{choice}.{kind}" for choice in choices for kind in ("md", "yaml")]
        ada, bob, carl = (self.device(name, start=False) for name in ("ada", "bob", "carl"))
        for name in names:
            ada.write(name, base)
        for device in (ada, bob, carl):
            self.cycle(device)
        for device, line in ((ada, 4), (bob, 4), (carl, 15)):
            for name in names:
                device.write(name, base.replace(f"k{line}: base", f"k{line}: {device.name}"))
        for device in (ada, bob, carl, ada, bob):
            self.cycle(device)
        self.assertEqual(ada.tree(), bob.tree())
        devices = {(one["ours_device"], one["theirs_device"]) for one in self.listed(bob)}
        self.assertEqual(devices, {("bob", "ada")})
        for name in names:
            with self.subTest(name):
                shown = bob.read(name).count(b"\nk4: base\n")
                self.assertEqual(shown, 1 if name.endswith(".md") else 0)
                told = bob.ctl("conflicts", f"shared/files/{name}", expect=(10,)).stdout
                self.assertNotIn("carl", told)
                choice = name.split(".", maxsplit=1)[0]
                bob.ctl("resolve", f"shared/files/{name}", f"--{choice}", expect=(0, 10))
                lines = bob.read(name).decode().splitlines()
                said = sorted(line[4:] for line in lines if line.startswith("k4: "))
                self.assertEqual(said, choices[choice])
                self.assertIn("k15: carl", lines)

    def test_an_edited_copy_is_shown_as_it_will_be_taken(self):
        name, base = "s.png", b"\x89PNG\0base"
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        ada.write(".gitattributes", "*.png sync=document\n")
        ada.write(name, base)
        for device in (ada, bob):
            self.cycle(device)
        ada.write(name, b"\x89PNG\0ada")
        bob.write(name, b"\x89PNG\0bob")
        for device in (ada, bob, ada):
            self.cycle(device)
        (before,) = self.listed(ada)
        (copy,) = [path for path in ada.tree() if b"conflict" in path]
        edited = b"\x89PNG\0edited"
        with open(ada.path(copy), "wb") as file:
            file.write(edited)
        self.cycle(ada)
        (now,) = self.listed(ada)
        self.assertIn(trees.blob_id(edited), self.sides(now))
        self.assertEqual(len(set(self.sides(now)) & set(self.sides(before))), 1)

    def test_a_call_that_settles_names_the_sides(self):
        ada, _ = self.disputed()
        ada.start()
        self.wait_for_listener(ada)
        (found,) = self.listed(ada)
        token = self.token(ada, "write")
        route = f"/api/sync/conflicts/{found['id']}/resolve"
        answer = ask(ada.port, "POST", route, {"choice": "ours"}, token=token)
        self.assertEqual(answer.status, 400, answer)
        self.assertIn("sides", answer.json["detail"])
        self.assertEqual(self.listed(ada), [found])

    def test_the_sides_of_another_device_choose_nothing_here(self):
        ada, bob = self.disputed()
        ada.start()
        self.wait_for_listener(ada)
        (found,), (others,) = self.listed(ada), self.listed(bob)
        self.assertEqual(self.sides(others), self.sides(found)[::-1])
        token = self.token(ada, "write")
        route = f"/api/sync/conflicts/{found['id']}/resolve"
        for choice in ("ours", "theirs"):
            answer = ask(
                ada.port, "POST", route, {"choice": choice, "sides": self.sides(others)},
                token=token)  # fmt: skip
            self.assertEqual(answer.status, 409, answer)
            self.assertIn(found["ours"][:8], answer.json["detail"])
        self.assertEqual(self.listed(ada), [found])
        # What takes both chooses between none.
        answer = ask(
            ada.port, "POST", route, {"choice": "both", "sides": self.sides(others)}, token=token)
        self.assertEqual(answer.status, 200, answer)

    def test_content_that_has_the_markers_still_settles_nothing(self):
        ada, _ = self.disputed()
        marked = ada.read("a.md")
        own = f"{self.top}/own"
        with open(own, "wb") as file:
            file.write(b"more\n" + marked)
        ada.environment["VISUAL"] = f"cp {own}"
        for way in (("--file", own), ("--edit",)):
            said = ada.ctl("resolve", "shared/files/a.md", *way, expect=(1,)).stderr
            self.assertIn("take them out", said)
            self.assertEqual((ada.read("a.md"), len(self.listed(ada))), (marked, 1))


if __name__ == "__main__":
    unittest.main()
