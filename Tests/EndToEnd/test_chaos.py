"""Three daemons at random, over a remote that the seed chooses: see chaos.py."""

import json
import os
import time
import traceback

import chaos
from device import Device
from harness import VaultTest, number

# What continuous integration runs: the steps are the same each time, the moments are not.
SEED, SECONDS = 7, 60


class ChaosTest(VaultTest):
    """SYNC_SEED, SYNC_SECONDS, SYNC_REMOTE (path, http, https, ssh), SYNC_WITHOUT (steps and
    faults that are left out)."""

    sync = {"poll": '"1s"', "pushes": "600", "timeout": '"5s"', "max_deletes": '"100%"',
            "full_scan": '"30s"'}  # fmt: skip
    turn = VaultTest.FIRST

    def setUp(self):
        super().setUp()
        self.seed = number("SYNC_SEED", SEED)

    def _put_behind(self, kind):
        # The run has ways to its remote of its own.
        pass

    def make(self, name, url, environment):
        """A device of the run, not yet started."""
        device = Device(f"{self.top}/{name}", name)
        device.environment |= environment
        self.devices.append(device)
        device.init(url, prefix="shared")
        for key, value in self.sync.items():
            device.set("sync", key, value)
        return device

    def test_chaos(self):
        """Nothing is lost, nothing returns, nobody says what is not so, and all come to rest."""
        without = [word for word in os.environ.get("SYNC_WITHOUT", "").split(",") if word]
        run = chaos.Chaos(self.top, self.seed, os.environ.get("SYNC_REMOTE") or None, without)
        self.addCleanup(run.stop)
        began = time.monotonic()
        print(f"\n    SYNC_SEED={self.seed} over {run.kind}", flush=True)
        story = None
        try:
            run.begin(self.make)
            figures = run.run(number("SYNC_SECONDS", SECONDS))
        except Exception as error:  # Whatever it is, the script tells more.
            os.environ["SYNC_KEEP"] = "1"
            story = run.story(error)
            if not isinstance(error, AssertionError):
                story = f"{story}\n{traceback.format_exc()}"
        if story:
            self.fail(story)
        print(f"    {json.dumps(figures)} in {time.monotonic() - began:.0f} s")
