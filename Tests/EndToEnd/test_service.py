"""The daemon under a service manager: what it says to it, and under a real systemd."""

import json
import os
import shutil
import stat
import subprocess
import time
import unittest

import trees
from device import PREFIX, ROOT, binaries, wait_until
from harness import VaultTest
from manager import NotifySocket, SystemdUser


class Notify(VaultTest):
    """What a daemon says to a socket that stands for the manager's."""

    def managed(self, name, **variables):
        """A device whose daemon has a manager, and that manager's socket."""
        manager = NotifySocket(f"{self.top}/notify" if name != "abstract" else f"@{self.top}")
        self.addCleanup(manager.stop)
        device = self.device(name, start=False)
        device.environment |= {"NOTIFY_SOCKET": manager.name} | variables
        return device, manager

    def test_ready_comes_after_the_first_capture(self):
        for name in ("path", "abstract"):
            ada, manager = self.managed(name)
            # A device that joins waits for the remote before it captures.
            ada.write("first.txt", "first\n")
            self.assertEqual(ada.once().returncode, 0)
            ada.write("before.txt", "written while nobody looked\n")
            ada.spawn()
            manager.wait_for("READY=1")
            tree = trees.commit_tree(ada.repository, "refs/heads/sync", PREFIX)
            self.assertIn("before.txt", {os.fsdecode(path) for path in tree})
            ada.stop()

    def test_states_in_their_order(self):
        ada, manager = self.managed("ada")
        ada.write("hello.txt", "hello\n")
        ada.start()
        self.wait_in_sync(ada)
        wait_until(
            lambda: manager.lines("STATUS=")[-1:] == ["STATUS=in-sync: vault default on ada"],
            lambda: f"{manager.lines()}",
        )  # fmt: skip
        self.assertEqual(manager.lines("READY", "RELOADING", "STOPPING"), ["READY=1"])
        # A changed configuration starts the services anew, a reload of the same one nothing.
        for change in (True, False):
            if change:
                ada.set("sync", "poll", '"7s"')
            before = len(manager.times("READY=1"))
            ada.process.send_signal(1)
            manager.wait_for("READY=1", before + 1)
        ada.stop()
        manager.wait_for("STOPPING=1")
        self.assertEqual(
            manager.lines("READY", "RELOADING", "STOPPING"),
            ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"],
        )
        times = [int(line.partition("=")[2]) for line in manager.lines("MONOTONIC_USEC=")]
        self.assertEqual(times, sorted(times))
        self.assertEqual(len(times), 2)
        self.assertLess(times[-1], time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6)

    def test_status_says_what_is_in_the_way(self):
        ada, manager = self.managed("ada")
        ada.write("hello.txt", "hello\n")
        ada.start()
        self.wait_in_sync(ada)
        os.rename(self.remote, f"{self.remote}.away")
        ada.write("hello.txt", "alone\n")
        wait_until(
            lambda: manager.lines("STATUS=offline: ", "STATUS=blocked: "),
            lambda: f"{manager.lines()}",
        )  # fmt: skip

    def test_an_engine_that_hangs_is_no_sign_of_life(self):
        ada, manager = self.managed("ada", WATCHDOG_USEC="600000")
        ada.start()
        manager.wait_for("READY=1")
        manager.wait_for("WATCHDOG=1", 3)
        # A hook that does not end holds the engine up for as long as it may take.
        hooks = f"{os.path.dirname(ada.config)}/hooks"
        os.makedirs(hooks, mode=0o700)
        with open(f"{hooks}/pre-commit", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\necho $$ > {self.top}/hangs\nexec sleep 60\n")
        os.chmod(f"{hooks}/pre-commit", 0o700)
        ada.write("hello.txt", "hello\n")
        wait_until(lambda: os.path.exists(f"{self.top}/hangs"), "the hook did not begin")
        # What is on its way arrives; from then on nothing.
        time.sleep(0.5)
        before = len(manager.times("WATCHDOG=1"))
        time.sleep(3)
        self.assertEqual(len(manager.times("WATCHDOG=1")), before)
        with open(f"{self.top}/hangs", encoding="ascii") as file:
            os.kill(int(file.read()), 9)
        os.remove(f"{hooks}/pre-commit")
        manager.wait_for("WATCHDOG=1", before + 3)
        self.wait_in_sync(ada)

    def test_the_watchdog_of_another_process_is_not_fed(self):
        ada, manager = self.managed("ada", WATCHDOG_USEC="300000", WATCHDOG_PID="1")
        ada.start()
        manager.wait_for("READY=1")
        time.sleep(1)
        self.assertEqual(manager.lines("WATCHDOG"), [])

    def test_a_journal_is_told_priorities_and_no_time(self):
        ada = self.device("ada", start=False)
        with open(ada.log, "ab") as log:
            there = os.fstat(log.fileno())
        ada.environment["JOURNAL_STREAM"] = f"{there.st_dev}:{there.st_ino}"
        ada.start()
        ada.set("sync", "poll", '"never"')
        ada.process.send_signal(1)
        wait_until(lambda: "<3>" in ada.output(), ada.output)
        lines = ada.output().splitlines()[1:]
        self.assertTrue(all(line[:3] in ("<3>", "<4>", "<5>", "<6>") for line in lines), lines)
        self.assertTrue(any(line.startswith("<6>started: ") for line in lines), lines)
        # Elsewhere lines begin with the time.
        ada.stop()
        ada.environment["JOURNAL_STREAM"] = f"{there.st_dev}:{there.st_ino + 1}"
        done = ada.once()
        self.assertNotIn("<", done.stderr[:1], done.stderr)


class Units(unittest.TestCase):
    """The units as systemd reads them."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("systemd-analyze"):
            raise unittest.SkipTest("there is no systemd-analyze")

    def analyze(self, *words):
        """What systemd-analyze says."""
        done = subprocess.run(
            ["systemd-analyze", *words], capture_output=True, text=True, check=False,
            env=os.environ | {"XDG_RUNTIME_DIR": self.top, "SYSTEMD_PAGER": ""},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def setUp(self):
        self.top = f"/tmp/units-{os.getpid()}"
        os.makedirs(self.top, exist_ok=True)
        self.addCleanup(shutil.rmtree, self.top)

    def test_they_are_right(self):
        for name, kind in (("syncd.service", "--user"), ("syncd@root.service", "--system")):
            with open(f"{ROOT}/packaging/{name.replace('root', '')}", encoding="utf-8") as file:
                text = file.read()
            for program in ("%h/.local/bin/syncd", "/usr/local/bin/syncd"):
                text = text.replace(program, "/bin/true")
            with open(f"{self.top}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
            code, said = self.analyze("verify", kind, f"{self.top}/{name}")
            said = [line for line in said.splitlines() if "syncd" in line]
            self.assertEqual((code, said), (0, []), name)

    def test_little_is_exposed(self):
        for name in ("syncd.service", "syncd@.service"):
            code, said = self.analyze(
                "security", "--offline=true", "--threshold=20", f"{ROOT}/packaging/{name}")
            self.assertEqual(code, 0, said)
            self.assertIn("Overall exposure level", said)


@unittest.skipUnless(SystemdUser.is_possible(), "a systemd of a user's own needs root and cgroups")
class RealSystemd(unittest.TestCase):
    """`syncctl service` and the unit under a `systemd --user` that really applies it."""

    def setUp(self):
        self.top = f"/tmp/systemd-{os.getpid()}"
        shutil.rmtree(self.top, ignore_errors=True)
        os.makedirs(self.top)
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.manager = SystemdUser(self.top)
        self.addCleanup(self.manager.stop)
        self.manager.start()
        self.notes = f"{self.manager.home}/notes"
        self.manager.run("mkdir", self.notes)
        self.manager.run("git", "init", "-q", "--bare", f"{self.manager.home}/remote.git")
        self.ctl("init", "--remote", f"{self.manager.home}/remote.git", "--folder",
                 f"{self.notes}=notes", "--device", "ada")  # fmt: skip

    def ctl(self, *words, expect=0):
        """Runs syncctl as the user."""
        return self.manager.run(f"{self.programs()}/syncctl", *words, expect=expect)

    def programs(self):
        """The programs at a place that the user may read."""
        place = f"{self.top}/bin"
        if not os.path.exists(place):
            os.makedirs(place)
            for name in ("syncd", "syncctl"):
                os.link(f"{binaries()}/{name}", f"{place}/{name}")
        return place

    def status(self):
        """`service status --json`."""
        return json.loads(self.ctl("service", "status", "--json", expect=None).stdout)

    def test_from_install_to_uninstall(self):
        self.assertEqual(self.ctl("service", "status", expect=3).stdout.count("not installed"), 1)
        self.ctl("service", "install")
        status = self.status()
        self.assertEqual(
            (status["active"], status["enabled"], status["installed"]), ("active", True, True),
            self.manager.said())
        # It syncs a home directory under all that the unit forbids.
        self.manager.run("sh", "-c", f"umask 022; echo hello > {self.notes}/hello.txt")
        wait_until(lambda: self.status()["status"].startswith("in-sync"), self.manager.said)
        shown = self.manager.run(
            "git", "-C", f"{self.manager.home}/remote.git", "show", "sync:notes/hello.txt")
        self.assertEqual(shown.stdout, "hello\n")
        with open(f"/proc/{self.daemon()}/status", encoding="ascii") as file:
            facts = dict(line.split(":\t") for line in file.read().splitlines() if ":\t" in line)
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
        self.assertEqual(int(facts["CapBnd"], 16), 0)
        # A reload, a crash, a second install.
        first = self.status()["pid"]
        self.manager.run("systemctl", "--user", "reload", "syncd")
        self.manager.run("systemctl", "--user", "kill", "--signal=KILL", "syncd")
        wait_until(
            lambda: self.status()["pid"] not in (None, first) and
            self.status()["active"] == "active", self.manager.said)
        self.assertEqual(self.status()["restarts"], 1)
        self.ctl("service", "install")
        self.ctl("service", "uninstall")
        self.assertEqual(self.status()["installed"], False)
        self.ctl("status", expect=3)
        self.assertTrue(os.path.exists(f"{self.notes}/hello.txt"))

    def daemon(self):
        """The daemon's process as this machine counts."""
        for name in os.listdir("/proc"):
            try:
                if os.readlink(f"/proc/{name}/exe") == f"{self.top}/bin/syncd":
                    return name
            except OSError:
                continue
        raise AssertionError("the daemon does not run")

    def test_a_daemon_that_hangs_is_started_anew(self):
        self.ctl("service", "install")
        unit = f"{self.manager.home}/.config/systemd/user/syncd.service.d"
        self.manager.run("mkdir", "-p", unit)
        self.manager.run("sh", "-c", f"printf '[Service]\\nWatchdogSec=1\\n' > {unit}/soon.conf")
        self.manager.run("systemctl", "--user", "daemon-reload")
        self.manager.run("systemctl", "--user", "restart", "syncd")
        first = self.status()["pid"]
        time.sleep(3)
        self.assertEqual(self.status()["pid"], first, "it was fed while all was well")
        self.manager.run("systemctl", "--user", "kill", "--signal=STOP", "syncd")
        wait_until(
            lambda: self.status()["pid"] not in (None, first), self.manager.said, 30)


class WithoutSystemd(VaultTest):
    """`syncctl service` where there is nothing to install into."""

    def test_words(self):
        ada = self.device("ada", start=False)
        for path, words in (("/nonexistent", "no systemd"), (self.fake(1), "does not answer")):
            ada.environment["PATH"] = path
            for command in ("install", "status", "uninstall"):
                done = ada.ctl("service", command, expect=(1,))
                self.assertIn(words, done.stderr)
        self.assertFalse(os.path.exists(f"{ada.home}/config/systemd"))

    def fake(self, code):
        """A directory with a systemctl that fails."""
        place = f"{self.top}/fake"
        os.makedirs(place, exist_ok=True)
        with open(f"{place}/systemctl", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\necho Failed to connect to bus >&2\nexit {code}\n")
        os.chmod(f"{place}/systemctl", stat.S_IRWXU)
        return place


if __name__ == "__main__":
    unittest.main()
