"""A vault with several devices and a bare repository between them, as a test case."""

import itertools
import os
import pty
import random
import shutil
import subprocess
import tempfile
import time
import unittest

import servers
import trees
from device import PREFIX, Device, binaries, wait_until

AT_REST = ("in-sync", "conflicts")


def number(name, default):
    """A count that the environment may change."""
    return int(os.environ.get(name, default))


class VaultTest(unittest.TestCase):
    """Gives each test a directory, a remote, devices, and a seeded source of chance."""

    # Keys of [sync] that every device gets, as TOML.
    sync = {}
    # When `run` takes a test: FIRST, then the others, and those of time ALONE at the end.
    FIRST, ALONE = 0, 2
    turn = 1

    def setUp(self):
        if binaries() is None:
            self.fail("there is no build: swift build, or set SYNCD_BIN")
        self.seed = number("SYNC_SEED", random.SystemRandom().randrange(1 << 32))
        self.random = random.Random(self.seed)
        # Short, because a UNIX socket's path holds 107 bytes.
        self.top = tempfile.mkdtemp(prefix="e2e-", dir="/tmp")
        self.devices = []
        self.mounts = []
        self.remote = f"{self.top}/remote.git"
        # What devices call the remote, and what their programs find in their environment.
        self.url = self.remote
        self.environment = {}
        subprocess.run(
            ["git", "init", "-q", "--bare", "--initial-branch=sync", self.remote], check=True
        )
        self.addCleanup(self._clean_up)
        if os.environ.get("SYNC_REMOTE"):
            self._put_behind(os.environ["SYNC_REMOTE"])

    def _put_behind(self, kind):
        """Puts a server before the remote: `https` or `ssh`."""
        # It is asked, and more often than one's own would have to be.
        self.sync = {"poll": '"1s"', "pushes": "600"} | self.sync
        if kind == "ssh":
            server = servers.SSHD(f"{self.top}/behind")
            self.url, self.environment = f"box:{self.remote}", server.environment
        else:
            server = servers.HTTPS(f"{self.top}/behind", self.top)
            self.url = f"{server.base}/remote.git"
            login = server.base.replace("://", f"://{servers.USER}:{servers.TOKEN}@")
            with open(f"{server.top}/store", "w", encoding="utf-8") as file:
                file.write(f"{login}\n")
            with open(f"{server.top}/gitconfig", "w", encoding="utf-8") as file:
                file.write(f"[credential]\n\thelper = store --file {server.top}/store\n")
            self.environment = server.environment | {
                "GIT_CONFIG_GLOBAL": f"{server.top}/gitconfig", "GIT_CONFIG_NOSYSTEM": "1",
            }  # fmt: skip
        self.addCleanup(server.stop)

    def _clean_up(self):
        for device in self.devices:
            device.kill()
        for mount in self.mounts:
            subprocess.run(["umount", "-l", mount], check=False)
        if os.environ.get("SYNC_KEEP"):
            print(f"kept: {self.top}")
        else:
            shutil.rmtree(self.top, ignore_errors=True)
        crashes, Device.crashes[:] = list(Device.crashes), []
        self.assertEqual(crashes, [], "a program crashed")

    def device(self, name, start=True, like=None):
        """A new device of the vault, its daemon running; with `like`, when it stands as that."""
        device = Device(f"{self.top}/{name}", name)
        device.environment |= self.environment
        self.devices.append(device)
        device.init(self.url)
        for key, value in self.sync.items():
            device.set("sync", key, value)
        if start:
            device.start()
        if like:
            self.wait_in_sync(like, device)
        return device

    def pair(self):
        """Two devices in sync with one file, their daemons running."""
        first, second = self.device("ada"), self.device("bob")
        first.write("hello.txt", "hello\n")
        self.wait_in_sync(first, second)
        return first, second

    def tmpfs(self, path, size):
        """Mounts a small memory file system, or skips the test where that is not allowed."""
        os.makedirs(path, exist_ok=True)
        if self._mount("-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", path) != 0:
            self.skipTest("mounting a tmpfs needs root")
        self.mounts.append(path)

    def remount(self, path, options):
        """Changes the options of a mounted file system: `size=64m`, `ro`, `rw`."""
        self.assertEqual(self._mount("-o", f"remount,{options}", path), 0, "remount")

    def _mount(self, *arguments):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run(["mount", *arguments], check=False, **quiet).returncode

    def on_a_terminal(self, device, *arguments, **environment):
        """What a command writes where its output is a terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            command = [f"{binaries()}/syncctl", "--config", device.config, *arguments]
            os.execve(command[0], command, device.environment | environment)
        output = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            output += part
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, output)
        return output.decode()

    def wait_in_sync(self, *devices, deadline=60.0):
        """Waits until all folders and the remote are equal and every device says so."""
        began = time.monotonic()

        def at_rest():
            first = devices[0].tree()
            if any(device.tree() != first for device in devices[1:]):
                return False
            if trees.commit_tree(self.remote, "refs/heads/sync", PREFIX) != first:
                return False
            states = [device.status() for device in devices]
            tip = trees.head(self.remote)
            return all(
                state["state"] in AT_REST and state["head"] == tip and state["remote_head"] == tip
                for state in states
            )

        wait_until(at_rest, lambda: self.picture(*devices), deadline)
        return time.monotonic() - began

    def picture(self, *devices):
        """Why devices are not in sync, in words for a failed test."""
        remote = trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
        words = [f"not in sync (SYNC_SEED={self.seed}); remote head {trees.head(self.remote)}"]
        for device in devices:
            words.append(f"{device.name}: {device.status()}")
            words += trees.differences(device.tree(), remote)
            words.append(device.output())
        return "\n".join(words)

    def assert_converged(self, *devices):
        """All folders, heads and the remote hold the same; nothing else stands in a folder."""
        remote = trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
        for device in devices:
            self.assertEqual(trees.differences(device.tree(), remote), [], device.name)
            self.assertEqual(trees.head(device.repository), trees.head(self.remote), device.name)
            # A running daemon may be making one pack of many: git's fsck does not look twice.
            wait_until(
                lambda repository=device.repository: trees.fsck(repository) == [],
                lambda device=device: f"{device.name}: {trees.fsck(device.repository)[:5]}",
                20,
            )
        wait_until(
            lambda: trees.fsck(self.remote) == [],
            lambda: f"remote: {trees.fsck(self.remote)[:5]}",
            20,
        )

    def assert_kept(self, tokens, *devices):
        """Every token stands in a folder or in history that the remote reaches."""
        found = trees.tokens_in_history(self.remote)
        for device in devices:
            found |= trees.tokens_in_folder(device.folder)
        lost = sorted(set(tokens) - found)
        self.assertEqual(
            lost[:20], [], f"{len(lost)} of {len(tokens)} edits lost (SYNC_SEED={self.seed})"
        )


class Tokens:
    """Unique words, each of which says who wrote it; safe from several threads."""

    def __init__(self):
        self.written = []
        self._numbers = itertools.count()

    def new(self, writer):
        """A word nobody wrote before; `writer` in lower-case letters and digits."""
        token = f"tok-{writer}-{next(self._numbers)}-end".encode()
        self.written.append(token)
        return token


class ThroughSSH:
    """Beside `VaultTest`: its remote is reached through an sshd of the test's own."""

    # Nobody tells of a change there, and no test waits for a turn to push.
    sync = {"poll": '"1s"', "pushes": "600"}

    def setUp(self):
        super().setUp()
        self.server = servers.SSHD(f"{self.top}/sshd")
        self.addCleanup(self.server.stop)
        self.url = f"box:{self.remote}"
        self.environment = self.server.environment
