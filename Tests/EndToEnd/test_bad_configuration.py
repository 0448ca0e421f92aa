"""What can be wrong with a configuration and a command line: the message and the exit code."""

import json
import os
import shlex
import subprocess
import unittest

from device import PREFIX, Device, binaries
from harness import VaultTest

FAILED, NOT_RUNNING, USAGE, CONFIGURATION = 1, 3, 64, 78


class BadConfiguration(VaultTest):
    """The daemon does not start on a configuration that it cannot mean."""

    def refuse(self, device, *words, code=CONFIGURATION):
        """`syncd run` and `syncctl status` both end with the code and name the words."""
        for program, arguments in (
            ("syncd", ("run", "--config", device.config)),
            ("syncctl", ("--config", device.config, "status")),
        ):
            done = device.run(program, *arguments, timeout=20)
            self.assertEqual(done.returncode, code, f"{program}: {done.stdout}{done.stderr}")
            for word in words:
                self.assertIn(word, done.stderr, program)

    def rewrite(self, device, change):
        """Changes the text of the configuration."""
        with open(device.config, encoding="utf-8") as file:
            text = file.read()
        with open(device.config, "w", encoding="utf-8") as file:
            file.write(change(text))

    def line_of(self, device, text):
        """The line, counted from 1, at which a text stands in the configuration."""
        with open(device.config, encoding="utf-8") as file:
            return 1 + file.read().split(text)[0].count("\n")

    def test_no_configuration(self):
        ada = self.device("ada", start=False)
        os.unlink(ada.config)
        self.refuse(ada, ada.config, "syncctl init")

    def test_no_toml(self):
        ada = self.device("ada", start=False)
        self.rewrite(ada, lambda text: text + "\nthis is = = not toml\n")
        line = self.line_of(ada, "this is")
        self.refuse(ada, f"config.toml:{line}")

    def test_an_unknown_key_is_named_with_its_line_and_the_nearest(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "quite", '"1s"')
        self.refuse(ada, f"config.toml:{self.line_of(ada, 'quite')}", "quite", "quiet")

    def test_a_wrong_type(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "quiet", "300")
        self.refuse(ada, f"config.toml:{self.line_of(ada, 'quiet = 300')}", "quiet")

    def test_an_impossible_value(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "max_deletes", '"150%"')
        self.refuse(ada, f"config.toml:{self.line_of(ada, '150%')}", "max_deletes")

    def test_a_remote_that_is_not_spoken(self):
        ada, bob = self.device("ada"), self.device("bob", start=False)
        with open(ada.config, encoding="utf-8") as file:
            written = file.read()
        for url, words in (
            ("ftp://example.com/x", "ftp:// is not spoken"),
            ("http://example.com/x", "http:// shows every file"),
            ("ssh://-oProxyCommand=x/x", "names no repository"),
        ):
            with self.subTest(url):
                for device in (ada, bob):
                    self.rewrite(device, lambda text, url=url: text.replace(self.url, url))
                line = self.line_of(ada, url)
                said = (f"config.toml:{line}: repository.remote: ", words)
                self.refuse(bob, *said)
                # What runs goes on with what it has, and nobody is told that it took the new one.
                done = ada.ctl("reload", expect=(CONFIGURATION,))
                for word in said:
                    self.assertIn(word, done.stderr)
                made = f"{self.top}/made.toml"
                done = ada.run(
                    "syncctl", "--config", made, "init", "--remote", url,
                    "--folder", f"{self.top}/new=shared/new")
                self.assertEqual(done.returncode, USAGE, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn("--remote", done.stderr)
                for device in (ada, bob):
                    self.rewrite(device, lambda text, url=url: text.replace(url, self.url))
        with open(ada.config, encoding="utf-8") as file:
            self.assertEqual(file.read(), written)
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)

    def test_a_folder_inside_another(self):
        ada = self.device("ada", start=False)
        os.makedirs(ada.path("inner"))
        inner = f'\n[[folder]]\npath = "{ada.path("inner")}"\nprefix = "shared/inner"\n'
        self.rewrite(ada, lambda text: text + inner)
        self.refuse(ada, ada.path("inner"), ada.folder)

    def test_prefixes_that_clash(self):
        for prefix in (PREFIX, f"{PREFIX}/below", "shared"):
            with self.subTest(prefix=prefix):
                name = f"d{len(self.devices)}"
                device = self.device(name, start=False)
                other = f"{device.home}/other"
                os.makedirs(other)
                text = f'\n[[folder]]\npath = "{other}"\nprefix = "{prefix}"\n'
                self.rewrite(device, lambda old, new=text: old + new)
                self.refuse(device, prefix)

    def test_wrong_usage(self):
        ada = self.device("ada", start=False)
        ada.ctl("no-such-command", expect=(USAGE,))
        ada.ctl("status", "--no-such-option", expect=(USAGE,))
        self.assertEqual(ada.run("syncd", "walk").returncode, USAGE)
        for arguments in (("rollback", "-2h ago"), ("rollback", "-2h ago", "--dry-run")):
            done = ada.ctl(*arguments, expect=(USAGE,))
            self.assertIn("-2h ago", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_standard_output_that_takes_nothing(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n" * 50_000)
        self.assertEqual(ada.once().returncode, 0)
        commands = (["log"], ["status"], ["conflicts", "--json"], ["blame", ada.path("a.md")])
        for place, words in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor")):
            for command in commands:
                with self.subTest(place, command=command):
                    line = shlex.join(
                        [f"{binaries()}/syncctl", "--config", ada.config, *command])
                    done = subprocess.run(
                        ["sh", "-c", f"{line} {place}"], env=ada.environment, check=False,
                        capture_output=True, text=True,
                    )
                    self.assertEqual(done.returncode, FAILED, done.stderr)
                    self.assertIn(words, done.stderr)

    def test_init_refuses_to_overwrite(self):
        ada = self.device("ada", start=False)
        with open(ada.config, "rb") as file:
            before = file.read()
        done = ada.ctl(
            "init", "--folder", f"{ada.folder}=elsewhere", "--device", "other", expect=None
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(ada.config, done.stderr)
        with open(ada.config, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_init_refuses_a_remote_whose_branch_is_checked_out(self):
        """No push would ever succeed there; any other branch of it is as good as a bare one's."""
        work = f"{self.top}/work"
        subprocess.run(["git", "init", "-q", "-b", "sync", work], check=True)
        ada = Device(f"{self.top}/ada", "ada")
        for remote in (work, f"file://{work}", f"{work}/.git"):
            with self.subTest(remote):
                with self.assertRaisesRegex(AssertionError, "has sync checked out.*bare"):
                    ada.init(remote)
                self.assertFalse(os.path.exists(ada.config))
        subprocess.run(["git", "-C", work, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
        ada.init(work)

    def test_commands_that_need_the_daemon(self):
        ada = self.device("ada", start=False)
        ada.ctl("reload", expect=(NOT_RUNNING,))

    def test_two_daemons_on_one_vault(self):
        ada, bob = self.pair()
        second = ada.run("syncd", "run", "--config", ada.config, timeout=20)
        self.assertEqual(second.returncode, FAILED, second.stderr)
        self.assertIn("already", second.stderr)
        ada.write("hello.txt", "the first still works\n")
        self.wait_in_sync(ada, bob)


if __name__ == "__main__":
    unittest.main()
