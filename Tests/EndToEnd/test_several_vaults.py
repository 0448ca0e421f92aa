"""Vaults beside one another on one device: none gets what is another's."""

import json
import os
import shlex
import signal
import subprocess

import trees
from device import PREFIX, Device, wait_until
from harness import VaultTest

REFUSED, CONFIGURATION = 1, 78


class SeveralVaults(VaultTest):
    """A default vault with a remote and a diary, and what somebody makes beside it."""

    def setUp(self):
        super().setUp()
        self.ada = self.device("ada", start=False)
        self.ada.write("diary.md", "private\n")
        self.assertEqual(self.ada.once().returncode, 0)
        self.work = f"{self.top}/work.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", self.work], check=True)

    def other(self, file, *words, code=0):
        """Makes a vault with a configuration of its own; its output."""
        done = self.ada.run(
            "syncctl", "--config", file, "init", "--remote", self.work, "--folder",
            f"{self.top}/work-folder=work", "--device", "ada", *words)  # fmt: skip
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def names(self, remote):
        """What is at a remote."""
        listed = subprocess.run(
            ["git", "-C", remote, "ls-tree", "-r", "--name-only", "sync"], check=False,
            capture_output=True).stdout.decode()  # fmt: skip
        return {name for name in listed.split() if not name.startswith(".")}

    def check(self, file, name):
        """The vault has a name and a repository of its own, and its remote nothing else."""
        with open(file, encoding="utf-8") as text:
            self.assertIn(f'vault = "{name}"', text.read())
        with open(f"{self.top}/work-folder/w.md", "w", encoding="utf-8") as made:
            made.write("work\n")
        done = self.ada.run("syncd", "run", "--once", "--config", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.names(self.work), {"work/w.md"})
        self.assertEqual(self.ada.once().returncode, 0)
        self.assertEqual(self.names(self.remote), {f"{PREFIX}/diary.md"})

    def test_one_repository_is_of_one_vault_at_a_time(self):
        """A copy of the configuration, with another vault, folder and remote."""
        file = f"{self.top}/work.toml"
        os.makedirs(f"{self.top}/work-folder")
        with open(file, "w", encoding="utf-8") as text:
            text.write(
                f'vault = "work"\n[device]\nname = "ada"\n'
                f'[repository]\npath = "{self.ada.repository}"\nremote = "{self.work}"\n'
                f'[[folder]]\npath = "{self.top}/work-folder"\nprefix = "work"\n'
                f'[http]\nlisten = ""\n')
        self.ada.start()
        for program, *words in (("syncd", "run"), ("syncd", "run", "--once"), ("syncctl", "sync")):
            done = self.ada.run(program, *words, "--config", file)
            self.assertEqual(done.returncode, CONFIGURATION, done.stdout + done.stderr)
            self.assertIn("repository.path", done.stderr)
            self.assertIn(f"(pid {self.ada.process.pid})", done.stderr)
        self.assertEqual(self.names(self.work), set())
        self.ada.kill()
        # A lock that was left holds nobody back.
        self.ada.start()
        self.ada.write("more.md", "more\n")
        self.ada.ctl("flush", "--pushed")
        self.assertIn(f"{PREFIX}/more.md", self.names(self.remote))

    def test_the_variable_names_a_vault_as_the_option_does(self):
        file = f"{self.top}/work.toml"
        self.ada.environment["SYNCD_CONFIG"] = file
        done = self.ada.run(
            "syncctl", "init", "--remote", self.work, "--folder", f"{self.top}/work-folder=work",
            "--device", "ada")  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check(file, "work")

    def test_a_name_that_changes_under_a_running_daemon_is_told(self):
        self.ada.start()
        with open(self.ada.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.ada.config, "w", encoding="utf-8") as file:
            file.write(text.replace('vault = "default"', 'vault = "other"'))
        said = self.ada.ctl("reload", expect=(3,)).stderr
        self.assertIn("kill -HUP", said)
        self.ada.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.ada.ctl("status", expect=None).returncode == 0, self.ada.output)

    def test_commands_that_are_printed_can_be_copied(self):
        place = f"{self.top}/it's of ada"
        os.makedirs(f"{place}/remotes")
        file = f"{place}/work.toml"
        init = ("syncctl", "--config", file, "init", "--folder", f"{place}/folder=work")
        said = self.ada.run(*init, "--remote", f"{place}/remotes/work.git").stderr
        word = shlex.quote(f"{place}/remotes/work.git").replace("'\"'\"'", "'\\''")
        self.assertIn(f"git init --bare {word}", said)
        done = self.ada.run(*init)
        self.assertEqual(done.returncode, 0, done.stderr)
        [command] = [line for line in done.stdout.splitlines() if line.startswith("next: ")]
        self.assertEqual(
            shlex.split(command), ["next:", "syncd", "run", "--config", file])
        os.rmdir(f"{place}/folder")
        found = json.loads(
            self.ada.run("syncctl", "--config", file, "doctor", "--json").stdout)
        [mend] = [entry["mend"] for entry in found if entry["check"] == "folder"]
        self.assertIn(f"{place}/folder", shlex.split(mend.replace(";", " ")))

    def test_a_webhook_is_not_installed_on_a_path(self):
        said = self.ada.ctl("webhook", "install", "--url", "https://x.example/", expect=(1,))
        self.assertIn("no repository of GitHub", said.stderr)

    def test_a_file_of_the_default_name_elsewhere_is_no_default(self):
        file = f"{self.top}/elsewhere/config.toml"
        self.other(file)
        self.check(file, "config")

    def test_a_name_that_another_configuration_has(self):
        """By its own name, and as the file is called; with the same remote too."""
        before = trees.head(self.ada.repository)
        for file, words in (
            ("work.toml", ["--vault", "default"]), ("default.toml", []),
            ("same.toml", ["--vault", "default", "--remote", self.remote]),
        ):  # fmt: skip
            with self.subTest(file):
                said = self.other(f"{self.top}/{file}", *words, code=REFUSED)
                self.assertIn(f"it is the vault of {self.ada.config}", said)
                self.assertFalse(os.path.exists(f"{self.top}/{file}"))
        self.assertEqual(trees.head(self.ada.repository), before)
        self.assertEqual(self.names(self.work), set())

    def test_a_configuration_that_is_lost(self):
        os.remove(self.ada.config)
        words = ["init", "--folder", f"{self.ada.folder}={PREFIX}", "--device", "ada"]
        for remote, what in ((["--remote", self.work], self.remote), ([], self.remote)):
            said = self.ada.ctl(*words, *remote, expect=(REFUSED,)).stderr
            self.assertIn(f"it is there already, with the remote {what}", said)
            self.assertFalse(os.path.exists(self.ada.config))
        said = self.ada.ctl(*words, "--remote", self.remote, expect=(0,)).stdout
        self.assertIn("goes on with the repository", said)
        self.assertEqual(self.ada.once().returncode, 0)
        self.assertEqual(self.names(self.work), set())

    def test_one_without_a_remote_is_not_given_one(self):
        eve = Device(f"{self.top}/eve", "eve")
        self.devices.append(eve)
        words = ["init", "--folder", f"{eve.folder}={PREFIX}", "--device", "eve"]
        eve.ctl(*words, expect=(0,))
        eve.write("diary.md", "private\n")
        self.assertEqual(eve.once().returncode, 0)
        os.remove(eve.config)
        said = eve.ctl(*words, "--remote", self.work, expect=(REFUSED,)).stderr
        self.assertIn("it is there already, and without a remote", said)
        # A new line in the configuration is how a vault gets a remote.
        eve.ctl(*words, expect=(0,))
        eve.set("repository", "remote", f'"{self.work}"')
        self.assertEqual(eve.once().returncode, 0)
        self.assertEqual(self.names(self.work), {f"{PREFIX}/diary.md"})

    def test_a_configuration_by_hand_that_names_no_vault(self):
        """It would be the default one, with another remote."""
        file = f"{self.top}/hand.toml"
        folder = f"{self.top}/work-folder"
        os.mkdir(folder)
        with open(file, "w", encoding="utf-8") as text:
            text.write(f'[repository]\nremote = "{self.work}"\n\n[[folder]]\npath = "{folder}"\n'
                       'prefix = "work"\n\n[http]\nlisten = ""\n')  # fmt: skip
        done = self.ada.run("syncd", "run", "--once", "--config", file)
        self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
        self.assertIn(f"it is the vault of {self.ada.config}", done.stderr)
        self.assertEqual(self.names(self.work), set())
        # The default one's own remote may change, and its file may be moved.
        self.ada.set("repository", "remote", f'"{self.work}"')
        self.assertEqual(self.ada.once().returncode, 0)
        os.rename(self.ada.config, f"{self.top}/moved.toml")
        self.ada.config = f"{self.top}/moved.toml"
        self.ada.set("repository", "remote", f'"{self.remote}"')
        self.assertEqual(self.ada.once().returncode, 0)
