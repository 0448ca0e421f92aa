"""The vault over ssh: sshd with keys of its own, and the user's own `ssh`."""

import os
import subprocess
import unittest

import servers
import trees
from device import wait_until
from harness import ThroughSSH, VaultTest

FAILED, AUTHENTICATION = 1, 4


class OverSSH(ThroughSSH, VaultTest):
    """`host:path` with a host of `~/.ssh/config`, and `ssh://`."""

    def test_changes_go_both_ways(self):
        ada, bob = self.pair()
        ada.write("deep/er/notes.md", "- [ ] one\n")
        bob.write("other.md", "two\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("other.md"), b"two\n")
        self.assert_converged(ada, bob)
        self.assertEqual(self.children(ada), [], "an ssh is left over")

    def children(self, device):
        """The commands of a daemon's children that still run."""
        wanted = str(device.process.pid)
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[1] == wanted and fields[0] == "Z":
                found.append(pid)
        return found

    def test_an_ssh_url_and_a_path_with_blanks_and_quotes(self):
        odd = f"{self.top}/it's a remote.git"
        os.rename(self.remote, odd)
        self.remote = odd
        self.url = f"ssh://box{odd.replace(' ', '%20')}"
        ada = self.device("ada")
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)

    def test_a_key_that_only_an_agent_has(self):
        agent = f"{self.top}/agent"
        key = f"{self.top}/sshd/user"
        process = subprocess.Popen(["ssh-agent", "-D", "-a", agent], stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.environment = self.environment | {"SSH_AUTH_SOCK": agent}
        environment = os.environ | self.environment
        # Its socket stands there before it listens; 2 says that it does not.
        wait_until(
            lambda: subprocess.run(
                ["ssh-add", "-l"], env=environment, capture_output=True, check=False
            ).returncode != 2,
            "the agent listens",
        )  # fmt: skip
        subprocess.run(["ssh-add", "-q", key], check=True, env=environment)
        # Its public half says which of the agent's keys to use.
        os.rename(key, f"{key}.away")
        ada = self.device("ada")
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        self.assert_converged(ada)

    def test_a_server_that_only_another_one_reaches(self):
        jump = servers.SSHD(f"{self.top}/jump")
        self.addCleanup(jump.stop)
        with open(f"{jump.top}/config", encoding="utf-8") as file:
            between = file.read().replace("Host box", "Host between")
        with open(f"{self.top}/sshd/config", "a", encoding="utf-8") as file:
            file.write(f"  ProxyJump between\n{between}")
        ada, bob = self.pair()
        self.assert_converged(ada, bob)
        with open(f"{jump.top}/output", encoding="utf-8") as file:
            self.assertIn("Accepted publickey", file.read())

    def test_a_key_that_is_not_let_in_is_exit_4(self):
        ada = self.device("ada", start=False)
        os.rename(f"{self.top}/sshd/other", f"{self.top}/sshd/user")
        ada.write("a.txt", "a\n")
        done = ada.ctl("devices", expect=(AUTHENTICATION,))
        self.assertIn("Permission denied", done.stderr)
        self.assertIn("BatchMode", done.stderr)

    def test_a_host_key_that_changed_stops_everything_even_if_nobody_wants_to_check(self):
        ada = self.device("ada", start=False)
        head = trees.head(self.remote)
        self.server.trust(f"{self.top}/sshd/other.pub")
        ada.write("a.txt", "a\n")
        for line in ("", "  StrictHostKeyChecking no\n"):
            with open(f"{self.top}/sshd/config", "a") as file:
                file.write(line)
            done = ada.once()
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("host", done.stderr.lower())
            self.assertIn("verification failed", done.stderr)
        self.assertEqual(trees.head(self.remote), head)

    def test_a_server_that_is_away_and_one_without_the_repository(self):
        ada = self.device("ada", start=False)
        os.rename(self.remote, f"{self.remote}.away")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("git init --bare", done.stderr)
        os.rename(f"{self.remote}.away", self.remote)
        self.server.stop()
        done = ada.once()
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("Connection refused", done.stderr)
        self.server.start()
        self.assertEqual(ada.once().returncode, 0)

    def test_a_shell_command_is_refused_not_run(self):
        ada = self.device("ada", start=False)
        mark = f"{self.top}/mark"
        ada.environment["GIT_SSH_COMMAND"] = f"ssh -F x; touch {mark}"
        done = ada.once()
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("GIT_SSH_COMMAND needs a shell", done.stderr)
        self.assertFalse(os.path.exists(mark))

    def test_a_program_that_hangs_is_ended(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "timeout", '"1s"')
        script, pids = f"{self.top}/hang", f"{self.top}/pids"
        with open(script, "w") as file:
            file.write(f'#!/bin/sh\n[ "$1" = -G ] && exit\necho $$ >>{pids}\nsleep 100 &\nwait\n')
        os.chmod(script, 0o755)
        ada.environment["GIT_SSH_COMMAND"] = script
        done = ada.run("syncd", "run", "--once", "--config", ada.config, timeout=20)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("not a byte", done.stderr)
        with open(pids) as file:
            groups = [int(line) for line in file]
        self.assertTrue(groups)
        wait_until(lambda: not any(alive(group) for group in groups), "it still runs")


def alive(group):
    """Whether a process group has a process that runs."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                state, _, its_group = file.read().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            return True
    return False


if __name__ == "__main__":
    unittest.main()
