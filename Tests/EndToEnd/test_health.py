"""What a device says of its health, and of what went out and came in last."""

import json
import os
import unittest

from api import APITest, ask
from device import wait_until


class LastSync(APITest):
    """`last_sync` tells what moved, and in which direction."""

    sync = {"poll": '"1s"'}

    def moved(self, device):
        """Which directions ever moved something: to the remote, and from it."""
        last = device.status()["last_sync"]
        return (last["local_to_remote"] is not None, last["remote_to_local"] is not None)

    def test_what_a_device_made_alone_came_from_nowhere(self):
        ways = {
            "once": lambda device: device.once(),
            "sync": lambda device: device.ctl("sync"),
            "flush": lambda device: (device.start(), device.ctl("flush", "--pushed")),
        }
        for number, (name, way) in enumerate(ways.items()):
            with self.subTest(name):
                self.url = f"{self.top}/{name}.git"
                os.system(f"git init -q --bare --initial-branch=sync {self.url}")
                ada = self.device(f"ada{number}", start=False)
                ada.write("a.md", "made here")
                way(ada)
                self.assertEqual(self.moved(ada), (True, False))
                ada.write("b.md", "made here, too")
                way(ada) if name != "flush" else ada.ctl("flush", "--pushed")
                self.assertEqual(self.moved(ada), (True, False))
                bob = self.device(f"bob{number}", start=False)
                if name == "flush":
                    bob.start()
                    wait_until(lambda: bob.read("b.md"), bob.output)
                    wait_until(lambda: bob.status()["state"] == "in-sync", bob.output)
                else:
                    way(bob)
                self.assertEqual(self.moved(bob), (False, True))
                with open(f"{bob.state}/state.json", encoding="utf-8") as file:
                    told = json.load(file)["last_sync"]
                if name != "flush":
                    self.assertEqual(told, bob.status()["last_sync"])

    def test_an_edit_of_another_device_comes_in(self):
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        ada.write("a.md", "one")
        for device in (ada, bob):
            device.once()
        bob.write("b.md", "two")
        bob.once()
        self.assertEqual(self.moved(ada), (True, False))
        ada.once()
        self.assertEqual(self.moved(ada), (True, True))
        self.assertEqual(self.moved(bob), (True, True))


    def test_a_version_is_of_the_device_that_made_it(self):
        """Whichever commit brought it, and in whatever merge."""
        ada, bob, eve = (self.device(name, start=False) for name in ("ada", "bob", "eve"))
        ada.write("base.md", "base")
        for device in (ada, bob, eve):
            device.once()
        ada.write("a.md", "of ada")
        bob.write("b.md", "of bob")
        for device in (ada, bob, ada):
            device.once()
        ada.write("later.md", "of ada, later")
        for device in (ada, bob, eve):
            device.once()
        for device in (ada, bob, eve):
            with open(f"{device.state}/state.json", encoding="utf-8") as file:
                files = json.load(file)["files"]
            made = {"base.md": ada, "a.md": ada, "b.md": bob, "later.md": ada}
            for name, maker in made.items():
                self.assertEqual(
                    files[f"shared/files/{name}"]["source"],
                    "local" if maker is device else maker.name, (device.name, name))


class Health(APITest):
    """`sync_health` and `/health` say the same as the state."""

    sync = {"poll": '"1s"'}

    def wait_for(self, device, state):
        """The status once the vault is in a state."""
        return wait_until(
            lambda: (lambda told: told if told["state"] == state else None)(device.status()),
            device.output)  # fmt: skip

    def test_a_vault_that_waits_for_somebody_is_not_healthy(self):
        ada = self.listening()
        for number in range(30):
            ada.write(f"{number}.md", f"{number}")
        ada.ctl("flush", "--pushed")
        os.rename(ada.folder, f"{ada.folder}.away")
        self.assert_failing(ada, self.wait_for(ada, "blocked"))
        os.rename(f"{ada.folder}.away", ada.folder)
        self.assertEqual(self.wait_for(ada, "in-sync")["sync_health"]["status"], "healthy")
        for number in range(25):
            os.unlink(ada.path(f"{number}.md"))
        self.assert_failing(ada, self.wait_for(ada, "blocked"))
        ada.stop()
        told = ada.status()
        self.assertEqual((told["state"], told["sync_health"]["status"]), ("blocked", "failing"))

    def assert_failing(self, device, told):
        """The status says why, and /health the same."""
        self.assertEqual(told["sync_health"]["status"], "failing")
        self.assertIn(told["sync_health"]["last_error"], told["notices"][0])
        self.assertEqual(ask(device.port, "GET", "/health").status, 503)

    def test_a_pause_is_no_failure(self):
        ada = self.listening()
        ada.write("a.md", "one")
        ada.ctl("flush", "--pushed")
        os.rename(self.remote, f"{self.remote}.away")
        wait_until(
            lambda: ada.status()["sync_health"]["consecutive_failures"] > 0, ada.output)
        ada.ctl("pause")
        told = self.wait_for(ada, "paused")
        self.assertEqual(
            told["sync_health"],
            {"status": "healthy", "last_error": None, "consecutive_failures": 0})
        self.assertEqual((told["offline_since"], told["notices"]), (None, []))
        self.healthy(ada)
        ada.ctl("resume")
        wait_until(
            lambda: ada.status()["sync_health"]["consecutive_failures"] > 0, ada.output)
        os.rename(f"{self.remote}.away", self.remote)
        self.wait_for(ada, "in-sync")


if __name__ == "__main__":
    unittest.main()
