"""Each thing that a user does, ended or refused at each system call that changes something: nothing
is lost, git finds nothing wrong, the next run mends it, and nothing is left lying about.

`SYNC_POINTS=0 Tests/EndToEnd/run test_every_call` takes all points; by default a few of each."""

import glob
import json
import os
import shutil
import subprocess

import calls
import trees
from device import Device
from harness import Tokens, VaultTest, number

POINTS = number("SYNC_POINTS", 10)
# A killed program ends so under strace; 1 is a failure that is said; 75 and 3 ask to come back.
ENDS = (-9, 137, 0, 1, 10)


class EveryCall(VaultTest):
    """Two devices without daemons."""

    turn = VaultTest.FIRST

    def setUp(self):
        if not calls.is_allowed():
            self.skipTest("a process may not follow another here")
        super().setUp()
        self.tokens = Tokens()
        self.turns = 0
        self.where = "before"

    def idle(self, *names):
        """Devices without a daemon."""
        return [self.device(name, start=False) for name in names]

    def word(self, device):
        """A line that nobody wrote before."""
        return self.tokens.new(device.name).decode() + "\n"

    def cycle(self, *devices):
        """A cycle of each."""
        for device in devices:
            done = device.once()
            self.assertIn(done.returncode, (0, 10), f"{self.where}\n{done.stdout}{done.stderr}")

    def edit(self, device):
        """A file comes, one changes, one is renamed, one goes whose words are in the history."""
        turn = self.turns
        device.write(f"new/{turn}.md", self.word(device))
        device.write("same.md", (device.read("same.md") or b"") + self.word(device).encode())
        device.write(f"mem/{device.name}.jsonl", f'{{"id": "{turn}", "text": "{turn}"}}\n')
        for name, new in ((f"new/{turn - 1}.md", f"moved/{turn}.md"),):
            if device.read(name) is not None:
                os.makedirs(device.path("moved"), exist_ok=True)
                os.rename(device.path(name), device.path(new))
        gone = device.path(f"moved/{turn - 2}.md")
        if os.path.exists(gone):
            os.unlink(gone)

    def every(self, device, words, prepare, check=lambda: None, devices=None, heal=None):
        """Prepares, runs the words with a fault, mends and checks; of all points or some."""
        devices = devices or self.devices
        self.where = f"SYNC_SEED={self.seed}"
        found = self.points(device, words, prepare, heal or self.heal, devices)
        chosen = list(calls.faults(found))
        if POINTS:
            chosen = self.random.sample(chosen, min(POINTS, len(chosen)))
        for call, count, fault in chosen:
            self.where = f"{fault} at {call} {count}, SYNC_SEED={self.seed}"
            self.turns += 1
            prepare()
            command = words() if callable(words) else words
            code, said = calls.run_with(device, command, call, count, fault)
            self.assertIn(code, ENDS, f"{self.where}\n{said}")
            self.look(said, devices)
            (heal or self.heal)(*devices)
            check()
        print(f"    {len(chosen)} of {len(list(calls.faults(found)))} points")

    def points(self, device, words, prepare, heal, devices):
        """The points of a run that nothing disturbs."""
        self.turns += 1
        prepare()
        command = words() if callable(words) else words
        code, said, found = calls.points(device, command, self.top)
        self.assertIn(code, (0, 10), said)
        heal(*devices)
        return found

    def look(self, said, devices):
        """What holds at every moment."""
        for device in devices:
            if os.path.isdir(device.repository):
                self.assertEqual(trees.fsck(device.repository), [], f"{self.where}\n{said}")
        self.assertEqual(trees.fsck(self.remote), [], f"{self.where}\n{said}")
        found = trees.tokens_in_history(self.remote)
        for device in devices:
            found |= trees.tokens_in_folder(device.folder)
            if os.path.isdir(device.repository):
                found |= trees.tokens_in_history(device.repository)
        self.assertEqual(sorted(set(self.tokens.written) - found)[:9], [], f"{self.where}\n{said}")

    def heal(self, *devices):
        """Two rounds, and all are equal; a third changes nothing, and nothing is left over."""
        self.pass_time(devices)
        for _ in range(2):
            self.cycle(*devices)
        heads = {trees.head(device.repository) for device in devices} | {trees.head(self.remote)}
        self.assertEqual(len(heads), 1, self.where)
        remote = trees.commit_tree(self.remote, "refs/heads/sync", "shared/files")
        for device in devices:
            self.assertEqual(trees.differences(device.tree(), remote), [], self.where)
        self.cycle(*devices)
        self.assertEqual({trees.head(self.remote)}, heads, f"{self.where}: a commit of nothing")
        for device in devices:
            self.assertEqual(self.left(device), [], self.where)
        found = trees.tokens_in_history(self.remote)
        self.assertEqual(sorted(set(self.tokens.written) - found)[:9], [], self.where)

    def pass_time(self, devices):
        """Makes the locks on references that were left as old as those that nobody can hold."""
        for repository in (self.remote, *(device.repository for device in devices)):
            for lock in glob.glob(f"{repository}/**/*.lock", recursive=True):
                os.utime(lock, (0, 0))

    def left(self, device):
        """Temporary names in the folder, the repository and the state directory."""
        places = (f"{device.folder}/**/.*sync*", f"{device.home}/**/tmp_*",
                  f"{device.home}/**/*.tmp")  # fmt: skip
        return [path for place in places
                for path in glob.glob(place, recursive=True, include_hidden=True)
                if not path.endswith("/.sync")
                # An empty directory, which goes with the next repository that is made there.
                and not (path.startswith(f"{device.home}/data/syncd/tmp_")
                         and os.listdir(path) == [])]  # fmt: skip

    def once(self, device):
        """The words of a cycle."""
        return ["syncd", "run", "--once", "--config", device.config]

    def ctl(self, device, *words):
        """The words of a command."""
        return ["syncctl", "--config", device.config, *words]

    def test_what_was_edited_goes_out(self):
        ada, bob = self.idle("ada", "bob")
        self.every(ada, self.once(ada), lambda: self.edit(ada))

    def test_what_came_is_applied(self):
        ada, bob = self.idle("ada", "bob")

        def prepare():
            self.edit(ada)
            self.cycle(ada)

        self.every(bob, self.once(bob), prepare)

    def test_both_edited(self):
        ada, bob = self.idle("ada", "bob")
        ada.write("both.md", "a\nb\nc\n")
        ada.write("both.jsonl", "")

        def prepare():
            self.edit(ada)
            for device in (ada, bob):
                device.write("own.md", self.word(device) + "between\n" + "\n")
                name = f"own-{device.name}.md"
                device.write(name, (device.read(name) or b"") + self.word(device).encode())
            self.cycle(ada)

        self.every(bob, self.once(bob), prepare)

    def test_restore_rollback_and_undo(self):
        ada, bob = self.idle("ada", "bob")
        ada.write("kept.md", self.word(ada))
        self.edit(ada)
        self.cycle(ada, bob)
        first = trees.head(self.remote)

        def prepare():
            self.edit(ada)
            self.cycle(ada, bob)
            ada.write("unsaved.md", self.word(ada))

        words = iter(range(1 << 30))

        def command():
            which = next(words) % 3
            return self.ctl(ada, *(
                ("restore", "--to", first, ada.path("kept.md"), ada.path("same.md")),
                ("rollback", "HEAD~1"), ("undo",))[which])  # fmt: skip

        self.every(ada, command, prepare)

    def test_a_conflict_is_resolved(self):
        ada, bob = self.idle("ada", "bob")

        def prepare():
            ada.write("fight.md", "base\n")
            self.heal(ada, bob)
            for device in (ada, bob):
                device.write("fight.md", self.word(device))
            self.cycle(ada, bob, ada)
            ada.ctl("conflicts", expect=(10,))

        self.every(ada, self.ctl(ada, "resolve", "--all", "--ours"), prepare)

    def test_packs_are_joined(self):
        (ada,) = self.idle("ada")

        def prepare():
            for _ in range(3):
                self.edit(ada)
                self.cycle(ada)

        def check():
            done = json.loads(ada.ctl("gc", "--json").stdout)
            self.assertEqual(done["packs"], 1, self.where)
            packs = os.listdir(f"{ada.repository}/objects/pack")
            self.assertEqual(len(packs), 2, f"{self.where}: {packs}")

        self.every(ada, self.ctl(ada, "gc"), prepare, check)

    def test_a_backup_is_made(self):
        ada, bob = self.idle("ada", "bob")
        place = f"{self.top}/backup"

        def prepare():
            if self.turns % 4 == 1:
                shutil.rmtree(place, ignore_errors=True)
                os.mkdir(place)
            self.edit(ada)
            self.cycle(ada)
            ada.write("unsaved.md", self.word(ada))

        def check():
            ada.ctl("backup", place, expect=(0,))
            self.assertEqual(glob.glob(f"{place}/*partial*"), [], self.where)
            other = Device(f"{self.top}/other", "other")
            try:
                other.ctl(
                    "init", "--from-backup", place, "--folder", f"{other.folder}=shared/files",
                    "--device", "other", expect=(0,))  # fmt: skip
                other.set("http", "listen", '""')
                self.assertIn(other.once().returncode, (0, 10), self.where)
                self.assertEqual(trees.differences(other.tree(), ada.tree()), [], self.where)
            finally:
                shutil.rmtree(other.home)

        self.every(ada, self.ctl(ada, "backup", place), prepare, check)

    def test_a_vault_is_made(self):
        (ada,) = self.idle("ada")
        bundle = f"{self.top}/all.bundle"

        def prepare():
            self.edit(ada)
            self.cycle(ada)
            for name in glob.glob(f"{self.top}/all*"):
                os.unlink(name)
            ada.ctl("backup", bundle, expect=(0,))
            shutil.rmtree(f"{self.top}/new", ignore_errors=True)
            new = Device(f"{self.top}/new", "new")
            new.write("mine.md", "mine\n")
            self.new = new

        def command():
            new = self.new
            begin = self.ctl(
                new, "init", "--folder", f"{new.folder}=shared/files", "--device", "new")
            if self.turns % 2:
                return [*begin, "--from-backup", bundle, "--remote", self.remote]
            return [*begin, "--remote", self.remote]

        def heal(*devices):
            new = self.new
            if not os.path.exists(new.config):
                done = new.ctl(*command()[3:], expect=None)
                said = f"{self.where}\n{done.stdout}{done.stderr}"
                self.assertEqual(done.returncode, 0, said)
            if "listen" not in open(new.config, encoding="utf-8").read():
                new.set("http", "listen", '""')
            self.heal(*devices, new)
            self.assertEqual(ada.read("mine.md"), b"mine\n", self.where)

        prepare()
        self.every(Device(f"{self.top}/new", "new"), command, prepare, heal=heal)

    def test_a_rewritten_remote_is_accepted(self):
        ada, bob = self.idle("ada", "bob")

        def prepare():
            self.edit(ada)
            self.heal(ada, bob)
            self.edit(bob)
            tree = trees.git(self.remote, "rev-parse", "sync^{tree}").decode().strip()
            new = subprocess.run(
                ["git", "-C", self.remote, "-c", "user.name=x", "-c", "user.email=x@x",
                 "commit-tree", tree, "-m", f"anew {self.turns}"],
                check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout.strip()  # fmt: skip
            trees.git(self.remote, "update-ref", "refs/heads/sync", new)
            self.assertIn(ada.once().returncode, (1, 10))
            self.assertIn(bob.once().returncode, (1, 10))

        def heal(*devices):
            self.pass_time(devices)
            for device in devices:
                done = device.ctl("remote", "accept", expect=None)
                self.where += f"\n{done.returncode} {done.stdout}{done.stderr}"
            self.tokens.written.clear()
            self.heal(*devices)

        self.every(ada, self.ctl(ada, "remote", "accept"), prepare, heal=heal)
