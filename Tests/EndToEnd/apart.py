"""Devices that do not see each other for a while, and what they know of conflicts."""

import json
import os

import trees
from device import PREFIX
from harness import VaultTest

PICTURE = b"\0picture of "
ATTRIBUTES = "* sync=document\n*.jsonl sync=memory\n*.yaml sync=document sync-markers=off\n"


class ApartTest(VaultTest):
    """Two devices in sync, without daemons, and what each does offline."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.clock = 1_700_000_000

    def meet(self, rounds=3):
        """Both see what the other did; a round more changes nothing."""
        for _ in range(rounds):
            self.ada.once()
            self.bob.once()
        head = trees.head(self.remote)
        for device in (self.ada, self.bob):
            self.assertEqual(device.once().returncode, 10 if device.status()["conflicts"] else 0)
        self.assertEqual(trees.head(self.remote), head, "another round made a commit")
        self.assert_converged(self.ada, self.bob)

    def start(self, **files):
        """Both have some files."""
        for name, content in {".gitattributes": ATTRIBUTES, "x.md": "x\n", **files}.items():
            self.ada.write(name, content)
        self.meet(2)

    def apart(self, *steps):
        """What each device does while the remote is away, each captured in its turn."""
        os.rename(self.remote, f"{self.remote}.away")
        for device, step in steps:
            step(device)
            device.once()
        os.rename(f"{self.remote}.away", self.remote)

    def write(self, **files):
        """A step that writes files, or takes them away, each later than the one before."""

        def step(device):
            for name, content in files.items():
                name = name.replace("__", "/").replace("_", ".")
                if content is None:
                    os.unlink(device.path(name))
                    continue
                device.write(name, content)
                self.clock += 10
                os.utime(device.path(name), (self.clock, self.clock))

        return step

    @staticmethod
    def move(old, new):
        return lambda device: os.rename(device.path(old), device.path(new))

    @staticmethod
    def resolve(name, choice):
        return lambda device: device.ctl("resolve", device.path(name), choice)

    def names(self, device=None):
        """What a device has beside the files of each test."""
        names = {os.fsdecode(name) for name in (device or self.ada).tree()}
        return sorted(names - {".gitattributes", "x.md"})

    def copies(self):
        return [name for name in self.names() if ".conflict-" in name]

    def history_has(self, content):
        """Whether a commit that the branch reaches has a file of this content."""
        blob = trees.blob_id(content)
        objects = trees.git(self.ada.repository, "rev-list", "--objects", "sync").decode()
        return blob in objects

    @staticmethod
    def replace(name, old, new):
        """A step that edits a text."""

        def step(device):
            text = device.read(name).decode()
            assert old in text, text
            device.write(name, text.replace(old, new))

        return step

    def listed(self):
        """The paths of open conflicts."""
        listed = json.loads(self.ada.ctl("conflicts", "--json", expect=(0, 10)).stdout)
        return [found["path"].removeprefix(f"{PREFIX}/") for found in listed]
