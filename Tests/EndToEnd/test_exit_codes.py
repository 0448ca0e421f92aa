"""How the commands that change a vault end: done, something waits, conflicts are open."""

import json
import os
import signal
import subprocess
import sys
import unittest

import trees
from device import PREFIX, Device, binaries, wait_until
from harness import VaultTest

DONE, WAITS, OPEN = 0, 1, 10


class ExitCodes(VaultTest):
    """Devices whose daemons do not run."""

    def idle(self, *names):
        """Devices without a daemon."""
        return [self.device(name, start=False) for name in names]

    def cycle(self, *devices):
        """A cycle of each."""
        for device in devices:
            self.assertIn(device.once().returncode, (DONE, OPEN))

    def conflicts(self, *names):
        """Two devices, the first of which has a conflict in each of some files."""
        ada, bob = self.idle("ada", "bob")
        for name in names:
            ada.write(name, "line\n")
        self.cycle(ada, bob)
        for name in names:
            ada.write(name, "AAA\n")
            bob.write(name, "BBB\n")
        self.cycle(ada, bob, ada)
        return ada

    def test_conflicts_stay_open_or_are_opened(self):
        ada = self.conflicts("x.md", "z.md")
        both = trees.head(ada.repository)
        done = ada.ctl("resolve", ada.path("x.md"), "--ours", expect=(OPEN,))
        self.assertIn("1 conflict is open", done.stderr)
        back = ("restore", ada.path("x.md"), "--to", both, "--json")
        said = json.loads(ada.ctl(*back, "--dry-run", expect=(OPEN,)).stdout)
        self.assertEqual([one["path"] for one in said["conflicts"]], [f"{PREFIX}/x.md"])
        self.assertIsNone(said["commit"])
        done = json.loads(ada.ctl(*back, expect=(OPEN,)).stdout)
        self.assertEqual(done["conflicts"], said["conflicts"])
        listed = json.loads(ada.ctl("conflicts", "--json", expect=(OPEN,)).stdout)
        self.assertEqual(done["conflicts"], [one for one in listed if "x.md" in one["path"]])
        ada.ctl("undo", expect=(OPEN,))
        ada.ctl("resolve", "--all", "--ours", expect=(DONE,))
        ada.write("x.md", "more\n")
        ada.ctl("restore", ada.path("x.md"), "--to", "HEAD", expect=(DONE,))

    def test_a_new_vault_is_told_in_json(self):
        ada = Device(f"{self.top}/ada", "ada")
        self.devices.append(ada)
        done = ada.ctl("init", "--folder", f"{ada.folder}={PREFIX}", "--device", "ada", "--json",
                       expect=(DONE,))  # fmt: skip
        told = json.loads(done.stdout)
        self.assertEqual((told["configuration"], sorted(told)),
                         (ada.config, ["configuration", "done", "next"]))  # fmt: skip
        self.assertEqual(told["next"], "syncd run")
        self.assertIn(f"wrote {ada.config}", told["done"])

    def test_something_waits(self):
        (ada,) = self.idle("ada")
        heads = []
        for content in ("one\n", "two\n", "three\n"):
            ada.write("y.md", content)
            self.cycle(ada)
            heads.append(trees.head(ada.repository))
        for command in (
            ("restore", ada.path("y.md"), "--to", heads[0]), ("undo",), ("rollback", heads[1]),
        ):  # fmt: skip
            with self.subTest(command[0]), open(ada.path("y.md"), "ab"):
                done = json.loads(ada.ctl(*command, "--json", expect=(WAITS,)).stdout)
                self.assertEqual(done["waiting"], [{"path": f"{PREFIX}/y.md", "reason": "busy"}])
            self.cycle(ada)

    def test_a_folder_that_is_not_there(self):
        """What is changed in it waits; of the others all is said and done."""
        (ada,) = self.idle("ada")
        other = f"{self.top}/other"
        os.mkdir(other)
        with open(ada.config, "a", encoding="utf-8") as file:
            file.write(f'\n[[folder]]\npath = "{other}"\nprefix = "mem"\n')
        for content in ("one\n", "two\n"):
            ada.write("a.md", content)
            with open(f"{other}/x.md", "w", encoding="utf-8") as file:
                file.write(content)
            self.cycle(ada)
        first = f"{trees.head(ada.repository)}~1"
        os.rename(other, f"{other}.off")
        for running in (False, True):
            if running:
                ada.start()
            back = ("restore", "mem/x.md", f"{PREFIX}/a.md", "--to", first)
            done = json.loads(ada.ctl(*back, "--json", expect=(WAITS,)).stdout)
            self.assertEqual(done["waiting"], [{"path": "mem/x.md", "reason": "no-folder"}])
            self.assertEqual(ada.read("a.md"), b"one\n")
            words = ada.ctl("undo", expect=(WAITS,)).stdout
            self.assertIn("mem/x.md (its folder is not there", words)
        ada.stop()
        verified = json.loads(ada.ctl("verify", "--json", expect=(1,)).stdout)
        folders = [one for one in verified if one["check"] == "folder"]
        self.assertEqual([one["state"] for one in folders], ["ok", "fail"])
        self.assertIn("is not there", folders[1]["message"])
        ada.write("a.md", "three\n")
        for words, code in (((), WAITS), ((PREFIX,), DONE), ((ada.path("a.md"),), DONE)):
            done = ada.ctl("diff", "HEAD", *words, "--json", expect=(code,))
            files = json.loads(done.stdout)["files"]
            self.assertEqual([one["path"] for one in files], [f"{PREFIX}/a.md"])
            self.assertEqual(f"{other}" in done.stderr, code == WAITS, done.stderr)
        ada.ctl("diff", "HEAD", "mem", expect=(WAITS,))

    def test_a_daemon_that_starts_is_waited_for(self):
        (ada,) = self.idle("ada")
        ada.write("x.md", "x\n")
        self.cycle(ada)
        # Something called syncd has the vault and does not listen, longer than a command may.
        self.hold(ada, "syncd", "time.sleep(4)").stdin.close()
        done = ada.ctl("status", "--json", expect=(3,))
        self.assertEqual(json.loads(done.stdout)["daemon"], "stopped")

    def hold(self, device, name, until):
        """A program of some name that has a device's vault until then."""
        os.symlink(sys.executable, f"{self.top}/{name}")
        holds = f"""if True:
            import fcntl, os, sys, time
            with open(sys.argv[1], "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                print(os.getpid(), file=lock, flush=True)
                print("has it", flush=True)
                {until}
        """
        holder = subprocess.Popen(
            [f"{self.top}/{name}", "-c", holds, f"{device.state}/lock"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        self.addCleanup(holder.wait)
        with holder.stdout as told:
            self.assertEqual(told.readline(), b"has it\n")
        return holder

    def test_a_configuration_that_changes_while_a_command_has_the_vault(self):
        (ada,) = self.idle("ada")
        ada.write("x.md", "x\n")
        self.cycle(ada)
        holder = self.hold(ada, "syncctl", "sys.stdin.readline()")
        ada.spawn()
        wait_until(lambda: "waiting for it" in ada.output(), ada.output)
        ada.set("device", "name", '"eve"')
        os.kill(ada.process.pid, signal.SIGHUP)
        wait_until(lambda: "starting anew" in ada.output(), ada.output)
        holder.stdin.close()
        wait_until(lambda: ada.answers() and ada.status()["device"] == "eve", ada.output)
        self.assertNotIn("device ada", ada.output())

    def test_a_configuration_that_is_changed_back_before_it_was_taken(self):
        """A reload is about what the daemon is about to do, not about what it did before."""
        (ada,) = self.idle("ada")
        ada.write("x.md", "x\n")
        self.cycle(ada)
        holder = self.hold(ada, "syncctl", "sys.stdin.readline()")
        ada.spawn()

        def until_said(words, count):
            wait_until(lambda: ada.output().count(words) == count, ada.output)

        for count, name in ((1, "eve"), (2, "ada")):
            until_said("waiting for it", count)
            ada.set("device", "name", f'"{name}"')
            os.kill(ada.process.pid, signal.SIGHUP)
            until_said("starting anew", count)
        holder.stdin.close()
        wait_until(lambda: ada.answers() and ada.status()["device"] == "ada", ada.output)
        self.assertNotIn("device eve", ada.output())

    def test_a_daemon_that_hangs_is_not_waited_for(self):
        """A limit of its own, `Limits.livenessWait`; what follows events has it, too."""
        ada = self.device("ada")
        ada.write("x.md", "one\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", "what was written goes out")
        os.kill(ada.process.pid, signal.SIGSTOP)
        try:
            words = [
                ("diff", "HEAD"), ("remote",), ("sync",), ("flush",), ("undo", "--dry-run"),
                ("events",), ("restore", ada.path("x.md"), "--to", "HEAD", "--dry-run"),
                ("rollback", "HEAD", "--dry-run"), ("backup", f"{self.top}/all"), ("resume",),
                ("status", "--watch"), ("status",), ("devices", "forget", "bob"),
            ]  # fmt: skip
            begin = [f"{binaries()}/syncctl", "--config", ada.config]
            runs = [
                (word, subprocess.Popen([*begin, *word], env=ada.environment, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE))
                for word in words
            ]  # fmt: skip
            for word, run in runs:
                _, said = run.communicate(timeout=30)
                self.assertEqual(run.returncode, 1, (word, said))
                self.assertIn("the daemon does not answer", said, word)
        finally:
            os.kill(ada.process.pid, signal.SIGCONT)
        self.assertEqual(ada.status()["state"], "in-sync")

    def test_an_accept_opens_one(self):
        (ada,) = self.idle("ada")
        ada.write("x.md", "line\n")
        self.cycle(ada)
        plain = f"{self.top}/plain"
        me = ("-c", "user.name=me", "-c", "user.email=me@x")
        trees.git(self.top, "clone", "-q", self.remote, plain)
        with open(f"{plain}/{PREFIX}/x.md", "w", encoding="utf-8") as file:
            file.write("theirs\n")
        trees.git(plain, *me, "commit", "-qa", "--amend", "-m", "another history")
        trees.git(plain, "push", "-qf")
        ada.write("x.md", "ours\n")
        self.assertEqual(ada.once().returncode, 1)
        done = json.loads(ada.ctl("remote", "accept", "--json", expect=(OPEN,)).stdout)
        self.assertEqual([one["path"] for one in done["conflicts"]], [f"{PREFIX}/x.md"])
        ada.ctl("resolve", "--all", "--ours", expect=(DONE,))


if __name__ == "__main__":
    unittest.main()
