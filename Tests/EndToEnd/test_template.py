"""`syncctl init --template`: the rules of the example layout hold where it lands."""

import os
import subprocess
import unittest

from device import ROOT, Device
from harness import VaultTest

RULES = {
    "memories/ada/index.meta": "simple", "memories/ada/memories.json": "memory",
    "documents/index.json": "memory", "settings/preferences.json": "simple",
    "events/log.jsonl": "event", "conversations/index.json": "memory",
}  # fmt: skip


class Template(VaultTest):
    """By syncd, and by git itself."""

    def vault(self, name, prefix):
        """A new vault with the layout in its one folder."""
        device = Device(f"{self.top}/{name}", name)
        device.environment["SYNCD_TEMPLATE"] = f"{ROOT}/shared"
        self.devices.append(device)
        remote = f"{self.top}/{name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", remote], check=True)
        device.ctl(
            "init", "--remote", remote, "--folder", f"{device.folder}={prefix}", "--device", name,
            "--template", expect=(0,))  # fmt: skip
        device.set("http", "listen", '""')
        self.assertEqual(device.once().returncode, 0)
        copy = f"{self.top}/{name}-copy"
        subprocess.run(["git", "clone", "-q", "-b", "sync", remote, copy], check=True)
        return device, copy

    def test_its_rules_hold(self):
        for name, prefix, above in (("ada", "", "shared/"), ("bob", "shared", "shared/")):
            device, copy = self.vault(name, prefix)
            self.assertTrue(os.path.exists(device.path(".gitattributes")))
            for path, kind in RULES.items():
                with self.subTest(prefix, path=path):
                    self.check(device, copy, above + path, kind)

    def test_those_of_a_part_hold_there(self):
        device, copy = self.vault("ada", "shared/memories")
        for path in ("memories/ada/index.meta", "memories/ada/memories.json"):
            self.check(device, copy, f"shared/{path}", RULES[path])
        self.assertTrue(os.path.exists(device.path(".gitattributes")))

    def check(self, device, copy, path, kind):
        """The type of a path."""
        said = device.ctl("type", path).stdout
        self.assertIn(kind, said.split())
        self.assertIn("gitattributes", said)
        by_git = subprocess.run(
            ["git", "-C", copy, "check-attr", "sync", "--", path], check=True,
            capture_output=True, text=True).stdout  # fmt: skip
        self.assertEqual(by_git.split(": ")[2].strip(), kind)


if __name__ == "__main__":
    unittest.main()
