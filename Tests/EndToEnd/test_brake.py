"""A commit that the daemon dies of, under the restart policy of the unit that is shipped."""

import configparser
import json
import os
import subprocess
import threading
import time
import unittest

import device as devices
from device import wait_until
from harness import VaultTest

UNIT = f"{devices.ROOT}/packaging/syncd.service"
# What only a build for tests has: it dies of a commit whose subject has this variable's word.
SWITCH = "SYNCD_DEADLY"


class Unit(threading.Thread):
    """Runs a device's daemon as systemd would, by the unit's own words."""

    def __init__(self, device):
        super().__init__(daemon=True)
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str
        unit.read(UNIT, encoding="utf-8")
        service = unit["Service"]
        assert service["Restart"] == "on-failure", "another policy than the one played here"
        self.pause = float(service["RestartSec"])
        self.left_alone = {int(code) for code in service["RestartPreventExitStatus"].split()}
        self.span = float(unit["Unit"]["StartLimitIntervalSec"])
        self.burst = int(unit["Unit"]["StartLimitBurst"])
        self.device = device
        self.starts = []
        self.deaths = []
        self.failed = None
        self.ended = threading.Event()
        self.process = None

    def run(self):
        while not self.ended.is_set():
            now = time.monotonic()
            if sum(1 for start in self.starts if now - start < self.span) >= self.burst:
                self.failed = f"start-limit-hit after {len(self.starts)} starts"
                return
            self.starts.append(now)
            with open(self.device.log, "ab") as log:
                self.process = subprocess.Popen(
                    [f"{devices.binaries()}/syncd", "run", "--config", self.device.config],
                    env=self.device.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True)  # fmt: skip
            code = self.process.wait()
            if self.ended.is_set() or code == 0 or code in self.left_alone:
                return
            self.deaths.append(code)
            self.ended.wait(self.pause)

    def stop(self):
        """Ends the daemon, and does not start it again."""
        self.ended.set()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        self.join()


def deadly():
    """The directory of a build that has the switch; None without one."""
    for place in (devices.binaries(), f"{devices.ROOT}/.build/debug"):
        if place and os.access(f"{place}/syncd", os.X_OK):
            with open(f"{place}/syncd", "rb") as file:
                if SWITCH.encode() in file.read():
                    return place
    return None


class Brake(VaultTest):
    """The daemon comes to rest, goes on capturing, and takes a good head on top."""

    turn = VaultTest.FIRST
    # The switch reads a head as it comes: nobody else's may come between.
    sync = {"poll": '"1s"'}

    def tearDown(self):
        for unit in self.units:
            unit.stop()

    def setUp(self):
        self.units = []
        place = deadly()
        if place is None:
            self.skipTest("needs a debug build: swift build")
        before = os.environ.get("SYNCD_BIN")
        os.environ["SYNCD_BIN"] = place
        self.addCleanup(self._restore, before)
        super().setUp()

    def unit(self, device):
        """Runs a device's daemon as systemd would."""
        # To look for the names of what was on the stack takes longer than all else.
        device.environment["SWIFT_BACKTRACE"] = "enable=no"
        unit = Unit(device)
        self.units.append(unit)
        unit.start()
        return unit

    def blocked(self, unit):
        """Waits until the device says that it does without; gives the status."""
        def picture():
            return f"deaths {unit.deaths}, {unit.failed}\n{unit.device.output()}"

        def rests():
            self.assertIsNone(unit.failed, picture())
            # A daemon that is about to end answers nobody.
            done = unit.device.ctl("status", "--json", expect=None)
            if done.returncode not in (0, 10):
                return None
            status = json.loads(done.stdout)
            words = " ".join(status["notices"])
            is_blocked = status["state"] == "blocked" and "in a row" in words
            return status if is_blocked and status["daemon"] == "running" else None

        return wait_until(rests, picture, 120)

    def captures(self, unit, name):
        """Writes a file and waits until it is committed."""
        before = unit.device.status()["head"]
        unit.device.write(name, f"{name}\n")
        wait_until(lambda: unit.device.status()["head"] != before, unit.device.output, 30)

    def test_a_commit_that_the_daemon_dies_of_is_left_out(self):
        ada, bob = self.pair()
        bob.stop()
        ada.write("deadly.txt", "nothing special\n")
        self.wait_in_sync(ada)
        commit = ada.status()["head"]
        bob.environment[SWITCH] = "taking:deadly"
        unit = self.unit(bob)

        status = self.blocked(unit)
        self.assertEqual(len(unit.deaths), 2, bob.output())
        self.assertEqual(status["remote_head"], commit)
        self.assertIn(f"syncctl remote skip {commit[:8]}", " ".join(status["notices"]))
        self.assertIn("in a row", bob.ctl("doctor", expect=(1,)).stdout)
        self.assertIn(commit, bob.ctl("remote").stdout)
        self.captures(unit, "mine.txt")

        self.assertNotEqual(bob.ctl("remote", "skip", "f" * 40, expect=None).returncode, 0)
        bob.ctl("remote", "skip", commit[:10])
        deaths = len(unit.deaths)
        wait_until(lambda: bob.status()["state"] == "pending", lambda: f"{bob.status()}", 30)
        self.assertIn("passed over", " ".join(bob.status()["notices"]))
        self.assertEqual(bob.ctl("sync", expect=(1,)).returncode, 1)
        # It would have been tried again by now, and is not.
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 25, "time passes", 30, every=1)
        self.assertEqual(len(unit.deaths), deaths, bob.output())

        ada.write("good.txt", "mended\n")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        self.assertEqual(ada.read("mine.txt"), b"mine.txt\n")
        self.assertIsNone(unit.failed)

    def test_a_commit_that_the_daemon_dies_of_when_it_applies_it(self):
        ada, bob = self.pair()
        bob.stop()
        ada.write("deadly.txt", "nothing special\n")
        self.wait_in_sync(ada)
        bob.environment[SWITCH] = "applying:deadly"
        unit = self.unit(bob)
        self.blocked(unit)
        self.captures(unit, "mine.txt")
        self.assertIsNone(bob.read("deadly.txt"))
        ada.write("good.txt", "mended\n")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        self.assertEqual(ada.read("mine.txt"), b"mine.txt\n")
        self.assertIsNone(unit.failed)

    def test_it_tries_again_by_itself(self):
        ada, bob = self.pair()
        bob.stop()
        ada.write("deadly.txt", "nothing special\n")
        self.wait_in_sync(ada)
        bob.environment[SWITCH] = "taking:deadly"
        unit = self.unit(bob)
        self.blocked(unit)
        unit.stop()
        # A daemon that does not die of it: it keeps to the rest all the same, and then takes it.
        del bob.environment[SWITCH]
        bob.start()
        self.wait_in_sync(ada, bob, deadline=120)
        self.assert_converged(ada, bob)

    def _restore(self, before):
        if before is None:
            del os.environ["SYNCD_BIN"]
        else:
            os.environ["SYNCD_BIN"] = before


if __name__ == "__main__":
    unittest.main()
