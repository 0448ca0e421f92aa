"""Writers that race remote changes to the same files: no edit may be lost."""

import random
import threading
import time
import unittest

import trees
import writers
from harness import Tokens, VaultTest, number


class LiveWriters(VaultTest):
    """Six kinds of writers on one device, the same six on the other, on the same files."""

    turn = VaultTest.FIRST

    def test_no_edit_is_lost(self):
        edits = number("SYNC_EDITS", 2000)
        print(f"\n    {edits} edits, SYNC_SEED={self.seed}")
        ada, bob = self.pair()
        files = [f"race/{kind.__name__}.txt" for kind in writers.KINDS]
        for name in files:
            ada.write(name, "begin\n")
        # Keeps the directory, which a device may take away when its last draft has gone.
        ada.write("drafts/keep.txt", "begin\n")
        self.wait_in_sync(ada, bob)
        tokens = Tokens()
        failures = []
        each = -(-edits // (2 * len(files)))

        def work(device, kind, name, seed):
            chance = random.Random(seed)
            try:
                for _ in range(each):
                    kind(device.path(name), tokens.new(device.name) + b"\n")
                    # A pause of a person or a program: often none, at most half a second.
                    time.sleep(chance.choice((0, 0.005, 0.03, 0.15, 0.5)))
            except OSError as error:
                failures.append(f"{device.name} {kind.__name__}: {error!r}")

        threads = []
        for index, kind in enumerate(writers.KINDS):
            other = writers.KINDS[(index + 1) % len(writers.KINDS)]
            for device, how in ((ada, kind), (bob, other)):
                seed = self.random.randrange(1 << 32)
                threads.append(
                    threading.Thread(target=work, args=(device, how, files[index], seed))
                )
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [], "a writer was hindered")
        self.wait_in_sync(ada, bob, deadline=120)
        self.assert_converged(ada, bob)
        self.assertEqual(len(tokens.written), each * len(threads))
        self.assert_kept(tokens.written, ada, bob)
        # Without merges on the way nothing was raced, and nothing was shown.
        merges = int(trees.git(self.remote, "rev-list", "--merges", "--count", "sync"))
        commits = int(trees.git(self.remote, "rev-list", "--count", "sync"))
        print(f"    {commits} commits, {merges} of them merges")
        self.assertGreaterEqual(merges, edits // 200, "the two devices hardly met")


if __name__ == "__main__":
    unittest.main()
