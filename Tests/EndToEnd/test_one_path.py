"""What is wrong with one path holds that path back, named with a reason, and nothing else."""

import json
import mmap
import os
import shutil
import subprocess
import time

import trees
from device import PREFIX, wait_until
from harness import VaultTest


class OnePath(VaultTest):
    """Two devices and somebody with git."""

    sync = {"poll": '"1s"'}

    def reasons(self, device, *arguments):
        """What is held back, by path below the folder's prefix."""
        held = json.loads(device.ctl("held", "--json", *arguments).stdout)
        return {entry["path"].removeprefix(f"{PREFIX}/"): entry["reason"] for entry in held}

    def wait_held(self, device, expected):
        """Waits until just these paths are held back."""
        wait_until(
            lambda: self.reasons(device) == expected,
            lambda: f"{self.reasons(device)}\n{device.status()}\n{device.output()}",
            20,
        )

    def wait_file(self, device, name, content):
        """Waits until a file has that content."""
        wait_until(
            lambda: device.read(name) == content,
            lambda: f"{name}: {device.read(name)}\n{device.status()}\n{device.output()}",
            20,
        )

    def object(self, kind, content):
        """An object of the remote, however malformed."""
        words = ("hash-object", "-w", "--literally", "-t", kind, "--stdin")
        return trees.git(self.remote, *words, stdin=content).decode().strip()

    def tree(self, *entries):
        """A tree of (mode, name, object), sorted by the caller."""
        parts = [mode + b" " + name + b"\0" + bytes.fromhex(id) for mode, name, id in entries]
        return self.object("tree", b"".join(parts))

    def push(self, *entries):
        """Puts these entries beside `hello.txt` on the branch."""
        hello = (b"100644", b"hello.txt", self.object("blob", b"hello\n"))
        tree = self.tree(*sorted([hello, *entries], key=lambda entry: entry[1]))
        for name in reversed(PREFIX.split("/")):
            tree = self.tree((b"40000", name.encode(), tree))
        head = trees.head(self.remote)
        who = "e <e@x> 1790000000 +0000"
        commit = self.object(
            "commit", f"tree {tree}\nparent {head}\nauthor {who}\ncommitter {who}\n\nx\n".encode()
        )
        trees.git(self.remote, "update-ref", "refs/heads/sync", commit)
        return commit

    def test_what_may_not_be_written_waits_alone(self):
        ada, bob = self.pair()
        bob.write("d/old.txt", "old\n")
        bob.write("d/gone.txt", "gone\n")
        self.wait_in_sync(ada, bob)
        if subprocess.run(["chattr", "+i", ada.path("d")], check=False).returncode:
            self.skipTest("chattr +i is not allowed here")
        self.addCleanup(
            subprocess.run, ["chattr", "-i", ada.path("d")], check=False, stderr=subprocess.DEVNULL
        )
        bob.write("d/old.txt", "new\n")
        bob.write("d/new.txt", "new\n")
        os.unlink(bob.path("d/gone.txt"))
        bob.write("d/e/deep.txt", "new\n")
        bob.write("other.txt", "other\n")
        self.wait_file(ada, "other.txt", b"other\n")
        self.wait_held(ada, dict.fromkeys(
            ("d/old.txt", "d/new.txt", "d/gone.txt", "d/e/deep.txt"), "read-only"))  # fmt: skip
        ada.write("mine.txt", "mine\n")
        self.wait_file(bob, "mine.txt", b"mine\n")
        self.assertEqual(ada.status()["state"], "pending")
        subprocess.run(["chattr", "-i", ada.path("d")], check=True)
        self.wait_in_sync(ada, bob)
        self.assertEqual(self.reasons(ada), {})

    def test_what_nobody_may_read_or_write_waits_alone(self):
        if os.geteuid() == 0:
            self.skipTest("root reads and writes everything: setpriv --reuid 1000 runs it")
        ada, bob = self.pair()
        for name in ("shut/file.txt", "fixed/file.txt", "closed.txt"):
            ada.write(name, "old\n")
        self.wait_in_sync(ada, bob)
        self.addCleanup(os.chmod, ada.path("shut"), 0o755)
        self.addCleanup(os.chmod, ada.path("fixed"), 0o755)
        os.chmod(ada.path("shut"), 0)
        os.chmod(ada.path("fixed"), 0o555)
        os.chmod(ada.path("closed.txt"), 0)
        for name in ("shut/file.txt", "fixed/new.txt", "fixed/file.txt", "other.txt"):
            bob.write(name, "new\n")
        ada.write("mine.txt", "mine\n")
        self.wait_file(ada, "other.txt", b"new\n")
        self.wait_file(bob, "mine.txt", b"mine\n")
        ada.ctl("sync", expect=None)
        held = self.reasons(ada)
        self.assertEqual(held.get("fixed/new.txt"), "read-only", held)
        self.assertEqual(held.get("fixed/file.txt"), "read-only", held)
        self.assertEqual(held.get("shut"), "unreadable", held)
        self.assertEqual(held.get("closed.txt"), "unreadable", held)
        self.assertIn(b"closed.txt", bob.tree())
        os.chmod(ada.path("shut"), 0o755)
        os.chmod(ada.path("fixed"), 0o755)
        os.chmod(ada.path("closed.txt"), 0o644)
        self.wait_in_sync(ada, bob)
        self.wait_held(ada, {})
        self.assertEqual(ada.read("shut/file.txt"), b"new\n")

    def test_what_is_mounted_in_a_folder_is_left_alone(self):
        ada, bob = self.pair()
        ada.write("m/file.txt", "old\n")
        self.wait_in_sync(ada, bob)
        self.tmpfs(ada.path("m"), "1m")
        ada.write("m/theirs.txt", "of another file system\n")
        bob.write("m/file.txt", "new\n")
        bob.write("other.txt", "other\n")
        self.wait_file(ada, "other.txt", b"other\n")
        ada.write("mine.txt", "mine\n")
        self.wait_file(bob, "mine.txt", b"mine\n")
        self.assertEqual(set(self.reasons(ada).values()), {"mount"})
        self.assertIsNone(bob.read("m/theirs.txt"))
        subprocess.run(["umount", ada.path("m")], check=True)
        self.mounts.clear()
        self.wait_in_sync(ada, bob)
        self.wait_held(ada, {})
        self.assertEqual(ada.read("m/file.txt"), b"new\n")

    def test_what_no_file_can_be_is_named_until_it_goes(self):
        ada = self.device("ada")
        ada.write("hello.txt", "hello\n")
        wait_until(lambda: trees.head(self.remote), "nothing was pushed")
        empty, blob = self.object("blob", b""), self.object("blob", b"x")
        far = self.object("blob", b"x" * 5000)
        long = b"n" * 256
        self.push(
            (b"100644", long, blob), (b"120000", b"far", far), (b"120000", b"nothing", empty),
            (b"10644", b"pipe", blob), (b"160000", b"sub", trees.head(self.remote)),
            (b"40000", b".syncd-staging", self.tree((b"100644", b"s-1", blob))),
            (b"40000", b"e" * 300, self.tree((b"100644", b"1", blob), (b"100644", b"2", blob))),
            (b"100644", b"z.txt", self.object("blob", b"z\n")),
        )  # fmt: skip
        self.wait_file(ada, "z.txt", b"z\n")
        self.wait_held(ada, {
            "n" * 256: "name", "far": "link", "nothing": "link", "pipe": "submodule",
            "sub": "submodule", ".syncd-staging": "name", "e" * 300: "name",
        })  # fmt: skip
        ada.write("mine.txt", "mine\n")
        wait_until(
            lambda: b"mine.txt" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX),
            lambda: ada.output(),
        )
        # An edit beside them keeps them in the tree; a commit without them ends it.
        names = trees.git(self.remote, "ls-tree", "--name-only", f"sync:{PREFIX}").split()
        self.assertIn(long, names)
        self.assertIn(b"pipe", names)
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: str(ada.status()))
        rest = self.tree((b"100644", b"2", blob))
        self.push((b"40000", b"e" * 300, rest), (b"100644", b"nothing", blob))
        self.wait_file(ada, "nothing", b"x")
        self.wait_held(ada, {"e" * 300: "name"})
        self.push((b"100644", b"nothing", blob))
        self.wait_held(ada, {})
        # And all goes on.
        ada.write("after.txt", "after\n")
        wait_until(
            lambda: b"after.txt" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
            and ada.status()["state"] == "in-sync",
            lambda: f"{ada.status()}\n{ada.output()}",
            20,
        )

    def test_a_file_past_every_bound_is_held_alone(self):
        for packed in (False, True):
            with self.subTest(packed=packed):
                self.hold_large(packed)

    def hold_large(self, packed):
        name = f"ada{packed}"
        ada = self.device(name)
        ada.write("hello.txt", "hello\n")
        self.wait_in_sync(ada)
        if packed:
            ada.stop()
        large = self.object("blob", bytes(130 << 20) + name.encode())
        note = (b"100644", b"note.md", self.object("blob", b"note\n"))
        self.push((b"100644", b"video.bin", large), note)
        if packed:
            trees.git(self.remote, "-c", "core.bigFileThreshold=1g", "repack", "-adq")
            ada.start()
        self.wait_file(ada, "note.md", b"note\n")
        self.wait_held(ada, {"video.bin": "too-large"})
        self.assertNotEqual(ada.status()["state"], "in-sync")
        ada.write("mine.txt", f"of {name}\n")
        wait_until(
            lambda: b"mine.txt" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX),
            lambda: ada.output(),
            20,
        )
        names = trees.git(self.remote, "ls-tree", "--name-only", f"sync:{PREFIX}").split()
        self.assertIn(b"video.bin", names)
        ada.stop()
        self.assert_whole_beside(ada, large)
        # A device that comes while it is there has all the rest.
        late = self.device(f"late{packed}", start=False)
        late.write("own.md", "own\n")
        self.assertEqual(late.once().returncode, 1)
        self.assertEqual(self.reasons(late), {"video.bin": "too-large"})
        self.assertEqual(late.read("note.md"), b"note\n")
        self.assert_whole_beside(late, large)
        ada.start()
        self.wait_held(ada, {"video.bin": "too-large"})
        self.push(note)
        self.wait_held(ada, {})
        self.wait_in_sync(ada)
        self.assertIsNone(ada.read("video.bin"))
        ada.stop()
        self.assert_whole_beside(ada, large)
        # A device that comes now finds it in the past alone.
        new = self.device(f"new{packed}", start=False)
        self.assertEqual(new.once().returncode, 0)
        self.assert_whole_beside(new, large)

    def assert_whole_beside(self, device, large):
        """Nothing is called damaged, the history is told, and a backup has the large file, too."""
        for command in ("verify", "doctor"):
            found = json.loads(device.ctl(command, "--json", expect=(0, 1)).stdout)
            self.assertEqual([one for one in found if one["state"] == "fail"], [], command)
        changed = json.loads(device.ctl("log", "--all", "--json").stdout)
        self.assertIn(f"{PREFIX}/video.bin", {path for one in changed for path in one["paths"]})
        device.ctl("deleted")
        bundle = f"{self.top}/{device.name}.bundle"
        device.ctl("backup", bundle)
        copy = f"{self.top}/{device.name}.copy"
        trees.git(self.top, "clone", "-q", "--bare", "-b", "sync", bundle, copy)
        self.assertEqual(trees.git(copy, "cat-file", "-t", large), b"blob\n")
        shutil.rmtree(copy)
        os.unlink(bundle)

    def test_modes_are_read_as_git_reads_them(self):
        ada = self.device("ada")
        ada.write("hello.txt", "hello\n")
        wait_until(lambda: trees.head(self.remote), "nothing was pushed")
        blob = self.object("blob", b"x\n")
        self.push(
            (b"100600", b"private", blob), (b"100775", b"tool", blob), (b"0100664", b"zero", blob),
            (b"040000", b"d", self.tree((b"100640", b"in", blob))),
        )  # fmt: skip
        self.wait_file(ada, "d/in", b"x\n")
        for name, executable in (("private", 0), ("tool", 0o100), ("zero", 0), ("d/in", 0)):
            self.assertEqual(os.stat(ada.path(name)).st_mode & 0o100, executable, name)
        ada.write("zero", "edited\n")
        ada.write("d/more", "more\n")
        wait_until(
            lambda: b"d/more" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX),
            lambda: ada.output(),
        )
        raw = trees.git(self.remote, "cat-file", "tree", f"sync:{PREFIX}")
        for text in (b"100644 private\0", b"100755 tool\0", b"40000 d\0", b"100644 zero\0"):
            self.assertIn(text, raw)
        self.assertNotIn(b"040000 ", raw)

    def test_what_servers_refuse_is_held_until_it_has_another_name(self):
        ada = self.device("ada", start=False)
        for name in (".GIT/config", "q/git~1", "r/.git /x", "s/.gitmodules/x", "t/a\\.git"):
            ada.write(name, "x\n")
        os.symlink("elsewhere", ada.path("gi7eba~1"))
        ada.write("long/.gitattributes", "*.md text\n" + "x" * 3000 + "\n")
        ada.write("update/.gitmodules", '[submodule "a"]\n\tupdate = !touch x\n')
        ada.write("fine/.gitmodules", '[submodule "a"]\n\tpath = a\n\turl = ../a\n')
        ada.write("hello.txt", "hello\n")
        ada.start()
        expected = dict.fromkeys(
            (".GIT", "q/git~1", "r/.git ", "s/.gitmodules", "t/a\\.git", "gi7eba~1",
             "long/.gitattributes", "update/.gitmodules"), "refused")  # fmt: skip
        self.wait_held(ada, expected)
        # Changed, and made while the daemon runs.
        ada.write(".GIT/hooks/new", "x\n")
        ada.write("later/.git./x", "x\n")
        ada.write("after.txt", "after\n")
        self.wait_held(ada, expected | {"later/.git.": "refused"})
        # Another name, a better content, or nothing at all.
        os.rename(ada.path(".GIT"), ada.path("GIT"))
        ada.write("long/.gitattributes", "*.md text\n")
        shutil.rmtree(ada.path("s"))
        shutil.rmtree(ada.path("later"))
        os.unlink(ada.path("q/git~1"))
        self.wait_held(ada, dict.fromkeys(
            ("r/.git ", "t/a\\.git", "gi7eba~1", "update/.gitmodules"), "refused"))  # fmt: skip
        wait_until(
            lambda: b"GIT/hooks/new" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX),
            lambda: ada.output(),
        )
        strict = f"{self.top}/strict.git"
        subprocess.run(["git", "init", "-q", "--bare", strict], check=True)
        trees.git(strict, "config", "receive.fsckObjects", "true")
        trees.git(self.remote, "push", "-q", strict, "sync")
        doctor = json.loads(ada.ctl("doctor", "--json", expect=None).stdout)
        names = [finding for finding in doctor if finding["check"] == "names"]
        self.assertEqual([finding["state"] for finding in names], ["ok"])

    def test_doctor_names_what_an_old_history_has(self):
        ada = self.device("ada")
        ada.write("hello.txt", "hello\n")
        wait_until(lambda: trees.head(self.remote), "nothing was pushed")
        blob = self.object("blob", b"x\n")
        self.push((b"40000", b"p", self.tree((b"100644", b".GIT", blob))))
        self.push((b"100644", b"b.txt", blob))
        self.wait_file(ada, "b.txt", b"x\n")
        doctor = json.loads(ada.ctl("doctor", "--json", expect=None).stdout)
        names = [finding for finding in doctor if finding["check"] == "names"]
        self.assertEqual([finding["state"] for finding in names], ["warn"])
        self.assertIn("p/.GIT", names[0]["message"])
        self.assertEqual({finding["mend"] is None for finding in doctor
                          if finding["state"] == "ok"}, {True})  # fmt: skip

    def test_what_was_written_through_a_mapping_is_seen_when_it_ends(self):
        """The last writes change no time of the file, and the file was read while it was open."""
        ada, bob = self.pair()
        ada.set("sync", "max_wait", '"1s"')
        ada.ctl("reload")
        file = os.open(ada.path("m.bin"), os.O_RDWR | os.O_CREAT)
        os.write(file, b"\0" * 65536)
        with mmap.mmap(file, 65536) as place:
            os.close(file)
            place[:6] = b"first."

            def is_there():
                place[100:108] = b"%08d" % (time.monotonic_ns() // 10**8 % 10**8)
                return (bob.read("m.bin") or b"")[:6] == b"first."

            wait_until(is_there, lambda: ada.output())
            place[:6] = b"SECOND"
        wait_until(lambda: bob.read("m.bin")[:6] == b"SECOND", lambda: self.picture(ada, bob))

    def test_what_a_built_in_pattern_leaves_out_is_counted_and_listed(self):
        ada, bob = self.pair()
        for name in ("draft.md~", "d/.x.swp", "4913", "backup~/real.md", "a-wal/b-wal/real.md"):
            ada.write(name, "x\n")
        wait_until(lambda: bob.read("backup~/real.md"), lambda: ada.output())
        wait_until(lambda: bob.read("a-wal/b-wal/real.md"), lambda: ada.output())
        wait_until(lambda: ada.status()["ignored"] == 3, lambda: str(ada.status()))
        expected = dict.fromkeys(("draft.md~", "d/.x.swp", "4913"), "ignored")
        self.assertEqual(self.reasons(ada, "--ignored"), expected)
        self.assertEqual(self.reasons(ada), {})
        self.assertEqual(ada.status()["quarantined"], 0)
        os.unlink(ada.path("4913"))
        ada.write(".gitignore", "!*~\n")
        self.wait_file(bob, "draft.md~", b"x\n")
        wait_until(lambda: ada.status()["ignored"] == 1, lambda: str(ada.status()))
        ada.stop()
        self.assertEqual(self.reasons(ada, "--ignored"), {"d/.x.swp": "ignored"})
        self.assertEqual(ada.status()["ignored"], 1)


class NoWatch(VaultTest):
    """inotify is used up, and comes back."""

    sync = {"poll": '"1s"'}

    def test_it_scans_and_says_so_and_takes_the_watch_up_again(self):
        for limit in ("max_inotify_instances", "max_inotify_watches"):
            with self.subTest(limit):
                ada = self.device(limit.replace("_", "-"), start=False)
                self.check(ada, limit)
                ada.kill()

    def check(self, ada, limit):
        go = f"{self.top}/go-{limit}"
        place = f"/proc/sys/user/{limit}"
        script = (
            f"echo 0 >{place} && while [ ! -e {go} ]; do sleep 0.1; done && echo 99 >{place} & "
            f"sleep 0.2; exec {ada.home}/syncd run --config {ada.config}"
        )
        os.symlink(shutil.which("syncd", path=os.environ.get("SYNCD_BIN") or self.built()),
                   f"{ada.home}/syncd")  # fmt: skip
        ada.write("first.txt", "first\n")
        with open(ada.log, "ab") as log:
            ada.process = subprocess.Popen(
                ["unshare", "-Ur", "sh", "-c", script], env=ada.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        remote = lambda: trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)  # noqa: E731
        wait_until(lambda: trees.head(self.remote) and b"first.txt" in remote(), ada.output, 20)
        status = wait_until(
            lambda: (lambda s: s if s["watch"]["mode"] == "scan" else None)(ada.status()),
            lambda: f"{ada.status()}\n{ada.output()}",
        )
        self.assertTrue(any("inotify" in words for words in status["notices"]), status)
        ada.write("second.txt", "second\n")
        wait_until(lambda: b"second.txt" in remote(), ada.output, 20)
        with open(go, "w", encoding="utf-8"):
            pass
        status = wait_until(
            lambda: (lambda s: s if s["watch"]["mode"] == "inotify" else None)(ada.status()),
            lambda: f"{ada.status()}\n{ada.output()}",
        )
        self.assertFalse(any("inotify" in words for words in status["notices"]), status)

    @staticmethod
    def built():
        """Where the programs are."""
        import device

        return device.binaries()
