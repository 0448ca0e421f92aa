"""Several devices that write all the time to one remote on a path: none waits long for its turn."""

import json
import threading
import time

import trees
from device import PREFIX
from harness import VaultTest, number

SECONDS = number("SYNC_TURN_SECONDS", 20)
# Of three such devices one waited for 30 to 62 s before they took turns.
MOST = 10.0


class Turns(VaultTest):
    """Each device writes twice a second, one file of its own anew, and events at the end of one."""

    def writes(self, device, stop, sent):
        while not stop.wait(0.25 + 0.5 * self.random.random()):
            device.write(f"notes/{device.name}.md", f"{len(sent)}\n")
            event = f"tok-{device.name}-{len(sent)}-end"
            with open(device.path(f"{device.name}.jsonl"), "a", encoding="ascii") as file:
                file.write(json.dumps({"id": event}) + "\n")
            sent.append((time.monotonic(), event.encode()))

    def late(self, device, sent):
        """For how long the oldest event has waited that is not at the remote."""
        name = f"sync:{PREFIX}/{device.name}.jsonl"
        there = trees.git(self.remote, "show", name, check=False)
        for when, event in list(sent):
            if event not in there:
                return time.monotonic() - when
        return 0.0

    def test_the_slowest_of_three_waits_no_longer_than_ten_seconds(self):
        devices = [self.device(name) for name in ("ada", "bob", "cyd")]
        stop, sent = threading.Event(), {device.name: [] for device in devices}
        threads = [
            threading.Thread(target=self.writes, args=(device, stop, sent[device.name]))
            for device in devices
        ]
        for thread in threads:
            thread.start()
        worst = dict.fromkeys(sent, 0.0)
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                for device in devices:
                    late = self.late(device, sent[device.name])
                    worst[device.name] = max(worst[device.name], late)
                time.sleep(0.2)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        words = ", ".join(f"{name} {late:.1f} s" for name, late in worst.items())
        print(f"longest wait in {SECONDS} s: {words}; writes {[len(of) for of in sent.values()]}")
        self.assertLess(max(worst.values()), MOST, words)
        self.wait_in_sync(*devices)
        for of in sent.values():
            self.assert_kept([event for _, event in of], *devices)

    test_the_slowest_of_three_waits_no_longer_than_ten_seconds.turn = VaultTest.ALONE
