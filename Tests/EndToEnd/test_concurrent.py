"""Changes that meet: at once, after a while apart, on three devices."""

import os
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest, number


class Concurrent(VaultTest):
    """However changes meet, every device ends with the same bytes and history keeps the rest."""

    def test_both_edit_different_files_at_once(self):
        ada, bob = self.pair()
        for count in range(10):
            ada.write(f"ada/{count}.txt", f"{count}\n")
            bob.write(f"bob/{count}.txt", f"{count}\n")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        self.assertEqual(len(ada.tree()), 21)

    def test_both_edit_the_same_file_at_once(self):
        ada, bob = self.pair()
        tokens = []
        for count in range(10):
            pair = [f"tok-a-{count}-end".encode(), f"tok-b-{count}-end".encode()]
            ada.write("hello.txt", pair[0] + b"\n")
            bob.write("hello.txt", pair[1] + b"\n")
            self.wait_in_sync(ada, bob)
            tokens += pair
        self.assert_converged(ada, bob)
        self.assert_kept(tokens, ada, bob)

    def test_both_add_the_same_name_at_once(self):
        ada, bob = self.pair()
        ada.write("new.bin", b"\0tok-a-1-end")
        bob.write("new.bin", b"\0tok-b-1-end")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        self.assert_kept([b"tok-a-1-end", b"tok-b-1-end"], ada, bob)

    def test_the_same_edit_on_both_is_no_conflict(self):
        ada, bob = self.pair()
        ada.write("hello.txt", "the same\n")
        bob.write("hello.txt", "the same\n")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        self.assertEqual(sorted(ada.tree()), [b"hello.txt"])

    def test_an_edit_beats_a_deletion(self):
        ada, bob = self.apart()
        os.unlink(ada.path("hello.txt"))
        bob.write("hello.txt", "still needed\n")
        self.together(ada, bob)
        self.assertEqual(ada.read("hello.txt"), b"still needed\n")

    def test_an_edit_lands_at_the_new_name(self):
        ada, bob = self.apart()
        os.rename(ada.path("hello.txt"), ada.path("renamed.txt"))
        bob.write("hello.txt", "hello, edited\n")
        self.together(ada, bob)
        self.assertEqual(ada.tree().keys(), {b"renamed.txt"})
        self.assertEqual(ada.read("renamed.txt"), b"hello, edited\n")

    def test_a_directory_keeps_its_name_against_a_file(self):
        ada, bob = self.apart()
        ada.write("thing", "tok-file-1-end\n")
        bob.write("thing/inside.txt", "inside\n")
        self.together(ada, bob)
        self.assertEqual(ada.read("thing/inside.txt"), b"inside\n")
        copies = [path for path in ada.tree() if path.startswith(b"thing.conflict-")]
        self.assertEqual(len(copies), 1)
        self.assertEqual(ada.read(copies[0]), b"tok-file-1-end\n")

    def test_mode_and_content_merge_by_themselves(self):
        ada, bob = self.apart()
        os.chmod(ada.path("hello.txt"), 0o755)
        bob.write("hello.txt", "more\n")
        self.together(ada, bob)
        self.assertEqual(ada.tree()[b"hello.txt"], ("100755", trees.blob_id(b"more\n")))

    def test_both_work_offline_for_a_while(self):
        ada, bob = self.apart()
        for device in (ada, bob):
            for count in range(30):
                device.write(f"{device.name}/{count}.txt", f"{device.name} {count}\n")
                device.write(f"both/{count}.txt", f"tok-{device.name}-{count}-end\n")
        tokens = [f"tok-{who}-{n}-end".encode() for who in ("ada", "bob") for n in range(30)]
        self.together(ada, bob)
        self.assert_kept(tokens, ada, bob)
        self.assertGreaterEqual(len(ada.tree()), 91)

    def test_the_remote_is_away_for_a_while(self):
        ada, bob = self.pair()
        os.rename(self.remote, f"{self.remote}.away")
        for count in range(5):
            ada.write(f"ada/{count}.txt", f"{count}\n")
            bob.write(f"bob/{count}.txt", f"{count}\n")
            ada.write("hello.txt", f"tok-ada-{count}-end\n")
            bob.write("hello.txt", f"tok-bob-{count}-end\n")
        wait_until(lambda: ada.status()["state"] == "offline", lambda: str(ada.status()))
        os.rename(f"{self.remote}.away", self.remote)
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        self.assert_kept([b"tok-ada-4-end", b"tok-bob-4-end"], ada, bob)

    def test_three_devices(self):
        ada, bob = self.pair()
        eve = self.device("eve", like=ada)
        devices = [ada, bob, eve]
        tokens = []
        for count in range(number("SYNC_ROUNDS", 20)):
            for device in devices:
                name = f"common/{self.random.randrange(4)}.txt"
                token = f"tok-{device.name}-{count}-end"
                # What is there is kept, so that only a merge can lose a word.
                device.write(name, (device.read(name) or b"") + f"{token}\n".encode())
                device.write(f"{device.name}/{count}.txt", f"{count}\n")
                tokens.append(token.encode())
            if count % 5 == 4:
                self.wait_in_sync(*devices)
        self.wait_in_sync(*devices)
        self.assert_converged(*devices)
        self.assert_kept(tokens, *devices)

    def test_a_device_that_comes_later_gets_everything(self):
        ada, bob = self.pair()
        for count in range(100):
            ada.write(f"many/{count}.txt", f"{count}\n")
        self.wait_in_sync(ada, bob)
        eve = self.device("eve", start=False)
        eve.write("mine.txt", "was here before\n")
        eve.start()
        self.wait_in_sync(ada, bob, eve)
        self.assert_converged(ada, bob, eve)
        self.assertEqual(ada.read("mine.txt"), b"was here before\n")

    def test_a_commit_of_plain_git_arrives(self):
        ada, bob = self.pair()
        work = f"{self.top}/work"
        trees.git(self.top, "clone", "-q", "-b", "sync", self.remote, work)
        with open(f"{work}/{PREFIX}/from-git.txt", "wb") as file:
            file.write(b"by hand\n")
        trees.git(work, "add", "-A")
        who = ["-c", "user.name=person", "-c", "user.email=person@example.org"]
        trees.git(work, *who, "commit", "-q", "-m", "By hand")
        trees.git(work, "push", "-q", "origin", "sync")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("from-git.txt"), b"by hand\n")

    def apart(self):
        """Two devices that were in sync, daemons stopped."""
        ada, bob = self.pair()
        for device in (ada, bob):
            device.stop()
        return ada, bob

    def together(self, ada, bob):
        """Starts both at once and waits for them."""
        for device in (ada, bob):
            device.spawn()
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)


if __name__ == "__main__":
    unittest.main()
