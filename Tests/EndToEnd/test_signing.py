"""Capture commits with signatures that git finds good, and others' commits with none."""

import os
import re
import subprocess
import time
import unittest

import trees
from device import wait_until
from harness import VaultTest


class Keys(VaultTest):
    """Keys made for the test alone."""

    def make_key(self, name):
        """An ssh key; gives its path."""
        key = f"{self.top}/{name}.key"
        self.run_quietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key)
        return key

    def ssh_key(self):
        """An ssh key and the file that lets it sign; gives the key's path."""
        key = self.make_key("key")
        with open(f"{key}.pub", encoding="utf-8") as file:
            public = file.read()
        with open(f"{self.top}/allowed", "w", encoding="utf-8") as file:
            file.write(f"ada@syncd.invalid {public}")
        return key

    def gpg_home(self, name="gnupg", key=True):
        """A key ring, with one key that asks for nothing; gives its directory."""
        home = f"{self.top}/{name}"
        os.mkdir(home, 0o700)
        self.addCleanup(
            subprocess.run, ["gpgconf", "--homedir", home, "--kill", "all"], check=False
        )
        if key:
            self.run_quietly(
                "gpg", "--homedir", home, "--batch", "--passphrase", "", "--quick-gen-key",
                "ada@syncd.invalid", "ed25519", "sign",
            )  # fmt: skip
        return home

    def gpg(self, home, *words, given=b""):
        """What gpg says over a key ring."""
        return subprocess.run(
            ["gpg", "--homedir", home, "--batch", *words], input=given, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ).stdout  # fmt: skip

    def git_configuration(self, text):
        """Makes this the git configuration of the devices that come."""
        path = f"{self.top}/gitconfig"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.environment |= {"GIT_CONFIG_GLOBAL": path, "GIT_CONFIG_NOSYSTEM": "1"}

    def run_quietly(self, *words):
        """Runs a program that has to succeed."""
        subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Signing(Keys):
    """This device's own commits."""

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
        self.git_configuration(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = {key}\n")
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


class Refusing(Keys):
    """`require_signed`: what comes in is signed, or a merge that this device would make."""

    def setUp(self):
        super().setUp()
        self.allowed = []
        self.git_configuration(f'[gpg "ssh"]\n\tallowedSignersFile = {self.top}/allowed\n')
        with open(f"{self.top}/allowed", "w", encoding="utf-8"):
            pass

    def allow(self, name):
        """Lets an ssh key sign."""
        with open(f"{self.top}/{name}.key.pub", encoding="utf-8") as key:
            with open(f"{self.top}/allowed", "a", encoding="utf-8") as file:
                file.write(f"{name}@syncd.invalid {key.read()}")

    def member(self, name, allowed=True, start=True, **commit):
        """A device with an ssh key of its own that signs; `commit` adds keys to [commit]."""
        self.make_key(name)
        if allowed:
            self.allow(name)
        device = self.device(name, start=False)
        device.set("commit", "sign", '"ssh"')
        device.set("commit", "signing_key", f'"{self.top}/{name}.key"')
        for key, value in commit.items():
            device.set("commit", key, value)
        if start:
            device.start()
        return device

    def strict(self, name, **commit):
        """One that refuses what is not signed."""
        return self.member(name, require_signed="true", **commit)

    def refused(self, device, *words):
        """Waits until the device is blocked over a commit, with these words; gives the words."""

        def said():
            status = device.status()
            text = " ".join(status["notices"])
            blocked = status["state"] == "blocked" and "is not taken in" in text
            return text if blocked and all(word in text for word in words) else None

        return wait_until(said, lambda: f"{words}\n{device.status()}\n{device.output()}")

    def change(self, device, section, **keys):
        """Changes the configuration of a running device."""
        for key, value in keys.items():
            device.set(section, key, value)
        device.ctl("reload")
        wait_until(lambda: device.status()["daemon"] == "running", device.output)

    def test_what_is_not_signed_is_named_and_stays_out(self):
        ada, bob = self.member("ada"), self.strict("bob")
        ada.write("a.md", "signed\n")
        bob.write("b.md", "signed\n")
        self.wait_in_sync(ada, bob)
        self.change(ada, "commit", sign='"off"')
        ada.write("plain.md", "unsigned\n")
        bad = wait_until(lambda: self.subject_at_remote("plain.md"), "it was not pushed")
        self.refused(bob, bad[:8], "by ada <ada@syncd.invalid>", "it is not signed", bad,
                     "trusted", "require_signed")  # fmt: skip
        self.assertIsNone(bob.read("plain.md"))
        # Captures go on, and nothing of it is pushed over what is refused.
        bob.write("mine.md", "mine\n")
        wait_until(lambda: bob.status()["pending"]["commits_to_push"] == 1, bob.output)
        self.assertIn("mine.md", trees.git(
            bob.repository, "log", "-1", "--name-only", "--format=", "sync").decode())  # fmt: skip
        done = bob.ctl("sync", expect=(1,))
        self.assertIn("it is not signed", done.stderr)
        self.assertEqual(trees.head(self.remote), bad)
        # Said without the daemon too, and after a restart.
        bob.stop()
        status = bob.status()
        self.assertEqual(status["state"], "blocked")
        self.assertIn("it is not signed", str(status["notices"]))
        self.assertIn("it is not signed", bob.once().stderr)
        # This one may come in, and no other.
        bob.set("commit", "trusted", f'"{bad}"')
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("mine.md"), b"mine\n")
        ada.write("plain.md", "unsigned again\n")
        self.refused(bob, "it is not signed")
        self.change(bob, "commit", require_signed="false")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("plain.md"), b"unsigned again\n")
        self.assert_converged(ada, bob)

    def subject_at_remote(self, path):
        """The newest commit of the remote, once it changes a path."""
        found = trees.git(self.remote, "log", "-1", "--name-only", "--format=%H", "sync").decode()
        return found.split("\n")[0] if f"/{path}" in found else None

    def test_a_key_that_nobody_knows_until_somebody_does(self):
        bob = self.strict("bob")
        ada = self.member("ada", allowed=False)
        ada.write("a.md", "one\n")
        self.refused(bob, "the key that signed it", "SHA256:", "does not stand in")
        self.allow("ada")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("a.md"), b"one\n")
        # A key that is revoked is not known any more.
        with open(f"{self.top}/ada.key.pub", encoding="utf-8") as key:
            with open(f"{self.top}/revoked", "w", encoding="utf-8") as file:
                file.write(key.read())
        self.git_configuration(
            f'[gpg "ssh"]\n\tallowedSignersFile = {self.top}/allowed\n'
            f"\trevocationFile = {self.top}/revoked\n")
        ada.write("a.md", "two\n")
        self.refused(bob, "its signature is bad", "revoked")
        self.assertEqual(bob.read("a.md"), b"one\n")

    def test_a_commit_that_somebody_changed_is_refused(self):
        bob, ada = self.strict("bob", start=False), self.member("ada")
        ada.write("a.md", "ten\n")
        self.wait_in_sync(ada)
        ada.stop()
        content = trees.git(self.remote, "cat-file", "commit", "sync")
        self.push(content.replace(b"a.md", b"b.md"))
        bob.start()
        self.refused(bob, "its signature is bad")
        self.assertIsNone(bob.read("a.md"))
        # What looks like a signature, and two of them.
        head, _, rest = content.partition(b"gpgsig ")
        self.push(head + b"gpgsig nonsense\n" + rest.partition(b"-----END SSH SIGNATURE-----\n")[2])
        self.refused(bob, "neither of ssh nor of OpenPGP")
        self.push(head + b"gpgsig one\ngpgsig " + rest)
        self.refused(bob, "more than one signature")

    def test_what_git_signs_comes_in(self):
        bob = self.strict("bob")
        self.make_key("eve")
        bob.write("a.md", "a\n")
        self.wait_in_sync(bob)
        long = "eve\n\n" + "a long message\n" * 50_000
        subprocess.run(
            ["git", "-C", self.remote, "-c", "gpg.format=ssh", "-c",
             f"user.signingkey={self.top}/eve.key", "-c", "user.name=Eve", "-c",
             "user.email=eve@example.org", "commit-tree", "-S", "-p", "sync", "-F", "-",
             "sync^{tree}"],
            input=long.encode(), stdout=(made := open(f"{self.top}/made", "w+b")), check=True,
        )  # fmt: skip
        with made:
            made.seek(0)
            head = made.read().strip()
        trees.git(self.remote, "update-ref", "refs/heads/sync", head)
        self.refused(bob, "by Eve <eve@example.org>", "does not stand in")
        self.allow("eve")
        self.wait_in_sync(bob)

    def push(self, content):
        """Makes a commit of these bytes the remote's head."""
        made = subprocess.run(
            ["git", "-C", self.remote, "hash-object", "-t", "commit", "-w", "--stdin"],
            input=content, stdout=subprocess.PIPE, check=True,
        ).stdout.decode().strip()  # fmt: skip
        trees.git(self.remote, "update-ref", "refs/heads/sync", made)
        return made

    def test_merges_that_devices_make_pass_and_a_forged_one_does_not(self):
        ada, bob = self.strict("ada"), self.strict("bob")
        carol = self.strict("carol", start=False)
        ada.write("a.md", "a\n")
        bob.write("b.md", "b\n")
        self.wait_in_sync(ada, bob)
        for round_ in range(3):
            ada.stop()
            bob.stop()
            ada.write("note.md", f"ada {round_}\n")
            bob.write("note.md", f"bob {round_}\n")
            bob.write(f"b{round_}.md", "b\n")
            ada.start()
            bob.start()
            self.wait_in_sync(ada, bob)
        merges = trees.git(self.remote, "rev-list", "--merges", "sync").decode().split()
        self.assertGreaterEqual(len(merges), 3)
        good = trees.head(self.remote)
        ada.stop()
        bob.stop()
        # The newest merge again, with the tree of one of its parents.
        content = trees.git(self.remote, "cat-file", "commit", merges[0])
        other = trees.git(self.remote, "rev-parse", f"{merges[0]}^1^{{tree}}").strip()
        forged = self.push(b"tree " + other + content[45:])
        carol.start()
        self.refused(carol, forged[:8], "by syncd merge", "gives another")
        self.assertEqual(carol.tree(), {})
        # By other software.
        foreign = self.push(content.replace(b"merge@syncd.invalid", b"merge@example.org"))
        self.refused(carol, foreign[:8], "a merge that is not signed")
        newer = self.push(content.replace(b"Sync-Merge-Version: 9", b"Sync-Merge-Version: 10"))
        self.refused(carol, newer[:8], "rules of version 10")
        trees.git(self.remote, "update-ref", "refs/heads/sync", good)
        ada.start()
        bob.start()
        self.wait_in_sync(ada, bob, carol)
        self.assert_converged(ada, bob, carol)

    def test_a_rewritten_remote_with_unsigned_commits_is_no_choice(self):
        ada, bob = self.member("ada"), self.strict("bob")
        ada.write("a.md", "a\n")
        self.wait_in_sync(ada, bob)
        ada.stop()
        tree = trees.git(self.remote, "rev-parse", "sync^{tree}").strip()
        who = b"m <m@example.org> 1 +0000"
        self.push(b"tree " + tree + b"\nauthor " + who + b"\ncommitter " + who + b"\n\nm\n")
        wait_until(lambda: bob.status()["state"] == "blocked", bob.output)
        for choice in ("accept", "restore"):
            done = bob.ctl("remote", choice, expect=(1,))
            self.assertIn("it is not signed", done.stderr)
        self.assertEqual(bob.read("a.md"), b"a\n")

    def test_openpgp(self):
        home = self.gpg_home()
        self.environment |= {"GNUPGHOME": home}
        ada = self.device("ada", start=False)
        ada.set("commit", "sign", '"openpgp"')
        ada.set("commit", "signing_key", '"ada@syncd.invalid"')
        other = self.gpg_home("other", key=False)
        self.environment |= {"GNUPGHOME": other}
        bob = self.strict("bob")
        ada.start()
        ada.write("a.md", "one\n")
        self.refused(bob, "not known to gpg")
        public = self.gpg(home, "--armor", "--export")
        self.gpg(other, "--import", given=public)
        self.refused(bob, "is not trusted")
        print_ = re.search(rb"fpr:+([0-9A-F]{40}):", self.gpg(home, "-K", "--with-colons"))[1]
        self.gpg(other, "--import-ownertrust", given=print_ + b":6:\n")
        self.wait_in_sync(ada, bob)
        with open(f"{home}/openpgp-revocs.d/{print_.decode()}.rev", "rb") as file:
            self.gpg(other, "--import", given=file.read().replace(b"\n:-----", b"\n-----"))
        ada.write("a.md", "two\n")
        self.refused(bob, "was revoked")
        self.assertEqual(bob.read("a.md"), b"one\n")

    def test_checking_holds_up_nobody(self):
        slow = f"{self.top}/slow"
        with open(slow, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\ntouch {self.top}/asked; sleep 3; exec ssh-keygen "$@"\n')
        os.chmod(slow, 0o755)
        ada, bob = self.member("ada"), self.strict("bob", start=False)
        ada.write("a.md", "a\n")
        self.wait_in_sync(ada)
        self.git_configuration(
            f'[gpg "ssh"]\n\tallowedSignersFile = {self.top}/allowed\n\tprogram = {slow}\n')
        bob.set("commit", "sign", '"off"')
        bob.start()
        wait_until(lambda: os.path.exists(f"{self.top}/asked"), bob.output)
        began = time.monotonic()
        bob.write("b.md", "b\n")
        wait_until(lambda: trees.head(bob.repository), bob.output)
        self.assertEqual(bob.status()["daemon"], "running")
        self.assertLess(time.monotonic() - began, 2)
        self.assertIsNone(bob.read("a.md"))
        self.wait_in_sync(ada, bob)

    def test_doctor_knows_who_may_come_in(self):
        bob = self.strict("bob", start=False)
        self.assertIn("1 ssh key in", bob.ctl("doctor", expect=None).stdout)
        os.truncate(f"{self.top}/allowed", 0)
        self.assertIn("no key of others is known", bob.ctl("doctor", expect=(1,)).stdout)
        os.unlink(f"{self.top}/allowed")
        self.assertIn("cannot be read", bob.ctl("doctor", expect=(1,)).stdout)
        bob.set("commit", "trusted", f'"{"1" * 40}"')
        self.assertIn("is not here", bob.ctl("doctor", expect=(1,)).stdout)
        bob.set("commit", "require_signed", "false")
        self.assertNotIn("signatures", bob.ctl("doctor", expect=None).stdout)


if __name__ == "__main__":
    unittest.main()
