"""The first minutes of a vault: `syncctl init` with what is at hand, and what it refuses."""

import os
import subprocess

import servers
from device import PREFIX, Device, wait_until
from test_https import HTTPSTest

FAILED, AUTHENTICATION, USAGE = 1, 4, 64


class FirstMinutes(HTTPSTest):
    """A private repository behind a server, and no credential helper."""

    def setUp(self):
        super().setUp()
        self.private("gitconfig", "")
        with self.subTest("a vault that is there already"):
            self.at_hand = {"MY_TOKEN": servers.TOKEN}
            first = self.stranger("first")
            first.environment |= self.at_hand
            self.init(first, self.url, "--token-env", "MY_TOKEN")
            first.write("there.txt", "there\n")
            self.assertEqual(first.once().returncode, 0)

    def stranger(self, name):
        """A device that knows of nothing yet."""
        device = Device(f"{self.top}/{name}", name)
        device.environment |= self.environment
        self.devices.append(device)
        return device

    def init(self, device, remote, *more, expect=(0,)):
        """Runs `syncctl init`."""
        return device.ctl("init", "--remote", remote, "--folder", f"{device.folder}={PREFIX}",
                          "--device", device.name, *more, expect=expect)  # fmt: skip

    def test_a_token_at_hand_is_enough(self):
        token = self.private("token", f"{servers.TOKEN}\n")
        cases = {
            "env": ("--token-env", "MY_TOKEN", 'token_env = "MY_TOKEN"'),
            "file": ("--token-file", token, f'token_file = "{token}"'),
            "command": ("--token-command", f"cat {token}", f'token_command = "cat {token}"'),
        }
        for name, (option, value, line) in cases.items():
            with self.subTest(option):
                device = self.stranger(name)
                if name == "env":
                    device.environment |= self.at_hand
                done = self.init(device, self.url, option, value)
                self.assertIn("fetched sync", done.stdout + done.stderr)
                with open(device.config, encoding="utf-8") as file:
                    text = file.read()
                self.assertIn(f"\n{line}", text)
                self.assertNotIn(servers.TOKEN, text)
                self.assertEqual(device.once().returncode, 0)
                self.assertEqual(device.read("there.txt"), b"there\n")

    def test_a_refusal_names_the_options_and_writes_nothing(self):
        device = self.stranger("bob")
        for more in ((), ("--token-env", "NOT_SET"), ("--token-command", "echo of-yesterday")):
            with self.subTest(more):
                done = self.init(device, self.url, *more, expect=(AUTHENTICATION,))
                for option in ("--token-env", "--token-file", "--token-command"):
                    self.assertIn(option, done.stderr)
                self.assertNotIn("of-yesterday", done.stderr.replace("echo of-yesterday", ""))
                self.assertFalse(os.path.exists(device.config))
        self.init(device, self.url, "--token-env", "A", "--token-file", "b", expect=(USAGE,))
        device.ctl("init", "--token-env", "A", "--folder", f"{device.folder}={PREFIX}",
                   expect=(USAGE,))  # fmt: skip

    def test_a_branch_in_the_way_is_named_at_once_and_later(self):
        other = f"{self.top}/other.git"
        self.git("init", "-q", "--bare", other)
        tip = self.git("-C", self.remote, "rev-parse", "sync")
        self.git("-C", other, "fetch", "-q", self.remote, "sync")
        token = self.private("token", f"{servers.TOKEN}\n")
        ada = self.stranger("ada")
        self.init(ada, self.url, "--token-file", token)
        for have, want in (("sync/old", "sync"), ("deep", "deep/er/branch")):
            self.git("-C", other, "update-ref", f"refs/heads/{have}", tip)
            for remote in (f"{self.server.base}/other.git", other):
                with self.subTest(have=have, want=want, remote=remote):
                    bob = self.stranger(f"bob-{len(self.devices)}")
                    done = self.init(bob, remote, "--branch", want, "--token-file", token,
                                     expect=(FAILED,))  # fmt: skip
                    self.assertIn(f"the remote has the branch {have}", done.stderr)
                    self.assertFalse(os.path.exists(bob.config))
                    ada.set("repository", "branch", f'"{want}"')
                    ada.set("repository", "remote", f'"{remote}"')
                    words = str(ada.ctl("doctor", expect=None).stdout)
                    self.assertIn(have, words)
                    self.assertIn(have, ada.ctl("status", expect=None).stdout)
                    self.assertIn(have, ada.once().stderr)
            self.git("-C", other, "update-ref", "-d", f"refs/heads/{have}")

    def test_repositories_of_another_kind(self):
        token = self.private("token", f"{servers.TOKEN}\n")
        wide, plain = f"{self.top}/wide.git", f"{self.top}/plain.git"
        self.git("init", "-q", "--bare", "--object-format=sha256", wide)
        self.git("clone", "-q", "--bare", self.remote, plain)
        self.git("-C", plain, "update-server-info")
        dumb = servers.HTTPS(
            f"{self.top}/dumb", self.top, authority=self.server.authority,
            certificate=self.server.authority.certificate("dumb"),
            extra=f"location /plain.git/ {{ alias {plain}/; }}")
        self.addCleanup(dumb.stop)
        for remote, word in (
            (f"{self.server.base}/wide.git", "SHA-256"), (wide, "SHA256"),
            (f"{dumb.base}/plain.git", "plain files"),
        ):  # fmt: skip
            with self.subTest(remote):
                bob = self.stranger(f"bob-{len(self.devices)}")
                done = self.init(bob, remote, "--token-file", token, expect=(FAILED,))
                self.assertIn(word, done.stderr)
                self.assertFalse(os.path.exists(bob.config))

    def test_a_long_way_to_the_socket(self):
        token = self.private("token", f"{servers.TOKEN}\n")
        for number, (runtime, state) in enumerate(((120, 0), (120, 120))):
            with self.subTest(runtime=runtime, state=state):
                bob = self.stranger(f"bob-{number}")
                for variable, length in (("XDG_RUNTIME_DIR", runtime), ("XDG_STATE_HOME", state)):
                    bob.environment[variable] += "/" + "x" * length
                    os.makedirs(bob.environment[variable], mode=0o700, exist_ok=True)
                self.init(bob, self.url, "--token-file", token)
                bob.start()
                bob.write(f"{number}.txt", "mine\n")
                wait_until(lambda: bob.status()["state"] == "in-sync", lambda: bob.output())
                self.assertEqual(bob.status()["daemon"], "running")
                bob.stop()

    def git(self, *arguments):
        """Runs git; gives what it printed."""
        done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()
