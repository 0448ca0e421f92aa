"""Everything that can be wrong from the start: its message, its exit code, and what it spares."""

import glob
import json
import os
import shlex
import shutil
import subprocess
import unittest

import trees
from device import PREFIX, Device, binaries, wait_until
from harness import VaultTest

FAILED, NOT_RUNNING, USAGE, CONFIGURATION = 1, 3, 64, 78


class BadConfiguration(VaultTest):
    """The daemon does not start on a configuration that it cannot mean."""

    def refuse(self, device, *words, code=CONFIGURATION):
        """`syncd run` and `syncctl status` both end with the code and name the words."""
        for program, arguments in (
            ("syncd", ("run", "--config", device.config)),
            ("syncctl", ("--config", device.config, "status")),
        ):
            done = device.run(program, *arguments, timeout=20)
            self.assertEqual(done.returncode, code, f"{program}: {done.stdout}{done.stderr}")
            for word in words:
                self.assertIn(word, done.stderr, program)

    def rewrite(self, device, change):
        """Changes the text of the configuration."""
        with open(device.config, encoding="utf-8") as file:
            text = file.read()
        with open(device.config, "w", encoding="utf-8") as file:
            file.write(change(text))

    def line_of(self, device, text):
        """The line, counted from 1, at which a text stands in the configuration."""
        with open(device.config, encoding="utf-8") as file:
            return 1 + file.read().split(text)[0].count("\n")

    def test_no_configuration(self):
        ada = self.device("ada", start=False)
        os.unlink(ada.config)
        self.refuse(ada, ada.config, "syncctl init")

    def test_no_toml(self):
        ada = self.device("ada", start=False)
        self.rewrite(ada, lambda text: text + "\nthis is = = not toml\n")
        line = self.line_of(ada, "this is")
        self.refuse(ada, f"config.toml:{line}")

    def test_an_unknown_key_is_named_with_its_line_and_the_nearest(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "quite", '"1s"')
        self.refuse(ada, f"config.toml:{self.line_of(ada, 'quite')}", "quite", "quiet")

    def test_a_wrong_type(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "quiet", "300")
        self.refuse(ada, f"config.toml:{self.line_of(ada, 'quiet = 300')}", "quiet")

    def test_an_impossible_value(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "max_deletes", '"150%"')
        self.refuse(ada, f"config.toml:{self.line_of(ada, '150%')}", "max_deletes")

    def test_a_remote_that_is_not_spoken(self):
        ada, bob = self.device("ada"), self.device("bob", start=False)
        with open(ada.config, encoding="utf-8") as file:
            written = file.read()
        for url, words in (
            ("ftp://example.com/x", "ftp:// is not spoken"),
            ("http://example.com/x", "http:// shows every file"),
            ("ssh://-oProxyCommand=x/x", "names no repository"),
        ):
            with self.subTest(url):
                for device in (ada, bob):
                    self.rewrite(device, lambda text, url=url: text.replace(self.url, url))
                line = self.line_of(ada, url)
                said = (f"config.toml:{line}: repository.remote: ", words)
                self.refuse(bob, *said)
                # What runs goes on with what it has, and nobody is told that it took the new one.
                done = ada.ctl("reload", expect=(CONFIGURATION,))
                for word in said:
                    self.assertIn(word, done.stderr)
                made = f"{self.top}/made.toml"
                done = ada.run(
                    "syncctl", "--config", made, "init", "--remote", url,
                    "--folder", f"{self.top}/new=shared/new")
                self.assertEqual(done.returncode, USAGE, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn("--remote", done.stderr)
                for device in (ada, bob):
                    self.rewrite(device, lambda text, url=url: text.replace(url, self.url))
        with open(ada.config, encoding="utf-8") as file:
            self.assertEqual(file.read(), written)
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)

    def test_a_folder_inside_another(self):
        ada = self.device("ada", start=False)
        os.makedirs(ada.path("inner"))
        inner = f'\n[[folder]]\npath = "{ada.path("inner")}"\nprefix = "shared/inner"\n'
        self.rewrite(ada, lambda text: text + inner)
        self.refuse(ada, ada.path("inner"), ada.folder)

    def test_prefixes_that_clash(self):
        for prefix in (PREFIX, f"{PREFIX}/below", "shared"):
            with self.subTest(prefix=prefix):
                name = f"d{len(self.devices)}"
                device = self.device(name, start=False)
                other = f"{device.home}/other"
                os.makedirs(other)
                text = f'\n[[folder]]\npath = "{other}"\nprefix = "{prefix}"\n'
                self.rewrite(device, lambda old, new=text: old + new)
                self.refuse(device, prefix)

    def test_wrong_usage(self):
        ada = self.device("ada", start=False)
        ada.ctl("no-such-command", expect=(USAGE,))
        ada.ctl("status", "--no-such-option", expect=(USAGE,))
        self.assertEqual(ada.run("syncd", "walk").returncode, USAGE)
        for arguments in (("rollback", "-2h ago"), ("rollback", "-2h ago", "--dry-run")):
            done = ada.ctl(*arguments, expect=(USAGE,))
            self.assertIn("-2h ago", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_standard_output_that_takes_nothing(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n" * 50_000)
        self.assertEqual(ada.once().returncode, 0)
        commands = (["log"], ["status"], ["conflicts", "--json"], ["blame", ada.path("a.md")])
        for place, words in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor")):
            for command in commands:
                with self.subTest(place, command=command):
                    line = shlex.join(
                        [f"{binaries()}/syncctl", "--config", ada.config, *command])
                    done = subprocess.run(
                        ["sh", "-c", f"{line} {place}"], env=ada.environment, check=False,
                        capture_output=True, text=True,
                    )
                    self.assertEqual(done.returncode, FAILED, done.stderr)
                    self.assertIn(words, done.stderr)

    def test_init_refuses_to_overwrite(self):
        ada = self.device("ada", start=False)
        with open(ada.config, "rb") as file:
            before = file.read()
        done = ada.ctl(
            "init", "--folder", f"{ada.folder}=elsewhere", "--device", "other", expect=None
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(ada.config, done.stderr)
        with open(ada.config, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_init_refuses_a_remote_whose_branch_is_checked_out(self):
        """No push would ever succeed there; any other branch of it is as good as a bare one's."""
        work = f"{self.top}/work"
        subprocess.run(["git", "init", "-q", "-b", "sync", work], check=True)
        ada = Device(f"{self.top}/ada", "ada")
        for remote in (work, f"file://{work}", f"{work}/.git"):
            with self.subTest(remote):
                with self.assertRaisesRegex(AssertionError, "has sync checked out.*bare"):
                    ada.init(remote)
                self.assertFalse(os.path.exists(ada.config))
        subprocess.run(["git", "-C", work, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
        ada.init(work)

    def test_commands_that_need_the_daemon(self):
        ada = self.device("ada", start=False)
        ada.ctl("reload", expect=(NOT_RUNNING,))

    def test_two_daemons_on_one_vault(self):
        ada, bob = self.pair()
        second = ada.run("syncd", "run", "--config", ada.config, timeout=20)
        self.assertEqual(second.returncode, FAILED, second.stderr)
        self.assertIn("already", second.stderr)
        ada.write("hello.txt", "the first still works\n")
        self.wait_in_sync(ada, bob)


class BadSurroundings(VaultTest):
    """A folder, repository, state or remote that is gone or broken costs nobody a file."""

    def wait_for(self, device, state, deadline=30):
        """Waits until the device says a state; gives the status."""
        return wait_until(
            lambda: (lambda s: s if s["state"] == state else None)(device.status()),
            lambda: f"not {state}: {device.status()}\n{device.output()}",
            deadline,
        )

    def test_a_folder_that_is_missing_deletes_nothing(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        os.rename(ada.folder, f"{ada.folder}.away")
        status = self.wait_for(ada, "blocked")
        self.assertIn(ada.folder, str(status))
        ada.ctl("sync", expect=None)
        self.assertEqual(trees.head(self.remote), head)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")
        os.rename(f"{ada.folder}.away", ada.folder)
        bob.write("hello.txt", "back again\n")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_a_folder_that_is_missing_at_the_start(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        ada.stop()
        os.rename(ada.folder, f"{ada.folder}.away")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(ada.folder, done.stderr)
        self.assertFalse(os.path.exists(ada.folder), "it was made anew")
        self.assertEqual(trees.head(self.remote), head)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_a_folder_that_was_replaced_by_an_empty_one(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        ada.stop()
        os.rename(ada.folder, f"{ada.folder}.away")
        os.mkdir(ada.folder)
        ada.start()
        self.wait_for(ada, "blocked")
        self.assertEqual(trees.head(self.remote), head)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_a_mass_deletion_stops_and_asks(self):
        ada, bob = self.pair()
        for count in range(100):
            ada.write(f"many/{count}.txt", f"{count}\n")
        self.wait_in_sync(ada, bob)
        shutil.rmtree(ada.path("many"))
        status = wait_until(
            lambda: (lambda s: s if s["quarantined"] or s["state"] == "blocked" else None)(
                ada.status()
            ),
            lambda: f"not stopped: {ada.status()}\n{ada.output()}",
        )
        self.assertNotEqual(status["state"], "in-sync")
        self.assertEqual(len(bob.tree()), 101)
        # Other changes go on meanwhile.
        ada.write("hello.txt", "meanwhile\n")
        wait_until(lambda: bob.read("hello.txt") == b"meanwhile\n", "it stopped everything")
        self.assertEqual(len(bob.tree()), 101)

    def test_a_corrupt_repository_is_named_and_the_folder_spared(self):
        ada, bob = self.pair()
        ada.stop()
        for pattern in ("objects/pack/*.pack", "objects/pack/*.idx", "objects/??/*"):
            for path in glob.glob(f"{ada.repository}/{pattern}"):
                os.chmod(path, 0o644)
                with open(path, "r+b") as file:
                    file.truncate(10)
        before = ada.tree()
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(ada.repository, done.stderr)
        self.assertEqual(ada.tree(), before)
        self.assertEqual(trees.fsck(self.remote), [])
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_a_head_that_is_no_reference(self):
        ada, _ = self.pair()
        ada.stop()
        before = ada.tree()
        for name in ("packed-refs", "refs/heads/sync"):
            path = f"{ada.repository}/{name}"
            if os.path.exists(path):
                with open(path, "wb") as file:
                    file.write(b"garbage\n")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertEqual(ada.tree(), before)

    def test_a_state_database_that_is_garbage_is_made_anew(self):
        damages = {
            "truncated": lambda file: file.truncate(100),
            "empty": lambda file: file.truncate(0),
            "garbage": lambda file: file.write(os.urandom(8192)),
        }
        ada, bob = self.pair()
        for name, damage in damages.items():
            with self.subTest(damage=name):
                ada.stop()
                for path in glob.glob(f"{ada.state}/state.db-*"):
                    os.unlink(path)
                with open(f"{ada.state}/state.db", "r+b") as file:
                    damage(file)
                ada.write("hello.txt", f"edited before {name}\n")
                bob.write(f"{name}.txt", "written meanwhile\n")
                ada.start()
                self.wait_in_sync(ada, bob)
                self.assert_converged(ada, bob)
                self.assertEqual(bob.read("hello.txt"), f"edited before {name}\n".encode())

    def test_a_foreign_name_of_gits_own_is_held_back_and_the_rest_syncs(self):
        ada, bob = self.pair()
        bob.stop()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
        listing = trees.git(self.remote, "ls-tree", f"sync:{PREFIX}")
        for name in (b".GIT", b".git ", b"git~1", b"fine.txt"):
            listing += b"100644 blob " + blob + b"\t" + name + b"\n"
        tree = trees.git(self.remote, "mktree", stdin=listing).strip()
        for name in reversed(PREFIX.split("/")):
            line = b"040000 tree " + tree + b"\t" + name.encode() + b"\n"
            tree = trees.git(self.remote, "mktree", stdin=line).strip()
        commit = trees.git(
            self.remote, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree",
            tree.decode(), "-p", trees.head(self.remote), "-m", "evil",
        ).strip().decode()  # fmt: skip
        ada.stop()
        trees.git(self.remote, "update-ref", "refs/heads/sync", commit)
        bob.start()
        wait_until(lambda: bob.read("fine.txt") == b"evil\n", lambda: self.picture(bob), 20)
        self.assertEqual(sorted(bob.tree()), [b"fine.txt", b"hello.txt"])
        held = json.loads(bob.ctl("held", "--json").stdout)
        self.assertEqual(
            sorted(entry["path"] for entry in held),
            [f"{PREFIX}/{name}" for name in (".GIT", ".git ", "git~1")],
        )
        self.assertEqual({entry["reason"] for entry in held}, {"name"})
        bob.write("hello.txt", "goes on\n")
        wait_until(
            lambda: trees.git(self.remote, "show", f"sync:{PREFIX}/hello.txt") == b"goes on\n",
            lambda: self.picture(bob), 20,
        )  # fmt: skip
        names = trees.git(self.remote, "ls-tree", "-r", "--name-only", "sync")
        self.assertIn(b".GIT", names)

    def hostile(self, entries, message="evil"):
        """Pushes a commit with these entries added to the folder's tree, as raw bytes."""
        raw = b""
        for line in trees.git(self.remote, "ls-tree", "-z", f"sync:{PREFIX}").split(b"\0")[:-1]:
            (mode, _, name), path = line.split(b"\t")[0].split(b" "), line.split(b"\t")[1]
            entries = [*entries, (mode.lstrip(b"0"), path, name)]
        for mode, path, name in sorted(entries, key=lambda entry: entry[1]):
            raw += mode + b" " + path + b"\0" + bytes.fromhex(name.decode())
        tree = trees.git(
            self.remote, "hash-object", "-w", "--literally", "-t", "tree", "--stdin", stdin=raw
        ).strip()
        for name in reversed(PREFIX.split("/")):
            line = b"040000 tree " + tree + b"\t" + name.encode() + b"\n"
            tree = trees.git(self.remote, "mktree", stdin=line).strip()
        commit = trees.git(
            self.remote, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree",
            tree.decode(), "-p", trees.head(self.remote), "-m", message,
        ).strip().decode()  # fmt: skip
        trees.git(self.remote, "update-ref", "refs/heads/sync", commit)

    def test_foreign_names_that_lead_elsewhere_are_held_alone(self):
        ada, bob = self.pair()
        bob.stop()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
        below = trees.git(
            self.remote, "mktree", stdin=b"100644 blob " + blob + b"\tf.txt\n").strip()
        names = (b"..", b".", b"a/b", b"/etc/passwd", b"../../up.txt")
        entries = [(b"100644", name, blob) for name in (*names, b"fine.txt")]
        entries += [(b"40000", b"..x/..", below)]
        self.hostile(entries)
        shown = sorted(
            f'{PREFIX}/"{name.decode().replace("/", chr(92) + "057")}"'
            for name in (*names, b"..x/..")
        )
        bob.start()
        for device in (ada, bob):
            wait_until(
                lambda device=device: device.read("fine.txt") == b"evil\n",
                lambda device=device: self.picture(device), 20,
            )  # fmt: skip
            self.assertEqual(sorted(device.tree()), [b"fine.txt", b"hello.txt"])
            held = json.loads(device.ctl("held", "--json").stdout)
            self.assertEqual(sorted(entry["path"] for entry in held), shown)
            self.assertEqual({entry["reason"] for entry in held}, {"name"})
        self.assertFalse(os.path.exists(f"{bob.home}/up.txt"))
        # Everything else goes on, both ways, and a merge too.
        bob.stop()
        bob.write("hello.txt", "from bob\n")
        ada.write("ada.txt", "from ada\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: self.picture(ada), 20)
        bob.start()
        wait_until(
            lambda: ada.read("hello.txt") == b"from bob\n" and bob.read("ada.txt"),
            lambda: self.picture(ada, bob), 20,
        )  # fmt: skip
        there = trees.git(self.remote, "ls-tree", "--name-only", "-z", f"sync:{PREFIX}")
        self.assertLessEqual({*names, b"..x/..", b"ada.txt"}, set(there.split(b"\0")))

    def test_a_foreign_tree_that_git_cannot_read_is_refused_by_name(self):
        ada, bob = self.pair()
        bob.stop()
        ada.stop()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
        good = trees.head(self.remote)
        self.hostile([(b"100644", b"", blob)])
        before = bob.tree()
        done = bob.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("malformed tree", done.stderr)
        self.assertEqual(bob.tree(), before)
        trees.git(self.remote, "update-ref", "refs/heads/sync", good)
        self.assertEqual(bob.once().returncode, 0)

    def test_a_remote_that_is_missing(self):
        ada = self.device("ada", start=False)
        os.rename(self.remote, f"{self.remote}.away")
        ada.write("local.txt", "local\n")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(self.remote, done.stderr)
        kept = trees.commit_tree(ada.repository, "refs/heads/sync", PREFIX)
        self.assertIn(b"local.txt", kept, "it was not even committed here")
        os.rename(f"{self.remote}.away", self.remote)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(trees.commit_tree(self.remote, "refs/heads/sync", PREFIX), ada.tree())

    def test_an_unreadable_file_is_named_and_stops_nothing(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        ada, bob = self.pair()
        ada.write("secret.txt", "secret\n")
        os.chmod(ada.path("secret.txt"), 0)
        ada.write("after.txt", "after\n")
        wait_until(lambda: bob.read("after.txt"), "after.txt did not arrive")
        wait_until(lambda: ada.status()["quarantined"] == 1, lambda: str(ada.status()))


class FullDisk(VaultTest):
    """A disk that is full, at either end, changes nothing and is over when there is room."""

    def unhealthy(self, device):
        """Waits until the device says that something is wrong."""
        return wait_until(
            lambda: (lambda s: s if s["sync_health"]["last_error"] else None)(device.status()),
            lambda: f"nothing is said: {device.status()}\n{device.output()}",
        )

    def test_at_capture(self):
        bob = self.device("bob")
        home = f"{self.top}/ada/data"
        self.tmpfs(home, "6m")
        ada = self.device("ada")
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        head = trees.head(ada.repository)
        with open(f"{self.top}/large.bin", "wb") as file:
            file.write(self.random.randbytes(12 << 20))
        os.rename(f"{self.top}/large.bin", ada.path("large.bin"))
        self.assertIn("space", str(self.unhealthy(ada)["sync_health"]).lower())
        self.assertTrue(ada.running())
        self.assertEqual(trees.head(ada.repository), head)
        self.assertEqual(trees.fsck(ada.repository), [])
        self.remount(home, "size=128m")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_at_apply(self):
        ada = self.device("ada")
        folder = f"{self.top}/bob/folder"
        self.tmpfs(folder, "4m")
        bob = self.device("bob")
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        before = bob.tree()
        ada.ctl("sync")
        for count in range(4):
            ada.write(f"large/{count}", self.random.randbytes(2 << 20))
        ada.write("small.txt", "small, edited\n")
        self.wait_in_sync(ada)
        self.assertIn("space", str(self.unhealthy(bob)["sync_health"]).lower())
        self.assertTrue(bob.running())
        self.assertIn(bob.read("small.txt"), (b"small\n", b"small, edited\n"))
        self.assertLessEqual(set(before), set(bob.tree()))
        # What bob writes himself goes out all the same.
        bob.write("mine.txt", "of bob\n")
        wait_until(lambda: ada.read("mine.txt") == b"of bob\n", lambda: self.picture(ada, bob), 20)
        self.assertIn("space", str(self.unhealthy(bob)["sync_health"]).lower())
        self.remount(folder, "size=64m")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_what_fits_is_applied_and_a_deletion_makes_room(self):
        ada = self.device("ada")
        folder = f"{self.top}/bob/folder"
        self.tmpfs(folder, "2m")
        bob = self.device("bob")
        big = self.random.randbytes(900 << 10)
        ada.write("big", self.random.randbytes(1500 << 10))
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        ada.write("big2", big)
        self.wait_in_sync(ada)
        self.assertIn("space", str(self.unhealthy(bob)["sync_health"]).lower())
        ada.write("small.txt", "small, edited\n")
        wait_until(lambda: bob.read("small.txt") == b"small, edited\n",
                   lambda: self.picture(ada, bob), 20)  # fmt: skip
        os.unlink(ada.path("big"))
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("big2"), big)
        self.assert_converged(ada, bob)

    def test_a_read_only_folder(self):
        ada = self.device("ada")
        folder = f"{self.top}/bob/folder"
        self.tmpfs(folder, "8m")
        bob = self.device("bob")
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        self.remount(folder, "ro")
        ada.write("small.txt", "small, edited\n")
        self.unhealthy(bob)
        self.assertTrue(bob.running())
        self.assertNotEqual(bob.status()["state"], "in-sync")
        self.remount(folder, "rw")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)


if __name__ == "__main__":
    unittest.main()
