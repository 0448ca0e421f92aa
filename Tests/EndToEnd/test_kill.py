"""`kill -9` of the daemon at random moments under load; then everything must still hold."""

import os
import random
import shutil
import signal
import threading
import time
import unittest

from device import Device, wait_until
from harness import Tokens, VaultTest, number

RECOVERY = 5.0


class Crash(VaultTest):
    """What the tests themselves see."""

    def test_a_crash_is_seen_whatever_else_holds(self):
        ada = self.device("ada")
        ada.process.send_signal(signal.SIGILL)
        ada.process.wait()
        ada.start()
        self.assertEqual(Device.crashes, ["ada: syncd run: SIGILL"])
        Device.crashes.clear()


class Load(threading.Thread):
    """A user who works on one device all the while: new files, edits, renames, deletions.

    A word is written into a file of its own (which may move, but is never deleted) or added to a
    shared one, so nothing the user does takes a word away.
    """

    def __init__(self, device, tokens, seed):
        super().__init__()
        self.device = device
        self.tokens = tokens
        self.chance = random.Random(seed)
        self.ended = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.ended.is_set():
                self.step()
                self.ended.wait(self.chance.choice((0.001, 0.01, 0.05)))
        except OSError as error:
            self.failure = repr(error)

    def step(self):
        """One change; what is new is named by its word, so that nothing is written twice."""
        device, chance = self.device, self.chance
        word = self.tokens.new(device.name)
        line, new = word + b"\n", word.decode()
        what = chance.randrange(10)
        if what < 4:
            device.write(f"{device.name}/{chance.randrange(20)}/{new}.txt", line)
        elif what < 7:
            name = f"common/{chance.randrange(5)}.txt"
            device.write(name, (device.read(name) or b"") + line)
        elif what == 7:
            device.write(f"large/{new}", line + chance.randbytes(300_000))
        elif what == 8:
            device.write(f"passing/{device.name}", line)
            time.sleep(0.002)
            device.write(f"{device.name}/kept/{new}", line)
            shutil.rmtree(device.path("passing"), ignore_errors=True)
        else:
            device.write(f"{device.name}/kept/{new}", line)
            directory = device.path(f"{device.name}/{chance.randrange(20)}")
            if os.path.isdir(directory):
                os.rename(directory, device.path(f"{device.name}/moved-{new}"))

    def end(self):
        """Stops the work and waits for its end."""
        self.ended.set()
        self.join()


class Kill(VaultTest):
    """The daemon of one device, then of the other, ended without warning."""

    turn = VaultTest.FIRST

    def test_every_invariant_holds_after_kills_under_load(self):
        kills = number("SYNC_KILLS", 60)
        each = min(kills, 20)
        print(f"\n    {kills} kills, SYNC_SEED={self.seed}")
        ada, bob = self.pair()
        tokens = Tokens()
        slowest = 0.0
        done = 0
        while done < kills:
            loads = [Load(d, tokens, self.random.randrange(1 << 32)) for d in (ada, bob)]
            for load in loads:
                load.start()
            try:
                for _ in range(min(each, kills - done)):
                    self.kill_one(self.random.choice((ada, bob)))
                    done += 1
            finally:
                for load in loads:
                    load.end()
            self.assertEqual([load.failure for load in loads], [None, None])
            for device in (ada, bob):
                device.kill()
                slowest = max(slowest, device.start())
            self.wait_in_sync(ada, bob, deadline=120)
            self.assert_converged(ada, bob)
            self.assert_kept(tokens.written, ada, bob)
        print(f"    {len(tokens.written)} edits; slowest recovery {slowest:.2f} s")
        self.assertLess(slowest, RECOVERY)

    def kill_one(self, device):
        """Ends the device's daemon after up to 0.6 s, short times being likelier; restarts it."""
        if not device.running():
            device.spawn()
        time.sleep(0.6 * self.random.random() ** 2)
        self.assertTrue(device.running(), f"the daemon ended by itself\n{device.output()}")
        device.kill()
        device.spawn()

    def test_a_kill_while_a_large_change_is_applied(self):
        ada, bob = self.pair()
        for count in range(400):
            ada.write(f"many/{count}.txt", f"first {count}\n")
        self.wait_in_sync(ada, bob)
        for round_number in range(number("SYNC_APPLY_KILLS", 5)):
            bob.stop()
            for count in range(400):
                ada.write(f"many/{count}.txt", f"round {round_number} {count}\n")
            self.wait_in_sync(ada)
            bob.spawn()
            time.sleep(0.3 * self.random.random())
            bob.kill()
            for path in bob.tree():
                if path.startswith(b"many/"):
                    self.assertRegex(bob.read(path), rb"^(first|round \d) \d+\n$", "torn")
            bob.start()
            self.wait_in_sync(ada, bob)
            self.assert_converged(ada, bob)

    def test_what_is_edited_after_a_kill_in_the_first_apply_is_kept(self):
        ada = self.device("ada")
        names = [f"many/{count:04}.md" for count in range(3_000)]
        for name in names:
            ada.write(name, f"{name}\n\nfirst\n")
        self.wait_in_sync(ada)
        bob = self.device("bob", start=False)
        bob.spawn()
        # All of it takes longer than to see a part of it, and to kill.
        wait_until(lambda: os.path.exists(bob.path(names[100])), "the first files", every=0.001)
        bob.kill()
        stand = [name for name in names if bob.read(name) is not None]
        self.assertLess(len(stand), len(names), "the apply was over")
        for name in stand[:100]:
            bob.write(name, bob.read(name).replace(b"first", b"edited"))
        bob.start()
        self.wait_in_sync(ada, bob)
        for name in names:
            # Nothing tells that it was applied: an edit may stand beside what it changed.
            if name in stand[:100]:
                self.assertIn(b"edited", ada.read(name))
            else:
                self.assertEqual(ada.read(name), f"{name}\n\nfirst\n".encode())
        self.assert_converged(ada, bob)


if __name__ == "__main__":
    unittest.main()
