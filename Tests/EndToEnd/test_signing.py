"""Capture commits with signatures that git itself finds good."""

import os
import subprocess
import unittest

import trees
from device import wait_until
from harness import VaultTest


class Signing(VaultTest):
    """Keys made for the test alone."""

    def ssh_key(self):
        """An ssh key and the file that lets it sign; gives the key's path."""
        key = f"{self.top}/key"
        self.run_quietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key)
        with open(f"{key}.pub", encoding="utf-8") as file:
            public = file.read()
        with open(f"{self.top}/allowed", "w", encoding="utf-8") as file:
            file.write(f"ada@syncd.invalid {public}")
        return key

    def gpg_home(self):
        """A key ring with one key that asks for nothing; gives its directory."""
        home = f"{self.top}/gnupg"
        os.mkdir(home, 0o700)
        self.addCleanup(
            subprocess.run, ["gpgconf", "--homedir", home, "--kill", "all"], check=False
        )
        self.run_quietly(
            "gpg", "--homedir", home, "--batch", "--passphrase", "", "--quick-gen-key",
            "ada@syncd.invalid", "ed25519", "sign",
        )  # fmt: skip
        return home

    def run_quietly(self, *words):
        """Runs a program that has to succeed."""
        subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def verify(self, device, **environment):
        """What git says of the signature of the head."""
        head = trees.head(device.repository)
        done = subprocess.run(
            ["git", "-C", device.repository, "-c", "safe.directory=*", "-c",
             f"gpg.ssh.allowedSignersFile={self.top}/allowed", "verify-commit", head],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.decode()

    def signed(self, sign, key=None):
        """A device that signs and has committed one file."""
        ada = self.device("ada", start=False)
        ada.set("commit", "sign", f'"{sign}"')
        if key:
            ada.set("commit", "signing_key", f'"{key}"')
        ada.start()
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)
        return ada

    def test_ssh(self):
        ada = self.signed("ssh", self.ssh_key())
        code, words = self.verify(ada)
        self.assertEqual(code, 0, words)
        self.assertIn('Good "git" signature for ada@syncd.invalid', words)
        shown = trees.git(
            ada.repository, "-c", f"gpg.ssh.allowedSignersFile={self.top}/allowed",
            "log", "--show-signature", "-1", "sync",
        ).decode()  # fmt: skip
        self.assertIn('Good "git" signature', shown)
        self.assertEqual(trees.fsck(self.remote), [])

    def test_openpgp(self):
        home = self.gpg_home()
        self.environment = {"GNUPGHOME": home}
        ada = self.signed("openpgp", "ada@syncd.invalid")
        code, words = self.verify(ada, GNUPGHOME=home)
        self.assertEqual(code, 0, words)
        self.assertIn("Good signature", words)

    def test_the_git_configuration_of_the_user(self):
        key = self.ssh_key()
        with open(f"{key}.pub", encoding="utf-8") as file:
            public = file.read().strip()
        configuration = f"{self.top}/gitconfig"
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = {key}\n")
        self.environment = {"GIT_CONFIG_GLOBAL": configuration, "GIT_CONFIG_NOSYSTEM": "1"}
        ada = self.signed("git")
        self.assertEqual(self.verify(ada)[0], 0)
        # A public key, whose other half an agent has.
        socket = f"{self.top}/agent"
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        wait_until(lambda: os.path.exists(socket), "no agent")
        subprocess.run(
            ["ssh-add", "-q", key], env={**os.environ, "SSH_AUTH_SOCK": socket}, check=True
        )
        os.unlink(key)
        ada.stop()
        ada.environment["SSH_AUTH_SOCK"] = socket
        ada.set("commit", "sign", '"ssh"')
        ada.set("commit", "signing_key", f'"{public}"')
        ada.start()
        ada.write("a.md", "two\n")
        self.wait_in_sync(ada)
        code, words = self.verify(ada)
        self.assertEqual(code, 0, words)

    def test_an_edit_never_waits_for_its_signature(self):
        ada = self.signed("ssh", f"{self.top}/no-such-key")
        self.assertNotEqual(self.verify(ada)[0], 0)
        status = ada.status()
        self.assertIn("not signed", " ".join(status["notices"]))
        self.assertEqual(status["sync_health"]["status"], "degraded")
        # Over a restart too, and until a commit could be signed again.
        ada.stop()
        ada.start()
        self.assertIn("not signed", " ".join(ada.status()["notices"]))
        os.rename(self.ssh_key(), f"{self.top}/no-such-key")
        ada.write("a.md", "two\n")
        self.wait_in_sync(ada)
        wait_until(lambda: ada.status()["notices"] == [], ada.status)
        self.assertEqual(self.verify(ada)[0], 0)

    def test_merges_are_the_same_on_all_devices_and_not_signed(self):
        key = self.ssh_key()
        ada, bob = self.signed("ssh", key), self.device("bob")
        self.wait_in_sync(ada, bob)
        ada.stop()
        bob.stop()
        ada.write("a.md", "ada\n")
        bob.write("b.md", "bob\n")
        ada.start()
        bob.start()
        self.wait_in_sync(ada, bob)
        merge = trees.git(ada.repository, "rev-list", "--merges", "-1", "sync").decode().strip()
        self.assertNotIn(b"gpgsig", trees.git(ada.repository, "cat-file", "commit", merge))
        self.assert_converged(ada, bob)


if __name__ == "__main__":
    unittest.main()
