"""The user's git configuration and variables: they are of other repositories, and stop nothing."""

import glob
import json
import os
import subprocess
import unittest

import trees
from device import PREFIX, Device
from harness import VaultTest

# Each by itself would stop git, or send it to another repository.
CONFIGURATIONS = {
    "hardened": "[safe]\n\tbareRepository = explicit\n\tdirectory = /nowhere\n",
    "sha256": "[init]\n\tdefaultObjectFormat = sha256\n\tdefaultRefFormat = reftable\n",
    "odd": "[core]\n\tbare = false\n\tworktree = /etc\n[fsck]\n\tskipList = /nonexistent\n",
    "broken": "[core\n\tbroken = = =\n",
}
VARIABLES = {
    "places": {"GIT_DIR": "TOP/x.git", "GIT_WORK_TREE": "TOP/x", "GIT_COMMON_DIR": "TOP/x.git",
               "GIT_INDEX_FILE": "TOP/index", "GIT_NAMESPACE": "other"},
    "objects": {"GIT_OBJECT_DIRECTORY": "TOP/x.git/objects", "GIT_SHALLOW_FILE": "TOP/shallow",
                "GIT_QUARANTINE_PATH": "TOP/q"},
    "formats": {"GIT_DEFAULT_HASH": "sha256", "GIT_DEFAULT_REF_FORMAT": "reftable",
                "GIT_TEMPLATE_DIR": "TOP/nowhere", "GIT_ALLOW_PROTOCOL": "none"},
    "settings": {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare",
                 "GIT_CONFIG_VALUE_0": "false",
                 "GIT_CONFIG_PARAMETERS": "'core.worktree'='/etc'", "GIT_CONFIG": "TOP/c"},
}  # fmt: skip


class GitAround(VaultTest):
    """A vault without a remote: its repository is all there is."""

    def vault(self):
        """A device that stands still, with a history of two commits."""
        ada = Device(f"{self.top}/ada", "ada")
        self.devices.append(ada)
        ada.ctl("init", "--folder", f"{ada.folder}={PREFIX}", "--device", "ada", expect=(0,))
        for text in ("one\n", "two\n"):
            ada.write("a.md", text)
            self.assertEqual(ada.once().returncode, 0)
        return ada

    def findings(self, device, command, code):
        """The findings of `verify` or `doctor` by what was looked at."""
        found = json.loads(device.ctl(command, "--json", expect=(code,)).stdout)
        return {entry["check"]: entry for entry in found}

    def all_works(self, ada, turn):
        """`verify`, `doctor`, `backup` and `init --from-backup`."""
        found = self.findings(ada, "verify", 0)
        self.assertEqual({entry["state"] for entry in found.values()}, {"ok"}, found)
        self.assertEqual(self.findings(ada, "doctor", 0)["repository"]["state"], "ok")
        backups = f"{self.top}/backups-{turn}/"
        ada.ctl("backup", backups, expect=(0,))
        ada.write("a.md", f"{turn}\n")
        self.assertEqual(ada.once().returncode, 0)
        ada.ctl("backup", backups, expect=(0,))
        bob = Device(f"{self.top}/bob-{turn}", "bob")
        bob.environment |= {key: value for key, value in ada.environment.items()
                            if key.startswith("GIT_")}  # fmt: skip
        with open(f"{ada.home}/user/.gitconfig", encoding="utf-8") as file:
            text = file.read()
        with open(f"{bob.home}/user/.gitconfig", "w", encoding="utf-8") as file:
            file.write(text)
        bob.ctl("init", "--folder", f"{bob.folder}={PREFIX}", "--device", "bob",
                "--from-backup", backups, expect=(0,))  # fmt: skip
        self.assertEqual(bob.once().returncode, 0)
        self.assertEqual(bob.read("a.md"), f"{turn}\n".encode())

    def configure(self, device, text):
        """Writes the user's git configuration."""
        with open(f"{device.home}/user/.gitconfig", "w", encoding="utf-8") as file:
            file.write(text)

    def test_configurations(self):
        ada = self.vault()
        for name, text in CONFIGURATIONS.items():
            with self.subTest(name):
                self.configure(ada, text)
                self.all_works(ada, name)

    def test_variables(self):
        ada = self.vault()
        self.configure(ada, "")
        plain = dict(ada.environment)
        for name, variables in VARIABLES.items():
            with self.subTest(name):
                ada.environment = plain | {
                    key: value.replace("TOP", self.top) for key, value in variables.items()
                }
                self.all_works(ada, name)
        self.assertEqual([place for place in os.listdir(self.top) if place.startswith("x")], [])

    def test_a_repository_of_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        ada = self.vault()
        subprocess.run(["chown", "-R", "65534:65534", ada.repository], check=True)
        self.assertEqual(self.findings(ada, "verify", 0)["git"]["state"], "ok")
        self.assertEqual(self.findings(ada, "doctor", 0)["repository"]["state"], "ok")

    def test_a_broken_configuration_is_named(self):
        ada = self.vault()
        self.configure(ada, CONFIGURATIONS["broken"])
        found = self.findings(ada, "doctor", 0)["git"]
        self.assertEqual(found["state"], "warn")
        self.assertIn("bad config", found["message"])
        self.assertNotIn("apt install", found["mend"])

    def test_a_git_that_cannot_look(self):
        ada = self.vault()
        programs = f"{self.top}/programs"
        os.mkdir(programs)
        for script, words in (
            ("echo 'fatal: not today' >&2; exit 128", "not today"),
            ("echo 'error: unknown option' >&2; exit 129", "unknown option"),
            ("kill -9 $$", "did not come to an end"),
        ):
            with self.subTest(script):
                with open(f"{programs}/git", "w", encoding="utf-8") as file:
                    file.write(f"#!/bin/sh\n{script}\n")
                os.chmod(f"{programs}/git", 0o755)
                path = ada.environment["PATH"]
                ada.environment["PATH"] = f"{programs}:{path}"
                for command, check in (("verify", "git"), ("doctor", "repository")):
                    found = self.findings(ada, command, 0)[check]
                    self.assertEqual(found["state"], "warn", found)
                    self.assertIn(words, found["message"])
                    self.assertNotIn("copy", found["mend"])
                    self.assertNotIn(".damaged", found["mend"])
                    self.assertNotIn("apt install", found["mend"])
                self.assertNotIn("no git program",
                                 self.findings(ada, "doctor", 0)["git"]["message"])  # fmt: skip
                ada.environment["PATH"] = path

    def test_damage_is_still_damage(self):
        """Git gives up at once in some of it; and nobody is told to put the one copy away."""
        ada = self.vault()
        old = trees.git(ada.repository, "rev-parse", f"sync:{PREFIX}/a.md").decode().strip()
        for pack in glob.glob(f"{ada.repository}/objects/pack/*.pack"):
            moved = f"{self.top}/moved.pack"
            os.rename(pack, moved)
            os.remove(f"{pack[:-5]}.idx")
            with open(moved, "rb") as file:
                subprocess.run(["git", "-C", ada.repository, "unpack-objects", "-q"], stdin=file,
                               check=True)  # fmt: skip
        loose = f"{ada.repository}/objects/{old[:2]}/{old[2:]}"
        os.chmod(loose, 0o600)
        with open(loose, "wb") as file:
            file.write(b"rotten")
        self.assertEqual(self.findings(ada, "verify", 1)["git"]["state"], "fail")
        os.remove(loose)
        self.assertEqual(self.findings(ada, "verify", 1)["git"]["state"], "fail")
        found = self.findings(ada, "doctor", 1)["repository"]
        self.assertEqual(found["state"], "fail")
        self.assertIn("backup", found["mend"])
        self.assertNotIn("anew", found["mend"])


if __name__ == "__main__":
    unittest.main()
